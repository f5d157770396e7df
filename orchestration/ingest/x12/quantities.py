"""Quantities of a line item by place and code.

Belongs here: SDQ, which spreads a quantity over places, and quantities that stand more than once.
Does not belong here: meanings of codes (`x12.codes`), columns (`x12.activity` and its siblings).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from orchestration.ingest.x12.items import Scope
from orchestration.ingest.x12.segments import Segment
from orchestration.ingest.x12.sums import are_equal, differ, total

#: number of a line at a place of an SDQ = number of the SDQ x this + the pair's place in it
PAIRS: Final = 1_000_000_000
_SHOWN = 500
#: an SDQ has ten pairs from its third element on, and may name a place within them all behind
_SDQ_PAIRS, _SDQ_END = 3, 23


#: reason code, and the reason why lines are set aside
Problem = tuple[str, str]


@dataclass(slots=True)
class Place:
    """What a line item says of one place: by code the number of the line that states it, and the quantity.

    code     the place's as an SDQ names it; None: the place of the whole item
    again    codes that stand more than once, with all that they say: quantity and details
    problem  why the quantities of the place cannot be taken
    """

    code: str | None
    line: str
    stated: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    again: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    problem: Problem | None = None

    def take(self, code: str, number: int, quantity: str, detail: str) -> None:
        """Add a quantity of one code."""
        if code in self.stated:
            self.again.setdefault(code, [self.stated[code][1:]]).append((quantity, detail))
        else:
            self.stated[code] = number, quantity, detail

    def first(self, wanted: Iterable[str]) -> str | None:
        """The quantity of the first of these codes that is given; blank where one stands without its quantity."""
        found = None
        for code in wanted:
            if code in self.stated:
                found = self.stated[code][1]
                if found:
                    return found
        return found

    def all(self, code: str) -> list[str]:
        """Every quantity of a code."""
        if code in self.again:
            return [quantity for quantity, _ in self.again[code]]
        return [self.stated[code][1]] if code in self.stated else []

    def settle(self) -> None:
        """Make one quantity of those that stand more than once.

        They are added where each has details of its own (dates, references); the first is their total where the others
        sum to it; else it cannot be told which one holds.
        """
        for code, said in self.again.items():
            number, first, _ = self.stated[code]
            others = total(quantity for quantity, _ in said[1:])
            if len({detail for _, detail in said}) == len(said):
                self.stated[code] = number, total(self.all(code)) or "", ""
            elif not are_equal(first, others):
                segment = number if self.code is None else number // PAIRS
                told = f"segment {segment}: quantity {code} stands {len(said)} times, and is no sum of the others"
                self.problem = "quantity", f"{told}; ask the partner which one holds"


@dataclass(frozen=True, slots=True)
class Stated:
    """Which quantities are looked at: segments called `name` with these codes; None: all of them, of one blank code."""

    name: str
    codes: frozenset[str] | None = None


def places_of(item: Scope, stated: Stated) -> tuple[list[Place], Problem | None]:
    """Quantities of an item by place, and what is wrong with them.

    A quantity that an SDQ follows is the total of its places: it is not counted again, and must be their sum.
    """
    own, totals = Place(None, text_of(item)), Place(None, "")
    spread: dict[str, Place] = {}
    waiting: tuple[str, int, str, str] | None = None
    is_followed = False
    for segment in item.segments:
        if segment.identifier == stated.name:
            if waiting and not is_followed:
                own.take(*waiting)
            waiting, is_followed = _stated(segment, stated), False
        elif segment.identifier == "SDQ" and waiting:
            if not is_followed:
                totals.take(*waiting)
                is_followed = True
            _spread(segment, waiting[0], waiting[3], spread, item.opening)
    if waiting and not is_followed:
        own.take(*waiting)
    problem = _wrong_total(totals, spread)
    places = [place for place in (own, *spread.values()) if place.stated]
    for place in places:
        if place.again:
            place.settle()
    return places, problem


def _stated(segment: Segment, stated: Stated) -> tuple[str, int, str, str] | None:
    """Code, number, quantity and details of a segment; None where its code is not looked at."""
    if stated.codes is None:
        return "", segment.number, segment.element(2), ""
    code = segment.element(1)
    detail = segment.marks.element.join(segment.elements[4:8])
    return (code, segment.number, segment.element(2), detail) if code in stated.codes else None


def _wrong_total(totals: Place, spread: dict[str, Place]) -> Problem | None:
    for code, (number, _, _) in totals.stated.items():
        said = total(totals.all(code))
        places = total(quantity for place in spread.values() for quantity in place.all(code))
        if differ(said, places):
            told = f"segment {number}: the line item says {said}, its places sum to {places}"
            return "quantity", f"{told}; ask the partner which one holds"
    return None


def _spread(segment: Segment, code: str, detail: str, spread: dict[str, Place], opening: Segment) -> None:
    elements = segment.elements
    line = f"{opening.text[:_SHOWN]}{segment.marks.terminator}{segment.text[:_SHOWN]}"
    end = _SDQ_END if len(elements) <= _SDQ_END + 1 else len(elements)
    first_number = segment.number * PAIRS + 1
    for pair, at in enumerate(range(_SDQ_PAIRS, min(end, len(elements)), 2)):
        name, quantity = elements[at].strip(), segment.element(at + 1)
        if name or quantity:
            place = spread.get(name)
            if place is None:
                place = spread[name] = Place(name, line)
            place.take(code, first_number + pair, quantity, detail)


def text_of(item: Scope) -> str:
    """A line item as it came, for people; the end of a long one is left out."""
    parts: list[str] = []
    size = 0
    for segment in item.segments:
        parts.append(segment.text)
        size += len(segment.text)
        if size > _SHOWN:
            break
    return item.opening.marks.terminator.join(parts)[:_SHOWN]
