"""One reader a format: files as sent become canonical lines and a quarantine, in Parquet."""
