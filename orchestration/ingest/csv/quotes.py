"""Records of several lines: quoted cells that hold line breaks.

A line alone cannot tell whether it begins within a quoted cell. Each line is therefore judged both ways, and the state
runs from line to line. What then turns out to be no record falls apart into its lines: a quote that was never closed
costs its own line, not the rest of the file.

Belongs here: joining lines of `text_lines`. Does not belong here: splitting them (`csv.cells`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.contracts.model import Server
from orchestration.ingest.csv.cells import closes, opens, stays
from orchestration.ingest.csv.text import LINE_LIMIT
from orchestration.ingest.sql import ours

_FILE, _NUMBER, _LINE, _MARKS, _QUOTES, _END_BYTES = (
    ours(own) for own in ("file", "line_number", "line", "marks", "quotes", "end_bytes")
)
_BREAK = f"case {_END_BYTES} when 0 then chr(13) else repeat(chr(13), {_END_BYTES} - 1) || chr(10) end"

Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]


def join_torn_lines(connection: duckdb.DuckDBPyConnection, server: Server, header_line: int, columns: int) -> None:
    """Join lines below the header that a quoted line break tore apart, and mark those whose quote has no partner."""
    torn = connection.execute(
        f"select distinct {_FILE} from text_lines where {_QUOTES} % 2 = 1 and {_NUMBER} > {header_line}"
    ).fetchall()
    for (file,) in torn:
        lines = connection.execute(f"""
            select
                {_NUMBER} as number, {_MARKS} as marks, strlen({_LINE}) as size,
                {_QUOTES} > 0 and {opens(server)} as opens,
                {_QUOTES} = 0 or {stays(server)} as stays,
                {_QUOTES} > 0 and {closes(server)} as closes
            from text_lines
            where {_FILE} = {file} and {_NUMBER} > {header_line}
            order by number
        """).fetchnumpy()
        _mend(connection, file, _torn_lines(lines, columns))


def _torn_lines(lines: Mapping[str, npt.NDArray[Any]], columns: int) -> pa.Table:
    """Lines that are no record alone, with the record that each belongs to; `is_whole`: it is one."""
    starts, ends_open = _states(lines["opens"], lines["stays"], lines["closes"])
    firsts = np.flatnonzero(starts)
    lengths = np.diff(firsts, append=len(starts))
    lasts = firsts + lengths - 1
    is_whole = ~ends_open[lasts] & _is_plausible(lines, firsts, lasts, columns)
    is_torn = np.repeat((lengths > 1) | ends_open[lasts], lengths)
    return pa.table(
        {
            "number": lines["number"],
            "record": np.repeat(lines["number"][firsts], lengths),
            "is_last": np.append(starts[1:], True),
            "is_whole": np.repeat(is_whole, lengths),
            "is_open": np.asarray(lines["opens"]),
        }
    ).filter(pa.array(is_torn))


def _states(opens: Flags, stays: Flags, closes: Flags) -> tuple[Flags, Flags]:
    """Of each line, whether a record starts on it, and whether it ends within quotes.

    A line turns the state, fixes it whatever it was, or leaves it. One that cannot go on within quotes, since what
    follows its closing quote is no delimiter, is read as if it began outside.
    """
    goes_on = stays | closes
    open_if_within = np.where(goes_on, stays, opens)
    turned = np.cumsum(opens & ~open_if_within)
    fixed = np.maximum.accumulate(np.where(opens == open_if_within, np.arange(len(opens)), -1))
    since = np.where(fixed >= 0, opens[fixed] + turned[fixed], 0)
    ends_open = (since + turned) % 2 == 1
    begins_within = np.concatenate([[False], ends_open[:-1]])
    return ~(begins_within & goes_on), ends_open


def _is_plausible(lines: Mapping[str, npt.NDArray[Any]], firsts: Counts, lasts: Counts, columns: int) -> Flags:
    """Whether records are not too long, and their inner lines do not look like lines of their own.

    Between two stray quotes stand many that do, between the quotes of an address or a remark hardly one.
    """

    def inner(what: npt.NDArray[Any]) -> Counts:
        total = np.concatenate([[0], np.cumsum(what)])
        counted: Counts = total[np.maximum(lasts, firsts + 1)] - total[firsts + 1]
        return counted

    alike = inner(lines["marks"] == columns - 1)
    is_swallowed = (columns > 2) & (alike > 1) & (2 * alike > inner(lines["size"] > 0))
    # where blank lines were left out, what they stood between is no record
    is_unbroken = lines["number"][lasts] - lines["number"][firsts] == lasts - firsts
    return ~is_swallowed & is_unbroken & (inner(lines["size"]) <= LINE_LIMIT)


def _mend(connection: duckdb.DuckDBPyConnection, file: int, torn: pa.Table) -> None:
    """Put records in the place of their lines, and mark lines that are left alone with an open quote."""
    connection.register("torn_lines", torn)
    connection.execute(f"""
        create or replace temp table mended_lines as
        select {_FILE}, {_NUMBER}, {_LINE}, {_MARKS}, {_QUOTES}, {_END_BYTES}, is_open
        from text_lines
        inner join torn_lines on {_NUMBER} = number
        where {_FILE} = {file} and not is_whole
        union all
        select
            {file}, record, string_agg({_LINE} || case when is_last then '' else {_BREAK} end, '' order by number),
            sum({_MARKS}), sum({_QUOTES}), 0, false
        from text_lines
        inner join torn_lines on {_NUMBER} = number
        where {_FILE} = {file} and is_whole
        group by record
    """)
    connection.execute(
        f"delete from text_lines where {_FILE} = {file} and {_NUMBER} in (select number from torn_lines)"
    )
    connection.execute("insert into text_lines from mended_lines")
    connection.execute("drop table mended_lines")
    connection.unregister("torn_lines")
