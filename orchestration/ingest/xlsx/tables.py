"""Tables of a sheet: where the header is, which tables are ours, and how far each goes.

A header of ours holds all columns that the contract maps, in any order, wherever it stands; every one starts a table
that is read by it. What is taken for another table is silently out of scope, so below our first header little is: its
header is a row of names, follows a blank row or a title, is followed by a row that is not blank, cannot be a line of
ours, and no row that fits ours comes before the next header of ours. What else does not fit is judged as a line.

Belongs here: finding headers. Does not belong here: the cells of lines (`xlsx.lines`), the sheet (`xlsx.workbook`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import Final

from orchestration.contracts.kinds import DATE, FLAG, TEXT
from orchestration.contracts.model import Contract
from orchestration.contracts.problems import closest
from orchestration.ingest.xlsx.cells import Cell, Speller, squash

Row = Sequence[Cell]

#: rows of names among which a header is looked for that lacks columns
_LIKELY_HEADERS: Final = 30
_LIKELY_NAMES: Final = 300
#: what can name a column of figures or codes: neither a figure or code itself, nor an error, nor a dash
_NAME: Final = re.compile(r"[^0-9#\ue000]*[^\W\d_][^0-9#\ue000]*")
_NUMBER: Final = re.compile(r"\W*[0-9][0-9\W]*")
_DAY: Final = re.compile(r"(\D*\d){4,}\D*")
#: counts of days from here on, in 1927, are likely dates
_LIKELY_SERIAL: Final = 10_000


@dataclass(frozen=True)
class Wanted:
    """Columns that the contract maps, by their squashed name, and those among them that tell a line by its cells.

    required  a line without them is none
    codes     required texts
    days      dates
    numbers   numbers
    """

    names: Mapping[str, str]
    required: frozenset[str]
    codes: frozenset[str]
    days: frozenset[str]
    numbers: frozenset[str]


@dataclass(frozen=True)
class Table:
    """A table of the sheet.

    first_row   row from which on rows belong to it: that of its header, or of the title above
    header_row  row of its header
    places      by column, its place in a row; None: the table is another's
    missing     columns that the contract maps and the header lacks
    names       where it lacks some, the header as it reads
    """

    first_row: int
    header_row: int
    places: Mapping[str, int] | None
    missing: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def wanted_of(contract: Contract) -> Wanted:
    """The columns that the contract maps."""
    names: dict[str, str] = {}
    required, codes, days, numbers = set[str](), set[str](), set[str](), set[str]()
    for mapping in contract.mappings:
        if mapping.physical_name is None:
            continue
        column = contract.kind.columns[mapping.name]
        names[squash(mapping.physical_name)] = mapping.physical_name
        is_required = mapping.required or mapping.primary_key or column.required
        for belongs, group in (
            (is_required, required),
            (is_required and column.type == TEXT, codes),
            (column.type == DATE, days),
            (column.type not in (TEXT, DATE, FLAG), numbers),
        ):
            if belongs:
                group.add(mapping.physical_name)
    return Wanted(names, *map(frozenset, (required, codes, days, numbers)))


def find_tables(rows: Iterable[Row], wanted: Wanted, spell: Speller, skip_rows: int) -> list[Table]:
    """Tables of the sheet from our first one on, in order; rows up to `skip_rows` are not looked at.

    Where no header holds all columns, the list has the one that comes closest, with what is missing; or it is empty.
    """
    names_of_ours = wanted.names.keys()
    tables: list[Table] = []
    ours: Mapping[str, int] = {}
    likely: list[tuple[int, list[str]]] = []
    above = ""
    for number, row in enumerate(chain(islice(rows, skip_rows, None), [[]]), start=skip_rows + 1):
        texts = [squash(cell) for cell in row if cell.__class__ is str]
        filled = [text for text in texts if text] if len(texts) == len(row) else None
        if tables and tables[-1].places is None:
            is_bare = number == tables[-1].header_row + 1 and filled == []
            if is_bare or (filled != [] and _fits(wanted, ours, row)):
                tables.pop()
        first_row = number - 1 if above == "title" else number
        if not names_of_ours.isdisjoint(texts) and names_of_ours <= set(names := _names(row, spell)):
            ours = _places(names, wanted)
            tables.append(Table(first_row if tables else number, number, ours))
        elif not tables and len(likely) < _LIKELY_HEADERS and filled and len(filled) > 1:
            likely.append((number, _told_apart(texts)))
        elif tables and tables[-1].places and above in ("title", "blank") and _is_foreign(wanted, ours, texts, filled):
            tables.append(Table(first_row, number, None))
        # in a table of one column a single text is a line
        is_title = filled is not None and len(filled) == 1 < len(names_of_ours)
        above = "blank" if filled == [] else "title" if is_title else "line"
    return tables or _closest(likely, wanted)


def _names(row: Row, spell: Speller) -> list[str]:
    return _told_apart([squash(name or "") for name in spell(row)])


def _told_apart(names: Sequence[str]) -> list[str]:
    """Names of columns; one that stands twice is none, and becomes `Qty 3` and `Qty 5`, as in a CSV file."""
    times = Counter(names)
    return [f"{name} {place}" if name and times[name] > 1 else name for place, name in enumerate(names, start=1)]


def _places(names: Sequence[str], wanted: Wanted) -> dict[str, int]:
    """Places by column; a name that differs in case only is told apart by its place."""
    places = {column: names.index(name) for name, column in wanted.names.items() if name in names}
    taken = {column.lower() for column in wanted.names.values()}
    mapped = set(places.values())
    for place, name in enumerate(names):
        if name and place not in mapped:
            column = f"{name} {place + 1}" if name.lower() in taken else name
            places[column] = place
            taken.add(column.lower())
    return places


def _is_foreign(wanted: Wanted, ours: Mapping[str, int], names: Sequence[str], filled: Sequence[str] | None) -> bool:
    """Whether a row is one of names and no line of ours: it has names for figures, or lacks what every line has."""
    if not filled or not 2 <= len(filled) == len(set(filled)):
        return False
    figures = [names[ours[column]] for column in wanted.days | wanted.numbers if names[ours[column]]]
    if not figures:
        return any(not names[ours[column]] for column in wanted.required)
    codes = [names[ours[column]] for column in wanted.codes if names[ours[column]]]
    return all(_NAME.fullmatch(cell) for cell in figures + codes)


def _fits(wanted: Wanted, ours: Mapping[str, int], row: Row) -> bool:
    """Whether a row may be a line of ours: it has what every line has, and figures where they belong."""
    return (
        not any(_is_blank(row[ours[column]]) for column in wanted.required)
        and all(_is_blank(cell) or _is_day(cell) for cell in (row[ours[column]] for column in wanted.days))
        and all(_is_blank(cell) or _is_number(cell) for cell in (row[ours[column]] for column in wanted.numbers))
    )


def _is_blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _is_day(cell: Cell) -> bool:
    if isinstance(cell, str):
        return bool(_DAY.fullmatch(cell))
    return isinstance(cell, date) or (isinstance(cell, float) and cell >= _LIKELY_SERIAL)


def _is_number(cell: Cell) -> bool:
    return bool(_NUMBER.fullmatch(cell)) if isinstance(cell, str) else isinstance(cell, float)


def _closest(likely: Sequence[tuple[int, list[str]]], wanted: Wanted) -> list[Table]:
    """The row of names that comes closest to our header, if it holds half of it or something like it."""

    def likeness(header: tuple[int, list[str]]) -> int:
        names = [name for name in header[1] if name][:_LIKELY_NAMES]
        return sum(closest(name, names) is not None for name in wanted.names)

    best = max(likely, key=likeness, default=None)
    if best is None or 2 * likeness(best) < len(wanted.names):
        return []
    number, names = best
    missing = tuple(column for name, column in wanted.names.items() if name not in names)
    return [Table(number, number, _places(names, wanted), missing, tuple(name for name in names if name))]
