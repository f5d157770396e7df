"""X12: a tokenizer, envelopes, and one module a transaction set; `reader` gives the order of steps."""
