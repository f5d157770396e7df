"""From the segments of one message to its ledger lines: a line item, or a line item at a location.

Three orders are met: locations that hold line items; line items that hold locations, before the quantities of each;
line items whose locations stand behind the quantities. A quantity of a line item beside those of its locations is
their total: it is left out, and the line item is set aside where it differs.

Belongs here: what each segment does; which line items and totals count.
Does not belong here: what becomes a column (`edifact.messages`), envelopes (`edifact.envelope`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

from orchestration.ingest.edifact.item import OpenItem
from orchestration.ingest.edifact.line import Cells, Line, Problem, Terms
from orchestration.ingest.edifact.message import Message
from orchestration.ingest.edifact.order import PACKING, order_of_locations
from orchestration.ingest.edifact.scope import Scope
from orchestration.ingest.edifact.syntax import Delimiters, Parts, component, elements

Scopes = tuple[Scope, ...]

#: functions of a PIA segment whose codes mean the product itself, not one in its place
_SAME_PRODUCT: Final = ("1", "5")
_MOVEMENTS: Final = ("1", "2")
#: locations of a line item, which are in memory together
_MOST_PLACES: Final = 50_000


class LedgerLine(NamedTuple):
    """A ledger line: the number of its segment, its segments, its cells, what is wrong, and whether it is a part."""

    number: int
    text: str
    cells: Cells
    problem: Problem | None
    is_outside: bool


class Items:
    """Takes the segments of a message, and gathers its ledger lines in `found` as they are complete."""

    def __init__(self, message: Message, terms: Terms, met: int, delimiters: Delimiters, number: int) -> None:
        self.found: list[LedgerLine] = []
        self._message = message
        self._terms = terms
        self._mark = terms.decimal or delimiters.decimal
        self._terminator = delimiters.terminator
        self._hold_items, self._are_last = order_of_locations(met, may_be_last=message.has_trailing_locations)
        self._header = Scope(number)
        self._location: Scope | None = None
        self._location_is_new = False
        self._item: OpenItem | None = None
        self._main_counts = False
        self._is_over = False
        self._standing: list[Problem | None] = []

    def take(self, number: int, tag: str, text: str, delimiters: Delimiters) -> None:
        """Take the next segment."""
        if self._is_over and tag != "LIN":
            return
        handler = _HANDLERS.get(tag)
        if handler:
            handler(self, number, elements(text, delimiters))
        self._current().show(text)

    def end(self) -> None:
        """Complete what is open."""
        self._close_item(is_split=False)

    def _current(self) -> Scope:
        return self._item.current if self._item else self._location or self._header

    def _take_item(self, number: int, parts: Parts) -> None:
        is_part = component(parts, 4) == "1"
        self._close_item(is_split=is_part)
        scope = Scope(number)
        code = component(parts, 3)
        scope.facts["LIN"] = (number, ["", component(parts, 1), code])
        if code:
            scope.codes[component(parts, 3, 1)] = code
        self._item = OpenItem(scope, is_part=is_part, are_locations_last=self._are_last, mark=self._mark)
        self._is_over = self._location_is_new = False

    def _take_location(self, number: int, parts: Parts) -> None:
        qualifier = component(parts, 1)
        if qualifier not in self._message.locations:
            if self._item and not self._message.locations:
                self._item.only_parts_follow = True
            return
        name, fact = f"LOC{qualifier}", (number, [qualifier, component(parts, 2)])
        if self._hold_items:
            if not (self._location and self._location_is_new and name not in self._location.facts):
                self._close_item(is_split=False)
                self._location, self._location_is_new = Scope(number), True
            self._location.facts[name] = fact
        elif self._item:
            self._item.locate(number, name, fact)
            if len(self._item.places) > _MOST_PLACES:
                self._item.is_too_wide = True
                self._add_places(self._item, is_outside=False)
        else:
            self._header.facts.setdefault(name, fact)

    def _take_quantity(self, number: int, parts: Parts) -> None:
        name = f"QTY{component(parts, 1)}"
        if self._item and len(parts) > 1:
            self._item.add_quantity(name, (number, parts[1]), is_wanted=name in self._message.facts)

    def _take_inventory(self, number: int, parts: Parts) -> None:
        if self._item:
            self._item.inventory((number, []), is_movement=component(parts, 1) in _MOVEMENTS)

    def _take_packing(self, _number: int, _parts: Parts) -> None:
        if self._item:
            self._item.pack()

    def _take_detail(self, number: int, _parts: Parts) -> None:
        if self._item:
            self._item.detail((number, []))

    def _take_allowance(self, _number: int, _parts: Parts) -> None:
        if self._item:
            self._item.only_parts_follow = True

    def _take_product_codes(self, _number: int, parts: Parts) -> None:
        if self._item and component(parts, 1) in _SAME_PRODUCT:
            for code in parts[2:]:
                if len(code) > 1 and code[0].strip():
                    self._item.scope.codes.setdefault(code[1].strip(), code[0].strip())

    def _take_label(self, number: int, parts: Parts) -> None:
        label = " ".join(parts[3][3:5]).strip() if len(parts) > 3 else ""
        if label:
            self._current().facts.setdefault("IMD", (number, ["", label]))

    def _take_beginning(self, number: int, parts: Parts) -> None:
        begins = [component(parts, 1), component(parts, 2), component(parts, 3)]
        self._header.facts.setdefault("BGM", (number, begins))

    def _take_party(self, number: int, parts: Parts) -> None:
        name = f"NAD{component(parts, 1)}"
        if name in self._message.facts:
            self._current().facts.setdefault(name, (number, ["", component(parts, 2)]))

    def _take_fact(self, number: int, parts: Parts) -> None:
        name = f"{parts[0][0]}{component(parts, 1)}"
        if name in self._message.facts:
            self._current().facts.setdefault(name, (number, parts[1]))

    def _take_section(self, _number: int, parts: Parts) -> None:
        if parts[0][0] == "CNT" or component(parts, 1) == "S":
            self._close_item(is_split=False)
            self._is_over = True

    def _close_item(self, *, is_split: bool) -> None:
        """Complete the open line item. `is_split`: a sub-line of it comes next."""
        item, self._item = self._item, None
        if item is None:
            return
        item.close_place()
        units, only = self._message.units, (item.scope,)
        if not item.is_part:
            self._main_counts = not is_split or any(scope.states(units) for scope in (item.scope, *item.places))
        is_outside = self._main_counts if item.is_part else not self._main_counts
        if not item.places and not item.is_too_wide:
            self._add(only, only, is_outside)
            return
        shared = only if len(item.places) == 1 and not item.is_too_wide else ()
        total = self._units(only, only)
        located = None if total is None else self._located(item)
        problem = None
        if total is not None and located is None and not shared:
            self._add(only, only, is_outside)
        elif total is not None and located is not None and total != located:
            said = f"segment {item.scope.number}: the line item says {total}, its locations sum to {located}"
            problem = "quantity", f"{said}; ask the partner which one holds"
        self._add_places(item, is_outside, shared, problem)

    def _located(self, item: OpenItem) -> Decimal | None:
        """What the locations of a line item sum to; None where none states a quantity."""
        stated = [self._units((place, item.scope), (place,)) for place in item.places]
        known = [units for units in stated if units is not None]
        return sum(known, Decimal(0)) if known else None

    def _units(self, inner: Scopes, own: Scopes) -> Decimal | None:
        return self._line(inner, own).quantity(self._message.units)

    def _add_places(
        self, item: OpenItem, is_outside: bool, shared: Scopes = (), problem: Problem | None = None
    ) -> None:
        """Add the locations of a line item; what is `shared` with the line item counts as their own."""
        if item.is_too_wide:
            said = f"segment {item.scope.number}: the line item has more than {_MOST_PLACES} locations"
            problem = "quantity", f"{said}; ask the partner to send them location by location"
        for place in item.places:
            self._add((place, item.scope), (place, *shared), is_outside, problem)
        item.places.clear()

    def _line(self, inner: Scopes, own: Scopes) -> Line:
        outer = (self._location, self._header) if self._location else (self._header,)
        return Line((*inner, *outer), own, self._terms, self._mark)

    def _add(self, inner: Scopes, own: Scopes, is_outside: bool, problem: Problem | None = None) -> None:
        if not self._standing:
            self._standing.append(self._message.standing(self._header, self._terms))
        line = self._line(inner, own)
        for scope in own:
            if "INV" in scope.facts:
                line.blame("movement", scope.facts["INV"], "the quantity is a movement (INV), no stock on hand")
        cells = self._message.fill(line)
        texts = [text for scope in reversed(inner) for text in scope.texts]
        shown = self._terminator.join(texts) + self._terminator
        problem = self._standing[0] or problem or line.problem
        self.found.append(LedgerLine(inner[0].number, shown, cells, problem, is_outside))


_HANDLERS: Final[dict[str, Callable[[Items, int, Parts], None]]] = {
    "LIN": Items._take_item,
    "LOC": Items._take_location,
    "QTY": Items._take_quantity,
    "INV": Items._take_inventory,
    "PIA": Items._take_product_codes,
    "IMD": Items._take_label,
    "BGM": Items._take_beginning,
    "NAD": Items._take_party,
    "ALC": Items._take_allowance,
    **dict.fromkeys(("GIN", "MKS"), Items._take_detail),
    **dict.fromkeys(PACKING, Items._take_packing),
    **dict.fromkeys(("DTM", "MOA", "PRI", "RFF", "CUX"), Items._take_fact),
    **dict.fromkeys(("UNS", "CNT"), Items._take_section),
}
