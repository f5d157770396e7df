"""Keep the lake quick to read: raw lines of many small deliveries in few files, without changing what is read."""
