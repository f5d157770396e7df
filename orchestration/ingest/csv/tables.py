"""Several tables in one CSV file: which lines are of ours, and where their columns stand.

A header of ours holds all mapped columns; the lines below it are ours until another table begins. What is taken for
another table is silently out of scope, so little is: its header must look like one, stand where one stands, and no line
that fits ours may follow. Whatever else does not fit is judged as a line of ours, and set aside.

Belongs here: the table `csv.tables`. Does not belong here: the first header (`csv.header`), cells (`csv.cells`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from orchestration.contracts.kinds import FLAG, TEXT
from orchestration.contracts.model import Contract
from orchestration.ingest.csv.missing import used_columns
from orchestration.ingest.csv.names import mapped_names, plainest_piece, trimmed
from orchestration.ingest.csv.records import holds_a_value, is_not_blank, looks_like_a_header, records, texts
from orchestration.ingest.relation import Shape
from orchestration.ingest.sql import ours, text

_FILE, _NUMBER, _LINE, _MARKS = (ours(own) for own in ("file", "line_number", "line", "marks"))
_IN_ORDER = f"over (partition by {_FILE} order by {_NUMBER})"


def find_tables(
    connection: duckdb.DuckDBPyConnection, contract: Contract, shape: Shape, header: tuple[str, ...]
) -> bool:
    """Whether files hold other lines than those of one table below its header; if so, make the table `csv.tables`.

    A row a place from which lines are read otherwise: file, first line, cells of a line, and the places of the used
    columns, null where another table begins. A line on which a table of ours begins is its header.
    """
    if not shape.header_line or not mapped_names(contract):
        return False
    suspects = _suspects(connection, contract, shape, header)
    if not suspects:
        return False
    count, first = len(header), shape.header_line
    used = used_columns(contract, shape.columns)
    places = [shape.columns.index(column) + 1 for column in used]
    connection.execute(f"""
        create or replace temp table csv_tables as
        with borders as materialized ({_borders(contract, shape, header, suspects)})
        select distinct {_FILE}, 0 as from_line, {count} as cells, cast(null as integer[]) as places from text_lines
        union all
        select distinct {_FILE}, {first}, {count}, {places} from text_lines
        union all
        select {_FILE}, from_line, {count}, null from borders where from_line < {_NUMBER} or not is_ours
        union all
        select
            {_FILE}, {_NUMBER}, cell_count,
            case when cells = {texts(_without_blanks(header))} then {places}
                else [{", ".join(f"list_position(cells, {text(trimmed(column))})" for column in used)}]
            end
        from borders
        where is_ours
    """)
    lacking = connection.execute(
        "select min(from_line) from csv_tables where list_count(places) < len(places)"
    ).fetchall()
    if lacking[0][0]:
        # an expression over nulls would silently leave its lines out
        raise duckdb.InvalidInputException(
            f"the header on line {lacking[0][0]} lacks a column that the contract's expressions need"
        )
    return True


def _suspects(
    connection: duckdb.DuckDBPyConnection, contract: Contract, shape: Shape, header: Sequence[str]
) -> list[int]:
    """Files with lines above the header, or below it one that may be the header of a table.

    Lines of a clean file are looked at once, in what costs next to nothing: the number of delimiters, a name.
    """
    server, below = contract.server, f"{_NUMBER} > {shape.header_line}"
    mapped = [cell for column, cell in zip(shape.columns, header, strict=True) if column in mapped_names(contract)]
    names = sorted((plainest_piece(server, cell) for cell in mapped), key=len, reverse=True)
    is_named = " and ".join(f"contains({_LINE}, {text(name)})" for name in names)
    starts = " or ".join(f"starts_with({_LINE}, {text(mark + header[0])})" for mark in {"", server.quote} if header[0])
    looks_alike = f"({is_named}) or {starts or 'false'}"
    is_odd = f"{below} and {_MARKS} <> {len(header) - 1}"
    is_above = f"{_NUMBER} < {shape.header_line} and {is_not_blank(server)}"
    [(is_clean,)] = connection.execute(
        f"select not exists (from text_lines where {is_odd} or {below} and ({looks_alike}) or {is_above})"
    ).fetchall()
    if is_clean:
        return []
    # a case keeps the search for values from lines that are not near
    near = f"""
        {below} and case
            when {_MARKS} <> {len(header) - 1} or {looks_alike}
                or ({_FILE}, {_NUMBER}) in (select ({_FILE}, {_NUMBER} + 1) from text_lines where {is_odd})
            then {is_named} or not {holds_a_value(server)}
        end
    """
    is_ours = f"cells = {texts(_without_blanks(header))} or list_has_all(cells, {_wanted(contract)})"
    found = connection.execute(f"""
        select distinct {_FILE} from text_lines where {is_above}
        union
        select distinct {_FILE} from ({records(server, len(header), near)})
        where {is_ours} or ({looks_like_a_header("cells")})
    """).fetchall()
    return [file for (file,) in found]


def _wanted(contract: Contract) -> str:
    return texts(trimmed(name) for name in mapped_names(contract))


def _borders(contract: Contract, shape: Shape, header: Sequence[str], files: Iterable[int]) -> str:
    """Headers below the first one, of ours and of other tables, as a query; `from_line`: where their titles begin."""
    wanted, own = _wanted(contract), texts(_without_blanks(header))
    in_files = f"{_FILE} in ({', '.join(map(str, files))}) and {_NUMBER} > {shape.header_line}"
    return f"""
        with records as ({records(contract.server, len(header), in_files)}),
        named as (
            select
                *, len(cells) as width,
                cells = {own} or (
                    list_has_all(cells, {wanted})
                    and len(list_filter(cells, lambda cell: list_contains({wanted}, cell))) = len({wanted})
                ) as is_ours,
                len(list_intersect(cells, {wanted})) as known,
                coalesce({_NUMBER} > lag({_NUMBER} + breaks) {_IN_ORDER} + 1, false) as is_below_blank
            from records
        ),
        titled as (
            select
                *, {len(header)} > 1 and width = 1 and (cell_count = 1 or is_below_blank) as is_title,
                coalesce(last_value(case when is_ours then cell_count end ignore nulls) {_IN_ORDER}, {len(header)})
                    as our_count,
                coalesce(last_value(case when is_ours then width end ignore nulls) {_IN_ORDER}, len({own})) as our_width
            from named
        ),
        placed as (
            select
                *, coalesce(is_below_blank or lag(is_title) {_IN_ORDER}, false) as stands_apart,
                cell_count <> our_count or width <> our_width as differs,
                not is_ours and {looks_like_a_header("cells")} and lead(cell_count) {_IN_ORDER} = cell_count
                    and lead(width) {_IN_ORDER} <= width as may_begin,
                1 + coalesce(max(case when not is_title then {_NUMBER} + breaks end)
                    over (partition by {_FILE} order by {_NUMBER} rows between unbounded preceding and 1 preceding),
                    {shape.header_line}) as from_line
            from titled
        ),
        guessed as (
            select
                *,
                may_begin and (known > 1 or stands_apart and (known > 0 or {_has_values(contract)} and not differs))
                    as begins,
                may_begin and differs and (stands_apart or {_has_values(contract)}) as may_differ
            from placed
        ),
        segments as (
            select *, sum((is_ours or begins or may_differ)::integer) {_IN_ORDER} as segment from guessed
        ),
        followed as (
            select
                *, first(cell_count order by {_NUMBER}) over together as head_count,
                first(width order by {_NUMBER}) over together as head_width
            from segments
            window together as (partition by {_FILE}, segment)
        ),
        judged as (
            select
                *,
                bool_or(cell_count = our_count and (head_count <> our_count or width > head_width))
                    over (partition by {_FILE}, segment) as ours_goes_on
            from followed
        )
        select * from judged where is_ours or begins or (may_differ and not ours_goes_on)
    """


def _has_values(contract: Contract) -> str:
    """Whether lines of ours hold numbers or dates, which tells them from headers, as SQL."""
    columns = contract.kind.columns
    kinds = {columns[mapping.name].type for mapping in contract.mappings if mapping.physical_name}
    return "true" if kinds - {TEXT, FLAG} else "false"


def _without_blanks(header: Sequence[str]) -> list[str]:
    return list(header[: max(place for place, cell in enumerate(header, start=1) if cell)])
