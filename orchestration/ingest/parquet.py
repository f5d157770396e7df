"""Parquet: columns come typed, and are handed on as text in the plain spelling, so that one cast serves all formats.

`line_number` is the row of the file, from 1. Moments come in UTC. A floating-point column that some cells of are blank
in is how data frames keep whole numbers: NaN is a blank, and 3400930000014.0 has no point.
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
        # where the file lies says nothing to the partner, and differs from home to home
        why = str(error).splitlines()[0].replace(str(source), source.name)
        reason = f"the file is not Parquet: {why}; ask the partner to send it again"
        raise Unreadable("unreadable_file", reason) from None
    types = {column: column_type for column, column_type, *_ in described}
    missing = [m.physical_name for m in contract.mappings if m.physical_name and m.physical_name not in types]
    if missing:
        cure = "correct `physicalName` in the contract, or ask the partner to send it again"
        raise Unreadable("header", f"the file lacks {', '.join(missing)}; it has: {', '.join(types)}; {cure}")
    typed = frozenset(column for column, column_type in types.items() if column_type != "VARCHAR")
    return Shape(columns=tuple(types), typed=typed)


def _lines(
    _connection: duckdb.DuckDBPyConnection, contract: Contract, shape: Shape, files: dict[int, Path]
) -> Relation:
    texts = ", ".join(f"{_as_text(name(column))} as {name(column)}" for column in shape.columns)
    mapped = [m.physical_name for m in contract.mappings if m.physical_name]
    shown = ", ".join(f"{text(column)}: {name(column)}" for column in mapped)
    parts = [
        f"select {number} as {ours('file')}, file_row_number + 1 as {ours('line_number')}, {texts} "
        f"from read_parquet({text(str(path))}, file_row_number = true)"
        for number, path in files.items()
    ]
    return Relation(sql=" union all ".join(parts), raw_line=f"cast(to_json({{{shown}}}) as varchar)")


#: whole numbers that single precision holds to the last digit
_EXACT = 1 << 24


def _as_text(column: str) -> str:
    """A value as text; a number that single precision has rounded comes as `3.40093e+12`, which is no code."""
    as_text = f"cast({column} as varchar)"
    single = f"try_cast({as_text} as float)"
    return f"""case typeof({column})
        when 'DOUBLE' then nullif(regexp_replace({as_text}, '[.]0$', ''), 'nan')
        when 'FLOAT' then case
            when isfinite({single}) and abs({single}) > {_EXACT} then format('{{:.8e}}', {single})
            else nullif(regexp_replace({as_text}, '[.]0$', ''), 'nan')
        end
        else {as_text}
    end"""


PARQUET = Reader(_plain, _shape, _lines)
