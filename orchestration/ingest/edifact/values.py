"""Dates and numbers of EDIFACT in the plain spelling: 2026-07-07, 39.95.

Belongs here: the date formats of code list 2379, the decimal mark.
Does not belong here: which segment a value comes from (`edifact.message`).
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

#: a day, with or without a time: strptime pattern of its day, characters of the day, characters in all
_DAYS: Final = {
    "2": ("%d%m%y", 6, 6),
    "3": ("%m%d%y", 6, 6),
    "4": ("%d%m%Y", 8, 8),
    "5": ("%d%m%Y", 8, 12),
    "101": ("%y%m%d", 6, 6),
    "102": ("%Y%m%d", 8, 8),
    "201": ("%y%m%d", 6, 10),
    "202": ("%y%m%d", 6, 12),
    "203": ("%Y%m%d", 8, 12),
    "204": ("%Y%m%d", 8, 14),
    "205": ("%Y%m%d", 8, 17),
    "301": ("%y%m%d", 6, 13),
    "302": ("%y%m%d", 6, 15),
    "303": ("%Y%m%d", 8, 15),
    "304": ("%Y%m%d", 8, 17),
}


def _year(year: str) -> tuple[date, date]:
    return date(int(year), 1, 1), date(int(year), 12, 31)


def _month(month: str) -> tuple[date, date]:
    first = datetime.strptime(month, "%Y%m").date()
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _week(week: str) -> tuple[date, date]:
    monday = date.fromisocalendar(int(week[:-2]), int(week[-2:]), 1)
    return monday, monday + timedelta(days=6)


#: a year, month or ISO week: characters, what goes before them, its first and last day
_SPANS: Final = {
    "602": (4, "", _year),
    "609": (4, "20", _month),
    "610": (6, "", _month),
    "615": (4, "20", _week),
    "616": (6, "", _week),
}
#: from one to another: the format of both
_PAIRS: Final = {
    "702": "602",
    "709": "609",
    "710": "610",
    "711": "102",
    "713": "201",
    "715": "615",
    "716": "616",
    "717": "101",
    "718": "102",
    "719": "203",
}
#: the format where none is given, by length
_BY_LENGTH: Final = {6: "101", 8: "102", 12: "203", 16: "718"}

#: first and last day; a day alone has no last one
Period = tuple[str, str | None]


@lru_cache(maxsize=4096)
def period(text: str, code: str) -> Period | None:
    """The days that a date of format `code` means; None where it is no such date, or the format is not known."""
    code = code or _BY_LENGTH.get(len(text), "")
    try:
        if code in _PAIRS:
            return _pair(text, _PAIRS[code])
        first, last = _days(text, code)
    except (ValueError, KeyError):
        return None
    return first.isoformat(), last.isoformat() if last else None


def _pair(text: str, code: str) -> Period | None:
    whole = text.replace("-", "", 1)
    first, until = _days(whole[: len(whole) // 2], code), _days(whole[len(whole) // 2 :], code)
    last = until[1] or until[0]
    return (first[0].isoformat(), last.isoformat()) if first[0] <= last else None


def _days(text: str, code: str) -> tuple[date, date | None]:
    if code in _SPANS:
        length, century, span = _SPANS[code]
        _check_digits(text, length, length)
        return span(century + text)
    pattern, day_length, length = _DAYS[code]
    _check_digits(text, day_length, length)
    return datetime.strptime(text[:day_length], pattern).date(), None


def _check_digits(text: str, digits: int, length: int) -> None:
    """strptime alone takes `2026077` for a day."""
    if len(text) != length or not text.isascii() or not text[:digits].isdecimal():
        raise ValueError(text)


_NUMBERS: Final = {mark: re.compile(rf"-?(?:[0-9]+{re.escape(mark)}?[0-9]*|{re.escape(mark)}[0-9]+)") for mark in ".,"}


def plain_number(text: str, mark: str) -> str | None:
    """A number with a decimal point; None where it is none with this decimal mark. There are no thousands marks."""
    if not _NUMBERS[mark].fullmatch(text):
        return None
    return text.replace(",", ".")
