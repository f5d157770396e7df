"""Asking DuckDB whether it can read an expression or a pattern, without running anything on data.

Belongs here: parsing by the engine that will run it.
Does not belong here: what expressions are for.
"""

from __future__ import annotations

from functools import cache

import duckdb


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})


def expression_error(expression: str) -> str | None:
    """Return why DuckDB cannot parse `expression` as one SQL expression, or None if it can."""
    # between `when` and `then` nothing but one whole expression parses; an open comment must not swallow the rest
    probe = f"select case when ({expression}) then 1 end"
    try:
        statements = _connection().cursor().extract_statements(probe)
    except duckdb.Error as error:
        return _first_line(error)
    return None if len(statements) == 1 else "it holds more than one statement"


def pattern_error(pattern: str) -> str | None:
    """Return why DuckDB cannot use `pattern` as a regular expression (RE2), or None if it can."""
    try:
        _connection().cursor().execute("select regexp_full_match('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        return _first_line(error)
    return None


def _first_line(error: duckdb.Error) -> str:
    line = str(error).splitlines()[0]
    return line.split("Error: ", 1)[-1].rstrip(".")
