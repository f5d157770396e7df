"""EDIFACT: a tokenizer, envelopes, and one module a message; `reader` gives the order of steps."""
