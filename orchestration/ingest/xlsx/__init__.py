"""XLSX: sheets, tables in them, typed cells spelled as text; `reader` gives the order of steps."""
