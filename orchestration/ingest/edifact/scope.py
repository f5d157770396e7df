"""A stretch of a message, and what it states.

A fact is named by segment and qualifier: `QTY153` is the quantity of a QTY segment with qualifier 153.

Belongs here: facts and repeated quantities of one stretch.
Does not belong here: stretches within others (`edifact.line`).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from orchestration.ingest.edifact.values import plain_number

#: number of the segment, and its qualifier, value and further components
Fact = tuple[int, list[str]]

#: the fact that a first quantity is of a batch or market, so no total
DETAIL: Final = "detail"
#: characters of a stretch that are kept for people
_SHOWN: Final = 2000


def value(fact: Fact | None, place: int = 1) -> str | None:
    """A component of a fact: by default its value, behind the qualifier. Blank is None."""
    if fact is None or len(fact[1]) <= place:
        return None
    return fact[1][place].strip() or None


class Repeat:
    """Further quantities of a kind that a scope states already: how many, and their sum (None: not all are numbers)."""

    __slots__ = ("count", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total: Decimal | None = Decimal(0)

    def add(self, text: str, mark: str) -> None:
        """Count one more."""
        number = plain_number(text, mark)
        self.count += 1
        self.total = None if number is None or self.total is None else self.total + Decimal(number)


class Scope:
    """A stretch of a message: its beginning, a location, a line item, a location of a line item."""

    __slots__ = ("codes", "facts", "is_packed", "number", "repeats", "size", "texts")

    def __init__(self, number: int) -> None:
        self.number = number
        self.facts: dict[str, Fact] = {}
        self.codes: dict[str, str] = {}
        self.repeats: dict[str, Repeat] = {}
        self.is_packed = False
        self.texts: list[str] = []
        self.size = 0

    def show(self, text: str) -> None:
        """Keep a segment for people; of a scope without end, only its beginning."""
        if self.size < _SHOWN:
            self.texts.append(text)
            self.size += len(text) + 1

    def states(self, facts: Iterable[str]) -> bool:
        """Whether it states one of the facts."""
        return any(fact in self.facts for fact in facts)

    def add_quantity(self, fact: str, found: Fact, mark: str) -> None:
        """Keep a quantity, or count it to the first of its kind."""
        if fact not in self.facts:
            self.facts[fact] = found
        else:
            self.repeats.setdefault(fact, Repeat()).add(found[1][1] if len(found[1]) > 1 else "", mark)

    def take_in(self, other: Scope, mark: str) -> None:
        """Let another scope be part of this one."""
        for text in other.texts:
            self.show(text)
        self.is_packed |= other.is_packed
        for name, fact in other.facts.items():
            if name.startswith("QTY"):
                self.add_quantity(name, fact, mark)
            elif name != DETAIL or not self.repeats:
                self.facts.setdefault(name, fact)
