"""An open line item: its quantities and amounts, and those of each of its locations, until the next line item comes.

Belongs here: where a location of a line item begins and ends, which quantities count at all.
Does not belong here: locations that hold line items, ledger lines (`edifact.items`).
"""

from __future__ import annotations

from orchestration.ingest.edifact.scope import DETAIL, Fact, Scope


class OpenItem:
    """A line item and the locations met in it.

    scope                   what it says for all its locations
    is_part                 it is a sub-line of the line item before
    places                  its locations so far, the open one left out
    is_too_wide             it had more locations than are kept together
    only_parts_follow       quantities from here on split a total that was given
    """

    def __init__(self, scope: Scope, *, is_part: bool, are_locations_last: bool, mark: str) -> None:
        self.scope = scope
        self.is_part = is_part
        self.places: list[Scope] = []
        self.is_too_wide = False
        self.only_parts_follow = False
        self._are_locations_last = are_locations_last
        self._mark = mark
        self._place: Scope | None = None
        self._is_located = not are_locations_last
        self._has_quantity = False
        self._opens_groups: bool | None = None
        self._is_moving = False
        self._counts = False

    @property
    def current(self) -> Scope:
        """What a fact met now belongs to."""
        return self._place or self.scope

    def locate(self, number: int, name: str, fact: Fact) -> None:
        """A location begins, or stands behind its quantities; a second one for the same is kept beside the first."""
        place = self._place
        if self._are_locations_last:
            if place is None:
                self.scope.facts.setdefault(name, fact)
                return
            if not self._is_located:
                place.number, self._is_located = number, True
        elif place is None or self._has_quantity or name in place.facts:
            self.close_place()
            place = self._place = Scope(number)
            self._has_quantity = False
        place.facts.setdefault(name, fact)

    def add_quantity(self, name: str, fact: Fact, *, is_wanted: bool) -> None:
        """A quantity; where locations stand last, one of a kind that is there already begins the next group."""
        self._opens_groups = bool(self._opens_groups)
        self._counts = is_wanted and not self.only_parts_follow and not self._is_moving
        if not self._counts:
            return
        if self._are_locations_last:
            if self._place and (self._is_located or name in self._place.facts):
                self.close_place()
            if self._place is None:
                self._place = Scope(fact[0])
        self.current.add_quantity(name, fact, self._mark)
        self._has_quantity = True

    def inventory(self, fact: Fact, *, is_movement: bool) -> None:
        """INV before any quantity opens groups of them (D.01B); else it speaks of the quantity before it (D.96A)."""
        if self._opens_groups is None:
            self._opens_groups = True
        if self._opens_groups:
            self._is_moving = is_movement
            if self._are_locations_last:
                self.close_place()
        elif is_movement and self._counts:
            self.current.facts.setdefault("INV", fact)

    def detail(self, fact: Fact) -> None:
        """A batch or a market: a quantity that has one is no total of those behind it."""
        if self._has_quantity and not self.current.repeats:
            self.current.facts.setdefault(DETAIL, fact)

    def pack(self) -> None:
        """Packing detail: behind a quantity, further ones of its kind are its parts."""
        self.current.is_packed |= self._has_quantity

    def close_place(self) -> None:
        """Keep the open location.

        Quantities that no location came behind go back to the line item; packing detail, to the location before.
        """
        place, self._place = self._place, None
        if place is None:
            return
        if self._is_located:
            self.places.append(place)
            self._is_located = not self._are_locations_last
            return
        before = self.places[-1] if self.places else None
        is_packing = before is not None and (place.is_packed or before.is_packed)
        (before if before and is_packing else self.scope).take_in(place, self._mark)
