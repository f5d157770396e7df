"""Delimited text: physical lines, numbered, split into cells by the contract's dialect.

`line_number` is the physical line from 1; a record whose quoted cell holds line breaks has that of its first line.

Belongs here: encodings, preamble, header, quotes, line numbers. Nothing is sniffed that the contract states.
Does not belong here: what the cells mean (`casts`).
"""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

import duckdb

from orchestration.contracts.model import Contract, Server
from orchestration.ingest.relation import Reader, Relation, Shape, Unreadable
from orchestration.ingest.sql import name, ours, text

_CHUNK = 1 << 20
_UTF8 = frozenset({"utf-8", "utf-8-sig"})


def _plain(contract: Contract, source: Path, work: Path) -> Path:
    """The file as UTF-8. DuckDB reads other encodings only with an extension that is a download."""
    server = contract.server
    try:
        encoding = codecs.lookup(server.encoding).name
    except LookupError:
        raise Unreadable("encoding", f"encoding {server.encoding} is unknown; correct the contract") from None
    if encoding in _UTF8:
        return source
    target = work / f"{source.name}.utf8"
    try:
        with (
            source.open(encoding=encoding, newline="") as read,
            target.open("w", encoding="utf-8", newline="") as write,
        ):
            while chunk := read.read(_CHUNK):
                write.write(chunk)
    except UnicodeError as error:
        raise _wrong_encoding(server, error) from None
    return target


def _wrong_encoding(server: Server, error: UnicodeError) -> Unreadable:
    return Unreadable("encoding", f"the file is not {server.encoding} ({error}); correct encoding in the contract")


def _shape(contract: Contract, source: Path) -> Shape:
    server = contract.server
    try:
        with source.open(encoding="utf-8-sig", newline="") as stream:
            for number, line in enumerate(stream, start=1):
                if number > server.skip_rows and line.strip():
                    columns = _names(server, line.rstrip("\r\n"))
                    mapped = [mapping.physical_name for mapping in contract.mappings if mapping.physical_name]
                    missing = tuple(column for column in mapped if column not in columns)
                    return Shape(tuple(columns), missing, header_line=number)
    except UnicodeDecodeError as error:
        raise _wrong_encoding(server, error) from None
    raise Unreadable("header", "the file has no header line; ask the partner to send it again")


def _names(server: Server, line: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=server.delimiter, quotechar=server.quote or None))
    except csv.Error as error:
        raise Unreadable("header", f"the header cannot be split ({error}); ask the partner to send it again") from None
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        wanted = cell.strip() or f"column {place}"
        names.append(wanted if wanted not in names else f"{wanted} {place}")
    return names


def _lines(connection: duckdb.DuckDBPyConnection, contract: Contract, shape: Shape, files: dict[int, Path]) -> Relation:
    server = contract.server
    connection.execute(
        f"create or replace temp table text_lines ({ours('file')} integer, {ours('line_number')} bigint, "
        f"{ours('line')} varchar, {ours('is_unbalanced')} boolean)"
    )
    for number, path in files.items():
        _read_lines(connection, server, path, number, shape.header_line)
    if server.quote:
        _join_quoted_line_breaks(connection)
    return Relation(sql=_cells(server, shape), raw_line=ours("line"), problem=_shape_problem(server, shape))


def _read_lines(
    connection: duckdb.DuckDBPyConnection, server: Server, source: Path, number: int, header_line: int
) -> None:
    """Add the lines below the header to the table text_lines; blank ones too, a quoted cell may hold them."""
    odd = f"(length(line) - length(replace(line, {text(server.quote)}, ''))) % 2 = 1" if server.quote else "false"
    # one column a line: neither delimiter nor quote can occur, so that line numbers stay physical
    connection.execute(f"""
        insert into text_lines
        select {number}, line_number, line, {odd}
        from (
            select row_number() over () as line_number, rtrim(coalesce(line, ''), chr(13)) as line
            from read_csv(
                {text(str(source))}, delim = chr(1) || chr(2) || chr(1), quote = '', escape = '', header = false,
                auto_detect = false, columns = {{'line': 'VARCHAR'}}, strict_mode = false, null_padding = true,
                max_line_size = 33554432
            )
        ) as physical
        where line_number > {header_line}
    """)


def _join_quoted_line_breaks(connection: duckdb.DuckDBPyConnection) -> None:
    """Join lines that a quoted line break tore apart; in a file whose quotes do not pair up every line stays alone."""
    torn = connection.execute(f"""
        select {ours("file")} from text_lines where {ours("is_unbalanced")} group by all having count(*) % 2 = 0
    """).fetchall()
    if not torn:
        return
    files = ", ".join(str(file) for (file,) in torn)
    connection.execute(f"""
        create or replace temp table text_lines as
        with counted as (
            select *, {ours("is_unbalanced")}::integer as toggles from text_lines where {ours("file")} in ({files})
        ),
        toggled as (
            select
                *,
                sum(toggles) over (partition by {ours("file")} order by {ours("line_number")}) - toggles as before_it
            from counted
        ),
        numbered as (
            select
                *,
                sum(case when before_it % 2 = 0 then 1 else 0 end)
                    over (partition by {ours("file")} order by {ours("line_number")}) as record
            from toggled
        )
        select
            {ours("file")},
            min({ours("line_number")}) as {ours("line_number")},
            string_agg({ours("line")}, chr(10) order by {ours("line_number")}) as {ours("line")},
            false as {ours("is_unbalanced")}
        from numbered
        group by {ours("file")}, record
        union all
        select * from text_lines where {ours("file")} not in ({files})
    """)


def _cells(server: Server, shape: Shape) -> str:
    line, delimiter = ours("line"), text(server.delimiter)
    split = f"string_split({line}, {delimiter})"
    if server.quote:
        mark, quote = _escaped(server.delimiter), _escaped(server.quote)
        pattern = text(f"({quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{mark}]*){mark}")
        found = f"regexp_extract_all({line} || {delimiter}, {pattern}, 1)"
        quoted = f"list_transform({found}, lambda cell: unquoted(cell, {text(server.quote)}))"
        split = f"case when contains({line}, {text(server.quote)}) then {quoted} else {split} end"
    columns = [f"{ours('cells')}[{place}] as {name(column)}" for place, column in enumerate(shape.columns, start=1)]
    columns += [f"cast(null as varchar) as {name(column)}" for column in shape.missing]
    return f"""
        select
            {ours("file")}, {ours("line_number")}, {line}, {ours("is_unbalanced")},
            len({ours("cells")}) as {ours("cell_count")}, {", ".join(columns)}
        from (select *, {split} as {ours("cells")} from text_lines where trim({line}) <> '') as split_lines
    """


def _escaped(marks: str) -> str:
    return "".join(f"\\x{{{ord(mark):x}}}" for mark in marks)


def _shape_problem(server: Server, shape: Shape) -> tuple[str, str, str]:
    if shape.missing:
        reason = f"the header lacks {', '.join(shape.missing)}; it reads: {server.delimiter.join(shape.columns)}"
        return "true", text("header"), text(reason)
    unbalanced, cells = ours("is_unbalanced"), ours("cell_count")
    return (
        f"{unbalanced} or {cells} <> {len(shape.columns)}",
        f"case when {unbalanced} then 'unbalanced_quotes' else 'ragged_line' end",
        f"case when {unbalanced} then 'a quote on this line has no partner' "
        f"else 'the line has ' || {cells} || ' cells, the header has {len(shape.columns)}' end",
    )


CSV = Reader(_plain, _shape, _lines)
