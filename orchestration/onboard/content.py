"""What values look like: dates, numbers and their marks, codes with a check digit.

Belongs here: tests on the values of one column. Does not belong here: names of columns (`guess`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from stdnum import ean

#: formats of the contract and of Python, most likely first
DATE_FORMATS = {
    "yyyy-MM-dd": "%Y-%m-%d",
    "dd/MM/yyyy": "%d/%m/%Y",
    "MM/dd/yyyy": "%m/%d/%Y",
    "dd.MM.yyyy": "%d.%m.%Y",
    "dd-MM-yyyy": "%d-%m-%Y",
    "yyyyMMdd": "%Y%m%d",
    "yyyy/MM/dd": "%Y/%m/%d",
    "dd/MM/yy": "%d/%m/%y",
    "MM/dd/yy": "%m/%d/%y",
    "dd.MM.yy": "%d.%m.%y",
}
_BLANKS = " \u00a0\u202f\u2009"
_NUMBER = re.compile(rf"\(?[-+]?\d+(?:[{_BLANKS}.,']\d+)*\)?-?")
_FINESS = re.compile(r"[0-9][0-9AB][0-9]{7}")
_CIP7 = re.compile(r"[2-6]\d{6}")


def marks_of(cells: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Words `decimal` and `thousands` by the numbers among the cells, each with a cell that shows it."""
    found: dict[str, tuple[str, str]] = {}
    numbers = [cell for cell in cells if _NUMBER.fullmatch(cell) and re.search(rf"\d[{_BLANKS}.,']\d", cell)]
    for cell in numbers:
        if grouped := re.search(rf"\d([{_BLANKS}.,'])\d{{3}}([.,])\d+", cell):
            if grouped[1] != grouped[2]:
                found.setdefault("thousands", (" " if grouped[1] in _BLANKS else grouped[1], f"as in {cell}"))
                found.setdefault("decimal", (grouped[2], f"as in {cell}"))
        elif spaced := re.search(rf"\d([{_BLANKS}'])\d{{3}}(?!\d)", cell):
            found.setdefault("thousands", (" " if spaced[1] in _BLANKS else spaced[1], f"as in {cell}"))
    for mark in (",", "."):
        shown = next(
            (cell for cell in numbers if re.fullmatch(rf"\(?[-+]?\d+\{mark}(\d{{1,2}}|\d{{4,}})\)?-?", cell)), ""
        )
        if shown and (mark == "," or "decimal" not in found):
            found.setdefault("decimal", (mark, f"as in {shown}"))
    return found


@dataclass(frozen=True)
class Content:
    """What the sampled values of a column look like."""

    values: tuple[str, ...]
    decimal: str = "."
    thousands: str = ""

    @cached_property
    def date_formats(self) -> list[str]:
        """Formats that every value follows; several where day and month cannot be told apart."""
        return [written for written, pattern in DATE_FORMATS.items() if self._all_parse(pattern)]

    def _all_parse(self, pattern: str) -> bool:
        return bool(self.values) and all(_parsed(value, pattern) for value in set(self.values))

    @cached_property
    def is_moment(self) -> bool:
        """Whether every value is an ISO date or moment."""
        return bool(self.values) and all(_moment(value) for value in set(self.values))

    def days(self) -> list[date]:
        """The distinct days of a column of dates, in order."""
        if self.date_formats:
            pattern = DATE_FORMATS[self.date_formats[0]]
            return sorted({day for value in set(self.values) if (day := _parsed(value, pattern))})
        return sorted({day for value in set(self.values) if (day := _moment(value))})

    @cached_property
    def numbers(self) -> list[float]:
        """The values as numbers, or none where one is not."""
        read: list[float] = []
        for value in self.values:
            plain = value.translate(str.maketrans("", "", _BLANKS + (self.thousands if self.thousands != " " else "")))
            plain = plain.replace(self.decimal, ".")
            plain = f"-{plain[1:-1]}" if plain.startswith("(") else f"-{plain[:-1]}" if plain.endswith("-") else plain
            try:
                read.append(float(plain))
            except ValueError:
                return []
        return read

    @property
    def is_whole(self) -> bool:
        """Whether every value is a whole number."""
        return bool(self.numbers) and all(number.is_integer() for number in self.numbers)

    def codes(self) -> tuple[str, float] | None:
        """The kind of code that most values are, and the share of those that are one."""
        kinds = Counter(kind for value in self.values if (kind := _kind_of_code(value)))
        if not kinds or len(set(self.values)) < min(3, len(self.values)):
            return None
        kind, count = kinds.most_common(1)[0]
        return kind, count / len(self.values)


def _parsed(value: str, pattern: str) -> date | None:
    try:
        return datetime.strptime(value, pattern).date()
    except ValueError:
        return None


def _moment(value: str) -> date | None:
    try:
        return datetime.fromisoformat(value).date() if len(value) >= 10 and value[4:5] == "-" else None
    except ValueError:
        return None


def _kind_of_code(value: str) -> str | None:
    digits = value.zfill(14) if value.isdigit() and len(value) in (8, 12, 13, 14) else ""
    if digits and ean.is_valid(digits):
        return "CIP13" if value.startswith("3400") and len(value) == 13 else "GTIN"
    if _FINESS.fullmatch(value):
        return "FINESS"
    return "CIP7" if _CIP7.fullmatch(value) else None
