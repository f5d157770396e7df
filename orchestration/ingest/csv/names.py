"""Names of columns: how they are compared, and what a column is called.

Belongs here: what follows from the cells of a header. Does not belong here: finding one (`csv.header`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.contracts.model import Contract, Server


@dataclass(frozen=True)
class Header:
    """A header: its physical lines from `first` to `last`, and its cells, trimmed."""

    first: int
    last: int
    cells: tuple[str, ...]


def mapped_names(contract: Contract) -> list[str]:
    """The columns of theirs that the contract maps."""
    return [mapping.physical_name for mapping in contract.mappings if mapping.physical_name]


def trimmed(cell: str) -> str:
    """A name as it is compared: without blanks and byte order marks around it, line breaks as line feeds."""
    return cell.strip("\ufeff \t\r\n\u00a0").replace("\r\n", "\n").replace("\r", "\n")


def column_names(cells: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns under a header, unique whatever the case, in the contract's spelling where it maps one.

    A nameless column is called `column 3`; a name that stands twice is none, and becomes `Qty 3` and `Qty 5`.
    """
    spelling = {trimmed(name): name for name in wanted}
    reserved = {name.casefold() for name in spelling if name in cells}
    times = Counter(cells)
    names: dict[str, str] = {}
    for place, cell in enumerate(cells, start=1):
        folded = cell.casefold()
        is_plain = times[cell] == 1 and (cell in spelling or (folded not in reserved and folded not in names))
        called = cell if is_plain and cell else f"{cell or 'column'} {place}"
        called = spelling.get(called, called)
        while called.casefold() in names:
            called = f"{called} {place}"
        names[called.casefold()] = called
    return tuple(names.values())


def plainest_piece(server: Server, name: str) -> str:
    """The longest piece of a name that is written the same within quotes."""
    return max(re.split(f"[\n{re.escape(server.quote)}]", name), key=len)


def fold(name: str) -> str:
    """A name without case, accents and signs."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
