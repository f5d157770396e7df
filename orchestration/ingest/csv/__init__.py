"""CSV: text cut into lines first, then into cells; `reader` gives the order of steps."""
