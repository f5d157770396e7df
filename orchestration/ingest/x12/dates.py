"""Dates of X12 in the plain spelling: CCYYMMDD, YYMMDD, and the periods that date qualifiers (element 374) speak of.

A text that is no date is handed on as it came, for the casts to name it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from orchestration.ingest.x12.items import Scope
from orchestration.ingest.x12.segments import Segment

#: days on which something was sold, in order of preference: sold, invoice, shipped, delivered
_SOLD: Final = ("006", "003", "011", "035")
#: first and last day of a period: report, period, service period, start and end
_RANGES: Final = (("090", "091"), ("193", "194"), ("150", "151"), ("196", "197"))
#: last day of a week, month, quarter
_ENDINGS: Final = ("173", "174", "327")
#: days that stand in for the day of sale: purchase order, effective, report period, report
_ELSE: Final = ("004", "007", "582", "585")
#: days of a count of stock: inventory, effective, report end, period end, report start, report
_COUNTED: Final = ("184", "007", "091", "194", "090", "585")

Period = tuple[str | None, str | None]


def iso(text: str) -> str:
    """CCYYMMDD or YYMMDD as an ISO date; years 70 to 99 of two digits are of the last century."""
    if len(text) == 6 and text.isdigit():
        text = ("19" if text >= "70" else "20") + text
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text


def sold_in(item: Scope) -> Period:
    """First and last day on which a line item was sold: a day, or a period that the set reports on."""
    for scope in item.outwards():
        dates = {qualifier: segment for (name, qualifier), segment in scope.qualified.items() if name == "DTM"}
        if dates and (found := _sold_by(dates)):
            return found
    return None, None


def _sold_by(dates: dict[str, Segment]) -> Period | None:
    for qualifier in _SOLD:
        if qualifier in dates:
            return _period(dates[qualifier])
    for first, last in _RANGES:
        if first in dates:
            return _period(dates[first])[0], _period(dates[last])[0] if last in dates else None
    for qualifier in _ENDINGS:
        if qualifier in dates:
            return _ended(qualifier, _period(dates[qualifier])[0])
    return next((_period(dates[qualifier]) for qualifier in _ELSE if qualifier in dates), None)


def counted_on(item: Scope) -> str | None:
    """The day of a count of stock."""
    found = item.nearest("DTM", _COUNTED)
    return _period(found)[0] if found else None


def day_of(item: Scope, qualifier: str) -> str | None:
    """The day of one qualifier."""
    found = item.nearest("DTM", (qualifier,))
    return _period(found)[0] if found else None


def _period(segment: Segment) -> Period:
    """The day of a DTM (DTM02, or DTM06 as D8), or its first and last day (RD8)."""
    if text := segment.element(2):
        return iso(text), None
    first, _, last = segment.element(6).partition("-")
    return iso(first.strip()) or None, iso(last.strip()) or None


def _ended(qualifier: str, last: str | None) -> Period:
    try:
        end = date.fromisoformat(last or "")
        week_start = end - timedelta(days=6)
    except (ValueError, OverflowError):
        return last, None
    month_start = end.replace(day=1)
    starts = {"173": week_start, "174": month_start, "327": month_start.replace(month=end.month - (end.month - 1) % 3)}
    return starts[qualifier].isoformat(), end.isoformat()
