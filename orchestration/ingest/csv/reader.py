"""Delimited text, read a line a row: the reader of format csv.

`line_number` is the physical line from 1; a record whose quoted cell holds line breaks has that of its first line.

Belongs here: the order of steps, and the statement that gives cells. Nothing is sniffed that the contract states.
Does not belong here: the steps (`csv.text`, `csv.header`, `csv.lines`, `csv.quotes`, `csv.cells`, `csv.tables`), nor
what cells mean (`casts`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.contracts.model import Contract, Server
from orchestration.ingest.csv.cells import cells, simple_cells
from orchestration.ingest.csv.header import find_header, has_lines
from orchestration.ingest.csv.lines import read_lines
from orchestration.ingest.csv.missing import check_expressions, missing_columns, used_columns
from orchestration.ingest.csv.names import Header, column_names, mapped_names
from orchestration.ingest.csv.quotes import join_torn_lines
from orchestration.ingest.csv.tables import find_tables
from orchestration.ingest.csv.text import as_utf8
from orchestration.ingest.relation import Reader, Relation, Shape, Unreadable
from orchestration.ingest.sql import name, ours, text

#: more than any feed has; lists of the cells of 2048 lines are held at once
_MOST_COLUMNS = 4096
_LINE, _MARKS, _CELLS, _SIMPLE, _COUNT, _EXPECTED = (
    ours(own) for own in ("line", "marks", "cells", "simple_cells", "cell_count", "expected")
)
_UNBALANCED, _UNSPLIT = ours("is_unbalanced"), ours("is_unsplit")


def _plain(contract: Contract, source: Path, work: Path) -> Path:
    return as_utf8(contract.server, source, work)


def _shape(contract: Contract, source: Path) -> Shape:
    server, wanted = contract.server, mapped_names(contract)
    header = _header(contract, source)
    columns = column_names(header.cells, wanted) if header else ("column 1",)
    missing = tuple(column for column in wanted if column not in columns)
    if len(columns) > _MOST_COLUMNS:
        reason = f"the header has {len(columns)} cells, more than {_MOST_COLUMNS}"
        raise Unreadable("header", f"{reason}; correct `delimiter` in the contract")
    if server.header and missing:
        raise Unreadable("header", f"`header` of the contract lacks {', '.join(missing)}; add what the file holds")
    check_expressions(contract, columns)
    shape = Shape(columns, missing, header_line=header.first if header and not server.header else 0)
    if header and missing and not has_lines(server, source, header):
        raise Unreadable("header", missing_columns(contract, shape))
    return shape


def _header(contract: Contract, source: Path) -> Header | None:
    """The header of a file, or the stated one, which stands on the last line that is skipped."""
    server = contract.server
    return Header(server.skip_rows, server.skip_rows, server.header) if server.header else find_header(contract, source)


def _header_again(contract: Contract, shape: Shape, source: Path) -> Header | None:
    """The header that gave a file its shape. Raises an error of DuckDB where a file changed: it is read again then."""
    try:
        header = _header(contract, source)
    except Unreadable as problem:
        raise duckdb.InvalidInputException(str(problem)) from problem
    if header and len(header.cells) != len(shape.columns):
        raise duckdb.InvalidInputException(f"the header of {source.name} changed while it was read")
    return header


def _lines(connection: duckdb.DuckDBPyConnection, contract: Contract, shape: Shape, files: dict[int, Path]) -> Relation:
    server = contract.server
    headers = {number: _header_again(contract, shape, path) for number, path in files.items()}
    read_lines(connection, server, files, headers)
    if server.quote:
        join_torn_lines(connection, server, shape.header_line, len(shape.columns))
    if shape.missing:
        problem = ("true", text("header"), text(missing_columns(contract, shape)))
        return Relation(_one_table(contract, shape), _LINE, problem)
    header = next(iter(headers.values()))
    if header and find_tables(connection, contract, shape, header.cells):
        return Relation(_several_tables(contract, shape), _LINE, _problem(), ours("is_outside"), lines="text_lines")
    return Relation(_one_table(contract, shape), _LINE, _problem(), lines="text_lines")


def _one_table(contract: Contract, shape: Shape) -> str:
    """Lines of files that hold one table each and nothing else."""
    places = {column: str(place) for place, column in enumerate(shape.columns, start=1)}
    lines = f"select *, {len(shape.columns)} as {_EXPECTED} from text_lines"
    return _cells(contract, shape, lines, places, [])


def _several_tables(contract: Contract, shape: Shape) -> str:
    """Lines of files of which some hold several tables; `is_outside`: of others, and headers."""
    file, number = ours("file"), ours("line_number")
    lines = f"""
        select
            text_lines.*, csv_tables.cells as {_EXPECTED}, csv_tables.places as {ours("places")},
            csv_tables.places is null or {number} = csv_tables.from_line as {ours("is_outside")}
        from text_lines
        asof inner join csv_tables on text_lines.{file} = csv_tables.{file} and {number} >= csv_tables.from_line
    """
    used = used_columns(contract, shape.columns)
    places = {column: f"{ours('places')}[{place}]" for place, column in enumerate(used, start=1)}
    return _cells(contract, shape, lines, places, [ours("is_outside")])


def _cells(contract: Contract, shape: Shape, lines: str, places: dict[str, str], more: list[str]) -> str:
    """Lines with the cells of the columns in use; lines without any cell are left out, as blank ones."""
    columns = [f"{_CELLS}[{places[column]}] as {name(column)}" for column in used_columns(contract, shape.columns)]
    columns += [f"cast(null as varchar) as {name(column)}" for column in shape.missing]
    # without quotes every delimiter parts cells
    unsplit = f"{ours('quotes')} > 0 and {_CELLS} is null"
    count = f"case when {ours('quotes')} > 0 and {_CELLS} is not null then len({_CELLS}) else {_MARKS} + 1 end"
    own = [ours("file"), ours("line_number"), _LINE, _UNBALANCED, _EXPECTED, *more]
    own += [f"{unsplit} as {_UNSPLIT}", f"{count} as {_COUNT}"]
    return f"""
        select {", ".join([*own, *columns])}
        from (
            select *, {cells(contract.server, _EXPECTED)} as {_CELLS}
            from (
                select *, {simple_cells(contract.server, _EXPECTED)} as {_SIMPLE}
                from ({lines}) as lines where not ({_is_blank(contract.server)})
            ) as simply_split
        ) as split_lines
    """


def _is_blank(server: Server) -> str:
    starts = " or ".join(f"starts_with({_LINE}, {text(mark)})" for mark in (" ", "\t", server.delimiter))
    blanks = text(f" \t{server.delimiter}")
    return f"{_LINE} = '' or ({starts}) and {_MARKS} < {_EXPECTED} and trim({_LINE}, {blanks}) = ''"


def _problem() -> tuple[str, str, str]:
    at_most = f"case when {_UNSPLIT} then 'up to ' else '' end"
    return (
        f"{_UNBALANCED} or {_UNSPLIT} or {_COUNT} <> {_EXPECTED}",
        f"case when {_UNBALANCED} then 'unbalanced_quotes' else 'ragged_line' end",
        f"case when {_UNBALANCED} then 'a quote on this line has no partner' "
        f"else 'the line has ' || {at_most} || {_COUNT} || ' cells, the header has ' || {_EXPECTED} end",
    )


CSV = Reader(_plain, _shape, _lines)
