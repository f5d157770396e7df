"""JSON and NDJSON: records by path, their fields by pointers; `reader` gives the order of steps."""
