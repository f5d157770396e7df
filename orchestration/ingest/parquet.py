"""Parquet: columns come typed, and are handed on as text in the plain spelling, so that one cast serves all formats.

`line_number` is the row of the file, from 1.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.contracts.model import Contract
from orchestration.ingest.relation import Reader, Relation, Shape, Unreadable
from orchestration.ingest.sql import name, ours, text


def _plain(_contract: Contract, source: Path, _work: Path) -> Path:
    return source


def _shape(contract: Contract, source: Path) -> Shape:
    try:
        with duckdb.connect() as connection:
            described = connection.execute(f"describe select * from read_parquet({text(str(source))})").fetchall()
    except duckdb.Error as error:
        reason = f"the file is not Parquet: {str(error).splitlines()[0]}; ask the partner to send it again"
        raise Unreadable("unreadable_file", reason) from None
    types = {column: column_type for column, column_type, *_ in described}
    missing = [m.physical_name for m in contract.mappings if m.physical_name and m.physical_name not in types]
    if missing:
        raise Unreadable("header", f"the file lacks {', '.join(missing)}; it has: {', '.join(types)}")
    typed = frozenset(column for column, column_type in types.items() if column_type != "VARCHAR")
    return Shape(columns=tuple(types), typed=typed)


def _lines(
    _connection: duckdb.DuckDBPyConnection, contract: Contract, shape: Shape, files: dict[int, Path]
) -> Relation:
    texts = ", ".join(f"cast({name(column)} as varchar) as {name(column)}" for column in shape.columns)
    mapped = [m.physical_name for m in contract.mappings if m.physical_name]
    shown = ", ".join(f"{text(column)}: {name(column)}" for column in mapped)
    parts = [
        f"select {number} as {ours('file')}, file_row_number + 1 as {ours('line_number')}, {texts} "
        f"from read_parquet({text(str(path))}, file_row_number = true)"
        for number, path in files.items()
    ]
    return Relation(sql=" union all ".join(parts), raw_line=f"cast(to_json({{{shown}}}) as varchar)")


PARQUET = Reader(_plain, _shape, _lines)
