"""Cells and lines that several sets make alike.

A ledger line is a line item at a place. Its number is that of the segment which opens the item; where an SDQ spreads
quantities over places, it is `PAIRS` x the number of the SDQ + the place's pair in it, since one segment holds ten
places and a line number stands once in a delivery.

Belongs here: what lines have in common. Does not belong here: what one set says (`x12.activity` and its siblings).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from orchestration.ingest.x12.items import Scope
from orchestration.ingest.x12.quantities import Place, Problem
from orchestration.ingest.x12.segments import Segment
from orchestration.ingest.x12.sums import minus, times

Cells = dict[str, str | None]


class Line(NamedTuple):
    """A ledger line: its number, the line as it came, its cells by column, what is wrong with it."""

    number: int
    text: str
    cells: Cells
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What decides how line items become lines, beside the set.

    qualifiers  product codes to take, in order
    is_net      units of sell-out are net of returns, for the contract maps no column for these
    sender      of the interchange
    receiver    of the interchange
    """

    qualifiers: Sequence[str]
    is_net: bool
    sender: str
    receiver: str


LineMaker = Callable[[Scope, Reading], Iterator[Line]]


def shared_cells(item: Scope, reading: Reading, products: str, partner: str) -> Cells:
    """What all places of a line item have in common."""
    label, currency, product = item.first("PID"), item.first("CUR"), item.first(products)
    return {
        "partner_code": partner or None,
        "product_code": _product(product, reading.qualifiers) if product else None,
        "label": label.element(5) or None if label else None,
        "currency": currency.element(2) or None if currency else None,
    }


def _product(segment: Segment, qualifiers: Sequence[str]) -> str | None:
    """The product code by the first of the qualifiers that the pairs of LIN or IT1 hold."""
    first = 6 if segment.identifier == "IT1" else 2
    given = {segment.element(at): segment.element(at + 1) for at in range(first, len(segment.elements), 2)}
    return next((given[qualifier] for qualifier in qualifiers if given.get(qualifier)), None)


def line_at(
    item: Scope,
    place: Place,
    cells: Cells,
    roles: Sequence[str],
    problem: Problem | None = None,
    stated_by: str | None = None,
) -> Line:
    """A line at a place; `stated_by`: the code whose number it takes, where an item gives several lines."""
    cells["location_code"] = place.code or (item.party(roles) if place.code is None else None)
    problem = problem or place.problem
    if stated_by is None and place.code is None:
        return Line(item.opening.number, place.line, cells, problem)
    return Line(place.stated[stated_by or next(iter(place.stated))][0], place.line, cells, problem)


def sale(reading: Reading, sold: str | None, returned: str | None, price: tuple[str, int] | None) -> Cells:
    """Units and value of a sale; the value is net of returns, as it is published."""
    net = minus(sold, returned)
    amount = times(net, *price) if price else None
    if reading.is_net:
        return {"units": net, "amount": amount}
    return {"units": "0" if sold is None else sold, "returned_units": returned, "amount": amount}


def is_by_unit(price: Segment, unit_at: int, measured: set[str]) -> bool:
    """Whether a price is by the units that were counted, as far as both are told."""
    given = {_unit(price, price.element(unit_at))} | {_unit(price, unit) for unit in measured}
    return len(given - {""}) <= 1


def _unit(segment: Segment, text: str) -> str:
    component = segment.marks.component
    return text.split(component)[0] if component else text
