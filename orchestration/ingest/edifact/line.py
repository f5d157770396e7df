"""One ledger line of a message, and how its facts are looked up: from the innermost stretch that states one, outwards.

A fact is named by segment and qualifier: `QTY153` is the quantity of a QTY segment with qualifier 153.

Belongs here: looking up, quantities that are a total and its parts, what a contract asks.
Does not belong here: which facts fill which column (`edifact.message`), where scopes begin and end (`edifact.items`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from orchestration.contracts.model import Contract
from orchestration.ingest.edifact.scope import DETAIL, Fact, Scope, value
from orchestration.ingest.edifact.syntax import RESEND
from orchestration.ingest.edifact.values import Period, period, plain_number

Problem = tuple[str, str]
Cells = list[str | None]

#: product codes to take where the contract does not order them: GTINs first, then the brand's own, then the partner's
_PRODUCT_QUALIFIERS: Final = ("SRV", "EN", "UP", "SA", "MF", "VN", "IN", "BP")


@dataclass(frozen=True)
class Terms:
    """What a contract asks of the lines of a message."""

    product_qualifiers: tuple[str, ...]
    decimal: str | None
    maps_returns: bool
    maps_deletions: bool
    appends: bool


def terms_of(contract: Contract) -> Terms:
    """What the contract asks of lines."""
    server = contract.server
    mapped = {mapping.name for mapping in contract.mappings}
    return Terms(
        product_qualifiers=server.product_qualifiers,
        decimal=server.decimal if "decimal" in server.model_fields_set else None,
        maps_returns="returned_units" in mapped,
        maps_deletions="deleted" in mapped,
        appends=contract.delivery == "append",
    )


class Line:
    """A ledger line: its scopes from the innermost outwards, and the first thing that is wrong with it.

    Quantities and amounts are taken from its `own` scopes only: outer ones state them for several lines together.
    """

    __slots__ = ("mark", "own", "problem", "scopes", "terms")

    def __init__(self, scopes: tuple[Scope, ...], own: tuple[Scope, ...], terms: Terms, mark: str) -> None:
        self.scopes = scopes
        self.own = own
        self.terms = terms
        self.mark = mark
        self.problem: Problem | None = None

    def preferred(self, facts: Iterable[str]) -> Fact | None:
        """The first of the facts that any scope states."""
        for fact in facts:
            for scope in self.scopes:
                if fact in scope.facts:
                    return scope.facts[fact]
        return None

    def innermost(self, facts: Iterable[str]) -> Fact | None:
        """One of the facts from the innermost scope that states any."""
        for scope in self.scopes:
            for fact in facts:
                if fact in scope.facts:
                    return scope.facts[fact]
        return None

    def product(self) -> str | None:
        """The product code, in the order of the contract or of this reader; then whatever the line item names."""
        stated = self.terms.product_qualifiers
        for qualifier in stated or _PRODUCT_QUALIFIERS:
            for scope in self.own:
                if code := scope.codes.get(qualifier):
                    return code
        return None if stated else value(self.preferred(("LIN",)), 2)

    def period(self, *choices: tuple[str, str]) -> tuple[str | None, str | None]:
        """First and last day, from the innermost scope that states one of the choices of (first, last) facts."""
        for scope in self.scopes:
            for first, last in choices:
                begins, ends = scope.facts.get(first), scope.facts.get(last)
                if begins is None and ends is None:
                    continue
                begin, end = self._days(begins), self._days(ends)
                return begin[0], (end[1] or end[0]) if ends is not begins else end[1]
        return None, None

    def day(self, facts: Iterable[str]) -> str | None:
        """The day that the first of the facts means; of a period, its last."""
        first, last = self._days(self.preferred(facts))
        return last or first

    def _days(self, fact: Fact | None) -> Period | tuple[None, None]:
        text = value(fact)
        if fact is None or text is None:
            return None, None
        code = value(fact, 2) or ""
        days = period(text, code)
        if days is None:
            self.blame("not_a_date", fact, f"{text} is not a date of format {code or '102'}")
            return None, None
        return days

    def quantity(self, facts: Iterable[str]) -> Decimal | None:
        """The first of the quantities that an own scope states. Parts of a total are not added to it."""
        for fact in facts:
            for scope in self.own:
                if fact in scope.facts:
                    return self._total(scope, fact)
        return None

    def _total(self, scope: Scope, fact: str) -> Decimal | None:
        found = scope.facts[fact]
        first, rest = self.number(found), scope.repeats.get(fact)
        if first is None or rest is None:
            return first
        are_parts = rest.count > 1 and rest.total == first and DETAIL not in scope.facts
        are_packed = scope.is_packed and rest.total is not None and rest.total <= first
        if not are_parts and not are_packed:
            sums = f"{rest.count} more, that sum to {rest.total}" if rest.total is not None else f"{rest.count} more"
            what = f"quantity {fact[3:]} is {first}, and there are {sums}: neither a total with its parts nor one"
            self.blame("quantity", found, f"{what}; ask the partner for one a line item and location")
        return first

    def amount(self, facts: Iterable[str]) -> tuple[Decimal | None, str | None]:
        """The first of the amounts that an own scope states, and its currency where the amount itself names one."""
        for fact in facts:
            for scope in self.own:
                if found := scope.facts.get(fact):
                    return self.number(found), value(found, 2)
        return None, None

    def price(self, facts: Iterable[str]) -> Decimal | None:
        """The price of one unit, by the first of the facts that any scope states."""
        fact = self.preferred(facts)
        price = self.number(fact)
        basis = self.number((fact[0], ["", *fact[1][4:5]])) if fact else None
        return price / basis if price is not None and basis else price

    def number(self, fact: Fact | None) -> Decimal | None:
        """The value of a fact as a number."""
        text = value(fact)
        if fact is None or text is None:
            return None
        number = plain_number(text, self.mark)
        if number is None:
            self.blame("not_a_number", fact, f"{text} is not a number with decimal mark {self.mark}; {RESEND}")
            return None
        return Decimal(number)

    def blame(self, code: str, fact: Fact, what: str) -> None:
        """Say what is wrong with the line, unless something was said before."""
        if self.problem is None:
            self.problem = (code, f"segment {fact[0]}: {what}")
