"""`selltrace as-of`: a table as it was known at a moment, shown or written to a file.

Belongs here: the question's columns, rows and form. Does not belong here: computing the answer (`transform/as_of`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.commands.console import OUT, fail, print_json, print_rows, shown_path
from orchestration.commands.state import contracts, settings
from orchestration.files import written_aside
from orchestration.moment import parse_moment
from orchestration.publish.source import Source
from orchestration.publish.sql import name, names, text
from orchestration.transform.as_of import CannotTell, Known, known_at, table_named, unknown
from orchestration.transform.invoke import DbtError

#: rows shown where no limit is given; files and scripts get all
_SHOWN = 50
_FORMATS = {".parquet": "format parquet, compression zstd", ".csv": "format csv, header"}


@dataclass(frozen=True)
class Form:
    """How the answer goes out: `limit` rows, to a file, or as JSON; by default as a table of the first rows."""

    limit: int | None = None
    output: Path | None = None
    as_json: bool = False

    @property
    def rows(self) -> int | None:
        """How many rows go out at most; None: all."""
        return _SHOWN if self.limit is None and not self.output and not self.as_json else self.limit


def as_of(moment: str, table_name: str, where: Sequence[str], columns: str | None, form: Form) -> None:
    """Answer a question on the past; ends with a message where it cannot be answered."""
    try:
        at = parse_moment(moment)
    except ValueError as error:
        fail(str(error))
    try:
        table = table_named(table_name)
        conditions = [_condition(one) for one in where]
        _check_output(form.output)
        with known_at(settings(), contracts(), at, [table]) as known:
            source = known.source(table)
            query, values = _query(source, conditions, _chosen(source, columns))
            _answer(known, source, at, (query, values), form)
    except (CannotTell, DbtError, OSError) as error:
        fail(str(error))


def _condition(text_given: str) -> tuple[str, str]:
    column, given, value = text_given.partition("=")
    if not given:
        raise CannotTell(f"--where {text_given}: write COLUMN=VALUE (COLUMN= for what is unknown)")
    return column, value


def _check_output(output: Path | None) -> None:
    if output and output.suffix not in _FORMATS:
        raise CannotTell(f"{output} is none of the files that are written; end it with {' or '.join(_FORMATS)}")


def _chosen(source: Source, columns: str | None) -> list[str]:
    chosen = [column.strip() for column in columns.split(",")] if columns else list(source.columns)
    for column in chosen:
        _check_column(source, column)
    return chosen


def _check_column(source: Source, column: str) -> None:
    if column not in source.columns:
        raise CannotTell(f"{source.table.name}: {unknown('column', column, source.columns)}")


def _query(source: Source, conditions: list[tuple[str, str]], chosen: list[str]) -> tuple[str, list[str]]:
    """The rows that all conditions hold for, in the order of a release, and the values bound in it."""
    for column, _ in conditions:
        _check_column(source, column)
    held = [
        f"{name(column)} = cast(? as {source.columns[column]})" if value else f"{name(column)} is null"
        for column, value in conditions
    ]
    return (
        f"select {names(chosen)} from ({source.query}) as known where {' and '.join(held) or 'true'} "
        f"order by {source.order}"
    ), [value for _, value in conditions if value]


def _answer(known: Known, source: Source, at: datetime, query: tuple[str, list[str]], form: Form) -> None:
    rows, values = query
    try:
        [(count,)] = known.connection.execute(f"select count(*) from ({rows})", values).fetchall()
    except duckdb.ConversionException as error:
        raise CannotTell(f"{source.table.name}: a value does not fit its column: {error}") from error
    limited = rows if form.rows is None else f"{rows} limit {form.rows}"
    given = count if form.rows is None else min(count, form.rows)
    if form.output:
        _write(known.connection, limited, values, form.output)
        if form.as_json:
            print_json({"output": str(form.output), "rows": given})
            return
    elif form.as_json:
        print_json(_rows(known.connection, limited, values))
        return
    else:
        title = f"{source.table.name} as known at {at:%Y-%m-%d %H:%M:%S} UTC"
        print_rows(title, _rows(known.connection, limited, values))
    told = f"{given} of {count} rows" if given < count else f"{count} rows"
    into = f", in {shown_path(form.output)}" if form.output else ""
    OUT.print(f"{told}, of {known.deliveries} deliveries received by then{into}.", highlight=False, soft_wrap=True)


def _write(connection: duckdb.DuckDBPyConnection, query: str, values: list[str], output: Path) -> None:
    try:
        with written_aside(output) as aside:
            connection.execute(f"copy ({query}) to {text(aside)} ({_FORMATS[output.suffix]})", values)
    except (OSError, duckdb.IOException) as error:
        raise CannotTell(f"{output} cannot be written: {error}") from error


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: list[str]) -> list[dict[str, Any]]:
    found = connection.execute(query, values)
    columns = [column[0] for column in found.description or []]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
