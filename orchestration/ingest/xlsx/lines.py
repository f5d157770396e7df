"""Rows of a sheet as lines: which count, what their cells say, why one as a whole cannot be read.

Belongs here: from rows and the tables that were found among them to lines.
Does not belong here: finding tables (`xlsx.tables`), spelling cells (`xlsx.cells`), what cells mean (`casts`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from orchestration.contracts.kinds import DATE
from orchestration.contracts.model import Contract
from orchestration.contracts.problems import closest
from orchestration.ingest.rows import Row
from orchestration.ingest.xlsx.cells import Cell, date_of_serial, speller, squash
from orchestration.ingest.xlsx.tables import Table
from orchestration.ingest.xlsx.xml import UNCOMPUTED

Cells = Sequence[Cell]
Texts = list[str | None]

#: a date written as one number (20250602, 2025) is that number, not a count of days
_FORMAT_OF_DIGITS: Final = re.compile(r"(?!.*MMM)[yYMdwue]+")
_SHOWN: Final = 300
_NOT_COMPUTED: Final = "the formula has no value; ask the partner to open the workbook, save it and send it again"


def columns_of(tables: Sequence[Table]) -> list[str]:
    """Columns of all tables of ours, and those that a header lacks; names that differ in case only are one."""
    columns: dict[str, str] = {}
    for table in tables:
        places = table.places or {}
        for column in (*sorted(places, key=places.__getitem__), *table.missing):
            columns.setdefault(column.lower(), column)
    return list(columns.values())


def lines_of(
    contract: Contract, starts_1904: bool, rows: Iterable[Cells], tables: Sequence[Table], columns: Sequence[str]
) -> Iterator[Row]:
    """Lines of a sheet. `tables`: as found, the first one ours; `columns`: theirs, as `columns_of` gives them."""
    spell, skip_rows = speller(contract.server.decimal), contract.server.skip_rows
    starts = {table.first_row: table for table in tables}
    table, read = None, _outside(len(columns))
    for number, row in enumerate(islice(rows, skip_rows, None), start=skip_rows + 1):
        if number in starts:
            table, read = starts[number], _outside(len(columns))
        if table and table.places and number == table.header_row:
            read = _inside(contract, starts_1904, table, columns)
            continue
        texts = spell(row)
        filled = len(texts) - texts.count(None)
        # above our first header a single cell is a title, a remark or a logo's caption
        if filled > 1 or (filled and table):
            yield read(number, row, texts)


def _outside(width: int) -> Callable[[int, Cells, Texts], Row]:
    """How rows of another table are read: not at all."""
    blank = (None,) * width
    return lambda number, _row, texts: Row(number, _shown(texts), blank, is_outside=True)


def _inside(
    contract: Contract, starts_1904: bool, table: Table, columns: Sequence[str]
) -> Callable[[int, Cells, Texts], Row]:
    """How rows of a table of ours are read."""
    by_name = {column.lower(): place for column, place in (table.places or {}).items()}
    places = [by_name.get(column.lower(), -1) for column in columns]
    serials = [by_name[column.lower()] for column in _columns_of_serials(contract) if column.lower() in by_name]
    mapped = {
        column: by_name[column.lower()]
        for column in (mapping.physical_name for mapping in contract.mappings)
        if column and column.lower() in by_name
    }
    header_problem = ("header", missing_columns(contract, table)) if table.missing else None

    def read(number: int, row: Cells, texts: Texts) -> Row:
        for place in serials:
            cell = row[place]
            if cell.__class__ is float:
                texts[place] = date_of_serial(cell, starts_1904) or texts[place]
        problem = header_problem
        if UNCOMPUTED in texts:
            bare = [column for column, place in mapped.items() if texts[place] == UNCOMPUTED]
            problem = problem or (("formula", f"{', '.join(bare)}: {_NOT_COMPUTED}") if bare else None)
            texts = ["=?" if text == UNCOMPUTED else text for text in texts]
        shown = _shown(texts)
        texts.append(None)  # the place -1, of columns that this table lacks
        cells = [texts[place] for place in places]
        return Row(number, shown, cells, problem, is_outside=not any(cells))

    return read


def _columns_of_serials(contract: Contract) -> list[str]:
    """Columns in which a number is a count of days."""
    return [
        mapping.physical_name
        for mapping in contract.mappings
        if mapping.physical_name
        and contract.kind.columns[mapping.name].type == DATE
        and not _FORMAT_OF_DIGITS.fullmatch(mapping.date_format or "-")
    ]


def missing_columns(contract: Contract, table: Table) -> str:
    """What is said of a header that lacks columns: which ones, what came instead, and the cure."""
    came = table.names
    mapped = {squash(mapping.physical_name or "") for mapping in contract.mappings}
    others = [name for name in came if name not in mapped]
    lacks = ", ".join(column + _instead(squash(column), others) for column in table.missing)
    reads = ";".join(came)
    reads = reads if len(reads) <= _SHOWN else f"{reads[:_SHOWN]}…"
    cure = "correct `physicalName` in the contract, or ask the partner to send it again"
    return f"the header lacks {lacks}; it reads: {reads}; {cure}"


def _instead(column: str, others: Sequence[str]) -> str:
    """What stands in the header for a column that it lacks, in brackets."""
    repeated = [name for name in others if re.fullmatch(rf"{re.escape(column)} [0-9]+", name)]
    if len(repeated) > 1:
        return f" (it stands {len(repeated)} times: map `{'` or `'.join(repeated)}`)"
    near = closest(column, others, likeness=0.4)
    return f" (instead of it {near}?)" if near else ""


def _shown(texts: Texts) -> str:
    end = len(texts)
    while end and texts[end - 1] is None:
        end -= 1
    return ";".join([text or "" for text in texts[:end]])
