"""Columns of a release as PostgreSQL names their types, and how DuckDB selects them for it.

Belongs here: types and values that the two see differently. Does not belong here: loading (`load`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from orchestration.publish.sql import name, text

#: by PostgreSQL's own spelling, so that a table that is there can be compared; what is not named goes as text
_TYPES: Final = {
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
    "BIGINT": "bigint",
    "INTEGER": "bigint",
    "HUGEINT": "numeric(38,0)",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
}
_TEXT: Final = "text"

#: PostgreSQL's text cannot hold it; files of garbage can
_NUL: Final = "chr(0)"
_SHOWN_NUL: Final = "'␀'"


def column_types(connection: duckdb.DuckDBPyConnection, path: str) -> dict[str, str]:
    """Columns of a Parquet file, with their types in PostgreSQL."""
    described = connection.execute(f"describe select * from read_parquet({text(path)}, hive_partitioning = false)")
    return {row[0]: _type(row[1]) for row in described.fetchall()}


def _type(duckdb_type: str) -> str:
    if duckdb_type.startswith("DECIMAL("):
        return duckdb_type.replace("DECIMAL", "numeric")
    return _TYPES.get(duckdb_type, _TEXT)


def select_sql(columns: dict[str, str], files: Sequence[str]) -> str:
    """Select the columns from Parquet files as values that PostgreSQL takes."""
    selected = ", ".join(f"{_value(column, type_)} as {name(column)}" for column, type_ in columns.items())
    paths = ", ".join(text(path) for path in files)
    return f"select {selected} from read_parquet([{paths}], hive_partitioning = false)"


def _value(column: str, type_: str) -> str:
    if type_ == "bigint" or type_.startswith("numeric"):
        return f"cast({name(column)} as {type_})"
    if type_ != _TEXT:
        return name(column)
    return f"replace(cast({name(column)} as varchar), {_NUL}, {_SHOWN_NUL})"
