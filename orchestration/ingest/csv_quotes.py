"""Records of several lines: quoted cells that hold line breaks.

A line alone cannot tell whether it begins within a quoted cell. Each line is therefore judged both ways, and the state
runs from line to line as a window over what each does to it. What then turns out to be no record falls apart into its
lines: a quote that was never closed costs its own line, not the rest of the file.

Belongs here: joining lines of `text_lines`. Does not belong here: splitting them (`csv_cells`).
"""

from __future__ import annotations

import duckdb

from orchestration.contracts.model import Server
from orchestration.ingest.csv_cells import closes, opens, stays
from orchestration.ingest.csv_text import LINE_LIMIT
from orchestration.ingest.sql import ours

_FILE, _NUMBER, _LINE, _MARKS, _QUOTES, _END_BYTES = (
    ours(own) for own in ("file", "line_number", "line", "marks", "quotes", "end_bytes")
)
_BREAK = f"case {_END_BYTES} when 0 then chr(13) else repeat(chr(13), {_END_BYTES} - 1) || chr(10) end"
_PLACE = f"{_FILE}, {_NUMBER}"


def join_torn_lines(connection: duckdb.DuckDBPyConnection, server: Server, header_line: int, columns: int) -> None:
    """Join lines below the header that a quoted line break tore apart, and mark those whose quote has no partner."""
    torn = connection.execute(
        f"select distinct {_FILE} from text_lines where {_QUOTES} % 2 = 1 and {_NUMBER} > {header_line}"
    ).fetchall()
    if not torn:
        return
    is_torn = f"{_FILE} in ({', '.join(str(file) for (file,) in torn)}) and {_NUMBER} > {header_line}"
    connection.execute(f"create or replace temp table torn_lines as {_torn_lines(server, is_torn, columns)}")
    connection.execute(f"""
        create or replace temp table mended_lines as
        select {_PLACE}, {_LINE}, {_MARKS}, {_QUOTES}, {_END_BYTES}, opens
        from text_lines
        inner join (select {_PLACE}, opens from torn_lines where not is_whole) as alone using ({_PLACE})
        union all
        select
            {_FILE}, min({_NUMBER}),
            string_agg({_LINE} || case when is_last then '' else {_BREAK} end, '' order by {_NUMBER}),
            sum({_MARKS}), sum({_QUOTES}), 0, false
        from text_lines
        inner join (select {_PLACE}, record, is_last from torn_lines where is_whole) as whole using ({_PLACE})
        group by {_FILE}, record
    """)
    connection.execute(f"delete from text_lines where ({_PLACE}) in (select ({_PLACE}) from torn_lines)")
    connection.execute("insert into text_lines from mended_lines")
    connection.execute("drop table torn_lines")
    connection.execute("drop table mended_lines")


def _torn_lines(server: Server, is_torn: str, columns: int) -> str:
    """Lines that are no record alone, with the record that each belongs to, as a query.

    What a line does to the state (within quotes or not): it fixes it, turns it, or leaves it. A line that cannot go on
    within quotes (what follows its closing quote is no delimiter) is read as if it began outside.

    A record is whole if its last quote is closed, it is not too long, and its inner lines do not look like lines of
    their own: between two stray quotes stand many that do, between the quotes of an address or a remark hardly one.
    """
    in_order = f"over (partition by {_FILE} order by {_NUMBER})"
    inner = "not starts and not is_last and size > 0"
    alike = f"count(*) filter ({inner} and {_MARKS} = {columns} - 1)"
    return f"""
        with judged as (
            select
                {_PLACE}, {_MARKS}, strlen({_LINE}) as size,
                {_QUOTES} > 0 and {opens(server)} as opens,
                {_QUOTES} = 0 or {stays(server)} as stays,
                {_QUOTES} > 0 and {closes(server)} as closes
            from text_lines
            where {is_torn}
        ),
        effects as (
            select *, stays or closes as goes_on, case when stays or closes then stays else opens end as open_if_within
            from judged
        ),
        turns as (
            select
                *, sum((opens and not open_if_within)::integer) {in_order} as turned,
                case when opens = open_if_within then (opens::integer + turned) % 2 end as fixed
            from effects
        ),
        states as (
            select *, (coalesce(last_value(fixed ignore nulls) {in_order}, 0) + turned) % 2 = 1 as ends_open from turns
        ),
        starts as (
            select *, not (lag(ends_open, 1, false) {in_order} and goes_on) as starts from states
        ),
        numbered as (
            select
                *, sum(starts::integer) {in_order} as record, lead(starts, 1, true) {in_order} as is_last
            from starts
        ),
        records as (
            select
                {_FILE}, record,
                not bool_or(is_last and ends_open) and sum(size) <= {LINE_LIMIT}
                    and not ({columns} > 2 and {alike} > 1 and 2 * {alike} > count(*) filter ({inner})) as is_whole
            from numbered
            where not (starts and is_last)
            group by {_FILE}, record
        )
        select {_PLACE}, record, is_last, opens, coalesce(is_whole, false) as is_whole
        from numbered
        left join records using ({_FILE}, record)
        where not (starts and is_last) or ends_open
    """
