"""Rows that a tokenizer found, written as a Parquet file of text that one statement reads like any other format.

Belongs here: the file between the formats that DuckDB does not read (spreadsheets, EDI) and the casts.
Does not belong here: any format.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contracts.model import Contract
from orchestration.ingest.relation import Relation, Shape, Unreadable
from orchestration.ingest.sql import name, ours, text

_BATCH_ROWS = 20_000
_OWN = ("line_number", "line", "problem_code", "problem", "is_outside", "interchange")

#: interchanges that an earlier delivery brought, one row a file and interchange: lines of theirs are set aside
REFUSED_INTERCHANGES = (
    f"create or replace temp table refused_interchanges "
    f"({ours('file')} integer, {ours('interchange')} varchar, {ours('refusal')} varchar)"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file.

    line_number  row of the sheet, record or segment, from 1
    line         the line as it came, for people
    cells        text by column, in the order of the file's columns; None: blank
    problem      (reason code, reason) why the line as a whole cannot be read
    is_outside   the line belongs to another table of the file, and is out of scope
    interchange  sender, receiver and control number of the EDI interchange that holds the line
    """

    line_number: int
    line: str
    cells: Sequence[str | None]
    problem: tuple[str, str] | None = None
    is_outside: bool = False
    interchange: str | None = None


def write_rows(target: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows in batches, so that memory does not grow with the file; blank lines are the caller's to leave out."""
    schema = pa.schema(
        [
            (ours("line_number").strip('"'), pa.int64()),
            *((ours(own).strip('"'), pa.string()) for own in ("line", "problem_code", "problem")),
            (ours("is_outside").strip('"'), pa.bool_()),
            (ours("interchange").strip('"'), pa.string()),
            *((column, pa.string()) for column in columns),
        ]
    )
    remaining = iter(rows)
    with pq.ParquetWriter(target, schema) as writer:
        while batch := list(islice(remaining, _BATCH_ROWS)):
            problems = [row.problem or (None, None) for row in batch]
            own = [
                [row.line_number for row in batch],
                [row.line for row in batch],
                [code for code, _ in problems],
                [reason for _, reason in problems],
                [row.is_outside for row in batch],
                [row.interchange for row in batch],
            ]
            cells = list(zip(*(row.cells for row in batch), strict=True)) or [() for _ in columns]
            writer.write_table(pa.table([*own, *cells], schema=schema))


def rows_shape(contract: Contract, source: Path) -> Shape:
    """The columns of a file of rows. Raises Unreadable where the contract maps one that the format does not give."""
    own = {ours(column).strip('"') for column in _OWN}
    columns = tuple(column for column in pq.read_schema(source).names if column not in own)
    mapped = [mapping.physical_name for mapping in contract.mappings if mapping.physical_name]
    if missing := [column for column in mapped if column not in columns]:
        raise Unreadable("header", f"the file has no {', '.join(missing)}; it has: {', '.join(columns)}")
    return Shape(columns)


def typed_rows_shape(contract: Contract, source: Path) -> Shape:
    """The columns of a file of rows whose numbers and dates come in the plain spelling (1234.5, 2025-06-02)."""
    shape = rows_shape(contract, source)
    return Shape(shape.columns, typed=frozenset(shape.columns))


def rows_lines(
    _connection: duckdb.DuckDBPyConnection, _contract: Contract, shape: Shape, files: dict[int, Path]
) -> Relation:
    """Lines of files of rows; those of a refused interchange are set aside."""
    columns = ", ".join(name(column) for column in shape.columns)
    own = ", ".join(ours(column) for column in _OWN)
    each = " union all ".join(
        f"select {number} as {ours('file')}, {own}, {columns} from read_parquet({text(str(path))})"
        for number, path in files.items()
    )
    code, problem, refusal = ours("problem_code"), ours("problem"), ours("refusal")
    return Relation(
        sql=f"select * from ({each}) as rows left join refused_interchanges "
        f"using ({ours('file')}, {ours('interchange')})",
        raw_line=ours("line"),
        problem=(
            f"{code} is not null or {refusal} is not null",
            f"coalesce({code}, 'interchange_conflict')",
            f"coalesce({problem}, {refusal})",
        ),
        outside=ours("is_outside"),
    )


def interchanges_of(source: Path) -> tuple[str, ...]:
    """The interchanges that a file of rows holds, in order."""
    found = pq.read_table(source, columns=[ours("interchange").strip('"')]).column(0).unique()
    return tuple(sorted(interchange for interchange in found.to_pylist() if interchange))
