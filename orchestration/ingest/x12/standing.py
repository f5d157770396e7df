"""Whether the lines of a set count at all: its purpose (element 353), and the type of an invoice (element 640).

A copy never counts. A set that takes another one back counts where the contract maps `deleted`, one that replaces
another where the feed does not append.

Belongs here: what a purpose means for lines. Does not belong here: their columns.
"""

from __future__ import annotations

from typing import Final

from orchestration.ingest.x12.items import Scope
from orchestration.ingest.x12.quantities import Problem

#: segment and element that state the purpose of a set
_STATED: Final = {"852": ("XQ", 5), "867": ("BPT", 1), "846": ("BIA", 1), "810": ("BIG", 8)}
_TAKEN_BACK: Final = ("01", "03")
_REPLACES: Final = ("05",)
_COPY: Final = ("07",)
_COPY_OF_AN_INVOICE: Final = ("DU",)


def takes_back(item: Scope) -> bool:
    """Whether the set of a line item takes back what an earlier one said."""
    return _purpose(item) in _TAKEN_BACK


def standing(item: Scope, *, maps_deletions: bool, appends: bool) -> Problem | None:
    """Why the lines of a line item may not count, by its set."""
    purpose, invoice = _purpose(item), item.first("BIG")
    the_set = f"segment {item.header.opening.number}: the set"
    if purpose in _COPY or (invoice and invoice.element(7) in _COPY_OF_AN_INVOICE):
        return "copy", f"{the_set} is a copy of another; ask the partner for the original alone"
    if purpose in _TAKEN_BACK and not maps_deletions:
        cure = "withdraw the delivery that brought it, or map `deleted` in a contract of sell_out"
        return "cancellation", f"{the_set} takes an earlier one back (purpose {purpose}); {cure}"
    if purpose in _REPLACES and appends:
        said = f"{the_set} replaces an earlier one (purpose {purpose}), and the feed appends"
        return "replacement", f"{said}; write `delivery: keyed` or `replace_period`"
    return None


def _purpose(item: Scope) -> str:
    name, place = _STATED[item.header.opening.element(1)]
    stated = item.first(name)
    return stated.element(place) if stated else ""
