"""In which order a message names line items, their locations and their quantities; told only by the whole of it.

Belongs here: the orders, and what tells them apart. Does not belong here: what is made of them (`edifact.items`).
"""

from __future__ import annotations

from typing import Final

#: what was met in a message, one bit each
_LOCATION_FIRST: Final = 1
_QUANTITY_BEHIND_LOCATION: Final = 2
_ITEM_ENDS_WITH_LOCATION: Final = 4
_MESSAGE_ENDS_WITH_LOCATION: Final = 8
_ITEM_BEGINS_WITH_LOCATION: Final = 16

#: segments behind which quantities of a line item are those of its packages
PACKING: Final = ("CPS", "PAC", "PCI")


class OrderMet:
    """Takes the tags of a message one by one; LOC only where it names the location of lines."""

    __slots__ = ("_has_item", "_is_packing", "_last", "_met")

    def __init__(self) -> None:
        self._met = 0
        self._last = ""
        self._has_item = False
        self._is_packing = False

    def take(self, tag: str) -> None:
        """Take the next tag."""
        if tag == "QTY" and not self._is_packing:
            if self._last == "LOC":
                self._met |= _QUANTITY_BEHIND_LOCATION
            self._last = tag
        elif tag == "LIN":
            if self._last == "LOC" and self._has_item:
                self._met |= _ITEM_ENDS_WITH_LOCATION
            self._last, self._has_item, self._is_packing = tag, True, False
        elif tag == "LOC":
            if not self._has_item:
                self._met |= _LOCATION_FIRST
            elif self._last == "LIN":
                self._met |= _ITEM_BEGINS_WITH_LOCATION
            self._last, self._is_packing = tag, False
        elif tag in PACKING:
            self._is_packing = True

    def met(self) -> int:
        """What was met, as bits."""
        ends = self._last == "LOC" and self._has_item
        return self._met | (_MESSAGE_ENDS_WITH_LOCATION if ends else 0)


def order_of_locations(met: int, *, may_be_last: bool) -> tuple[bool, bool]:
    """Whether locations hold line items, and whether those of a line item stand behind their quantities.

    `may_be_last`: the message knows locations behind quantities.
    """
    ends = may_be_last and bool(met & _MESSAGE_ENDS_WITH_LOCATION)
    if met & _LOCATION_FIRST and not met & _QUANTITY_BEHIND_LOCATION and not ends:
        return True, False
    if met & _ITEM_BEGINS_WITH_LOCATION:
        return False, False
    return False, ends or (may_be_last and bool(met & _ITEM_ENDS_WITH_LOCATION))
