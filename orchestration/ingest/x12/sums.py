"""Sums with numbers that are text, as the rows hold them.

A text that is no number is handed on in the place of a result, for the casts to name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

_NUMBER = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)")


def total(quantities: Iterable[str]) -> str | None:
    """The sum of quantities; None where all are blank."""
    given = [quantity for quantity in quantities if quantity]
    if len(given) < 2:
        return given[0] if given else None
    if (strange := _first_that_is_no_number(given)) is not None:
        return strange
    return _text(sum(map(Decimal, given), Decimal()))


def minus(quantity: str | None, other: str | None) -> str | None:
    """The difference; what is not given takes nothing away, and is taken from as nothing."""
    if other is None:
        return quantity
    given = [other] if quantity is None else [quantity, other]
    if (strange := _first_that_is_no_number(given)) is not None:
        return strange
    return _text(Decimal(quantity or 0) - Decimal(other))


def times(quantity: str | None, price: str | None, units_of_the_price: int = 1) -> str | None:
    """Quantity x price; None where one of them is not given, or the quantity is no number."""
    if not price or quantity is None or not _NUMBER.fullmatch(quantity):
        return None
    if not _NUMBER.fullmatch(price):
        return price
    return _text(Decimal(quantity) * Decimal(price) / units_of_the_price)


def _first_that_is_no_number(texts: Iterable[str]) -> str | None:
    return next((text for text in texts if not _NUMBER.fullmatch(text)), None)


def _text(number: Decimal) -> str:
    return format(number, "f")


def are_equal(quantity: str | None, other: str | None) -> bool:
    """Whether both are given, and are one number."""
    return _are_numbers(quantity, other) and Decimal(quantity or 0) == Decimal(other or 0)


def differ(quantity: str | None, other: str | None) -> bool:
    """Whether both are given, and are two numbers."""
    return _are_numbers(quantity, other) and not are_equal(quantity, other)


def _are_numbers(*texts: str | None) -> bool:
    return all(text and _NUMBER.fullmatch(text) for text in texts)
