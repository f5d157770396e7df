"""Lines as people see them, to tell headers from data: cells trimmed, without the blank ones at the end.

Belongs here: what a line looks like. Does not belong here: what follows from it (`csv.tables`).
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.contracts.model import Server
from orchestration.ingest.csv.cells import any_cells, pattern
from orchestration.ingest.sql import ours, text

_LINE, _MARKS, _QUOTES = ours("line"), ours("marks"), ours("quotes")
_BLANKS = " \t\r\n\u00a0\ufeff"
#: a number, a date with its month in figures or letters, a week
_VALUE = r"[^\pL]*[0-9][^\pL]*|[0-9]{1,4}[ ./-]*\pL+[ ./-]*[0-9]{1,4}|[0-9.,]+[eE][+-]?[0-9]+"
_SOME_VALUE = r"(?:^|[{mark}{quote}])[^{mark}{quote}\pL]*[0-9][^{mark}{quote}\pL]*(?:[{mark}{quote}]|$)"


def records(server: Server, width: int, condition: str) -> str:
    """Lines of `text_lines` that hold anything, as a query: place, cells, their number as written, line breaks within.

    `width`: cells of the header of ours; lines of far more are not split.
    """
    cell = f"replace(replace(trim(cell, {text(_BLANKS)}), chr(13) || chr(10), chr(10)), chr(13), chr(10))"
    blank_at_end = "list_position(list_reverse(list_transform(padded, lambda cell: cell <> '')), true) - 1"
    return f"""
        with split_lines as (
            select *, {any_cells(server, str(width))} as found
            from text_lines
            where {is_not_blank(server)} and ({condition})
        ),
        trimmed_lines as (
            select
                *, coalesce(len(found), {_MARKS} + 1) as cell_count,
                list_transform(coalesce(found, [{_LINE}]), lambda cell: {cell}) as padded
            from split_lines
        )
        select
            {ours("file")}, {ours("line_number")}, cell_count,
            padded[:len(padded) - coalesce({blank_at_end}, len(padded))] as cells,
            case when {_QUOTES} > 0 then len(regexp_extract_all({_LINE}, '\\r*\\n|\\r')) else 0 end as breaks
        from trimmed_lines
    """


def is_not_blank(server: Server) -> str:
    """Whether a line holds anything but blanks and delimiters, as SQL."""
    return f"trim({_LINE}, {text(_BLANKS + server.delimiter)}) <> ''"


def holds_a_value(server: Server) -> str:
    """Whether a cell of a line seems to be a number or a date, as SQL, at the cost of one search."""
    return f"regexp_matches({_LINE}, {text(pattern(_SOME_VALUE, server))})"


def looks_like_a_header(cells: str) -> str:
    """Whether cells are two names or more, none twice, none blank, none a value, as SQL."""
    values = f"list_filter({cells}, lambda cell: regexp_full_match(cell, {text(_VALUE)}))"
    return (
        f"len({cells}) > 1 and not list_contains({cells}, '') "
        f"and len(list_distinct({cells})) = len({cells}) and len({values}) = 0"
    )


def texts(values: Iterable[str]) -> str:
    """Strings as an SQL list."""
    return f"[{', '.join(text(value) for value in values)}]"
