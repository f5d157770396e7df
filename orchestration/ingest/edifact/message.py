"""What a message type is, and what holds for all: its function (1225), and how numbers are written.

Belongs here: the form of a message type. Does not belong here: any of them (`edifact.sell_out` and the like).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from orchestration.ingest.edifact.line import Cells, Line, Problem, Terms
from orchestration.ingest.edifact.scope import Scope, value

Facts = tuple[str, ...]

#: functions of a message that takes an earlier one back
TAKEN_BACK: Final = ("1", "3")
_REPLACED: Final = ("5",)
_COPIES: Final = ("7", "31")
_SHARED: Final = ("BGM", "LIN", "IMD", "DTM137", "CUX2", "MOA203")


@dataclass(frozen=True)
class Message:
    """A message type.

    columns                 columns that it gives, in order
    fill                    the cells of a ledger line
    standing                why the lines of a message may not count, by its beginning
    units                   the quantity that a line item is about, in order of preference
    facts                   all facts that are looked at
    locations               LOC qualifiers that name the location of lines; none: LOC only splits a total
    has_trailing_locations  a LOC may stand behind the quantity that it is for
    """

    name: str
    kind: str
    columns: Facts
    fill: Callable[[Line], Cells]
    standing: Callable[[Scope, Terms], Problem | None]
    units: Facts
    facts: frozenset[str]
    locations: frozenset[str] = frozenset()
    has_trailing_locations: bool = False


def function_of(header: Scope) -> str | None:
    """The function of a message: 9 for an original."""
    return value(header.facts.get("BGM"), 2)


def standing_by_function(header: Scope, terms: Terms) -> Problem | None:
    """Why the lines of a message may not count, by its function."""
    begins, function = header.facts.get("BGM"), function_of(header)
    said = f"segment {begins[0] if begins else header.number}: the message {{}} (function {function})"
    if function in _COPIES:
        return "copy", f"{said.format('is a copy of another')}; ask the partner for the original alone"
    if function in TAKEN_BACK:
        return "cancellation", f"{said.format('takes an earlier one back')}; withdraw the delivery that brought it"
    if function in _REPLACED and terms.appends:
        said = said.format("replaces an earlier one")
        return "replacement", f"{said}, and the feed appends; write `delivery: keyed` or `replace_period`"
    return None


def facts_of(*groups: Facts) -> frozenset[str]:
    """All facts of some groups, and those that every message has."""
    return frozenset(fact for group in (*groups, _SHARED) for fact in group)


def text_of(number: Decimal | None) -> str | None:
    """A number in the plain spelling."""
    return None if number is None else format(number, "f")
