"""Readers of values: each turns what a contract says into a typed value, or reports why it cannot.

Belongs here: values that mean the same wherever they stand (dates, choices, time zones, patterns).
Does not belong here: which word takes which value (`words`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo, available_timezones

from orchestration.contracts.document import Document, Place
from orchestration.contracts.problems import Report, closest, write_one_of
from orchestration.contracts.sql import expression_error

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1250", "cp437", "cp850", "latin-1", "iso8859-15")


@dataclass(frozen=True)
class Entry:
    """A value to be read: the word that holds it, and where it stands in which document."""

    word: str
    value: Any
    place: Place
    document: Document

    @property
    def text(self) -> str:
        """The value as written; numbers keep their zeros."""
        return self.document.texts.get(self.place, str(self.value))

    def inner(self, step: str | int, word: str | None = None) -> Entry:
        """Return the entry of a part of a list or mapping."""
        return Entry(word or self.word, self.value[step], (*self.place, step), self.document)


#: reads an entry; reports and returns None if it cannot
Reader = Callable[[Entry, Report], Any]


def text(entry: Entry, report: Report) -> str | None:
    """Read text; a number is taken as written, so that `0012` keeps its zeros."""
    if isinstance(entry.value, str) and entry.value.strip():
        return entry.value
    if isinstance(entry.value, int | float) and not isinstance(entry.value, bool):
        return entry.text
    if isinstance(entry.value, bool):
        report.error(entry.place, f"`{entry.word}` reads as true or false", f'Quote it: "{entry.text}"')
    else:
        report.error(entry.place, f"`{entry.word}` is not text", "Write text, or remove the word")
    return None


def choice_of(literal: Any) -> Reader:
    """Make a reader of one of the words of a `Literal`."""
    allowed = get_args(literal)

    def choice(entry: Entry, report: Report) -> str | None:
        if entry.value in allowed:
            return str(entry.value)
        report.error(entry.place, f"unknown {entry.word} `{entry.text}`", write_one_of(entry.value, allowed))
        return None

    return choice


def whole(entry: Entry, report: Report, minimum: int = 0) -> int | None:
    """Read a whole number, written as a number or as text."""
    is_whole = not isinstance(entry.value, bool) and re.fullmatch(r"[+-]?\d+", str(entry.value))
    if is_whole and int(entry.value) >= minimum:
        return int(entry.value)
    report.error(
        entry.place, f"`{entry.word}` is not a whole number from {minimum}", f"Write a whole number, {minimum} or more"
    )
    return None


def share(entry: Entry, report: Report) -> float | None:
    """Read a share from 0 to 1, written as a number or as text."""
    try:
        number = float(entry.value) if not isinstance(entry.value, bool) else -1.0
    except (TypeError, ValueError):
        number = -1.0
    if 0 <= number <= 1:
        return number
    cure = f"Write {number / 100:g}" if 1 < number <= 100 else "Write 0.02 for 2%"
    report.error(entry.place, f"`{entry.word}` is not a share from 0 to 1", cure)
    return None


def day(entry: Entry, report: Report) -> date | None:
    """Read a date, `yyyy-MM-dd`."""
    if isinstance(entry.value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", entry.value):
        try:
            return date.fromisoformat(entry.value)
        except ValueError:
            pass  # a day that no month has: told below
    report.error(entry.place, f"`{entry.word}` is no date: {entry.text}", 'Write it as "yyyy-MM-dd", quoted')
    return None


def timezone(entry: Entry, report: Report) -> str | None:
    """Read a name of the IANA time zone database."""
    try:
        ZoneInfo(str(entry.value))
    except (KeyError, ValueError, OSError):  # OSError: `Europe` is a folder of the database
        match = closest(str(entry.value), sorted(available_timezones()))
        cure = f"Did you mean `{match}`?" if match else "Write an IANA name such as Europe/Paris"
        report.error(entry.place, f"unknown time zone `{entry.text}`", cure)
        return None
    return str(entry.value)


def holiday_calendar(entry: Entry, report: Report) -> str | None:
    """Read a country of the `holidays` package, with a subdivision after a hyphen (`GB-ENG`)."""
    import holidays  # costs 70 ms, and few contracts name a country

    if entry.value is False:
        report.error(entry.place, "`holidays` reads as true or false", f'Quote it: "{entry.text}"')
        return None
    countries = holidays.list_supported_countries(include_aliases=True)
    country, _, part = str(entry.value).partition("-")
    if country not in countries:
        cure = f"Write `{country.upper()}`" if country.upper() in countries else "Write an ISO 3166 code such as FR"
        report.error(entry.place, f"no holidays are known for the country `{country}`", cure)
        return None
    if part and part not in countries[country]:
        report.error(
            entry.place,
            f"no holidays are known for the part `{part}` of {country}",
            write_one_of(part, countries[country]) if countries[country] else f"Write `{country}`",
        )
        return None
    return str(entry.value)


def currency(entry: Entry, report: Report) -> str | None:
    """Read an ISO 4217 code."""
    if isinstance(entry.value, str) and re.fullmatch("[A-Z]{3}", entry.value):
        return entry.value
    upper = str(entry.value).upper()
    cure = f"Write `{upper}`" if re.fullmatch("[A-Z]{3}", upper) else "Write an ISO 4217 code such as EUR"
    report.error(entry.place, f"`{entry.text}` is no currency code", cure)
    return None


def encoding(entry: Entry, report: Report) -> str | None:
    """Read the name of a text encoding."""
    try:
        if isinstance(entry.value, str):
            "".encode(entry.value)  # refuses codecs that are no text encoding, such as rot13
            codecs.lookup(entry.value)
            return entry.value
    except (LookupError, ValueError):
        pass  # told below
    report.error(entry.place, f"unknown encoding `{entry.text}`", write_one_of(str(entry.value), _ENCODINGS))
    return None


def one_character(entry: Entry, report: Report) -> str | None:
    """Read a single character."""
    if isinstance(entry.value, str) and len(entry.value) == 1:
        return entry.value
    cure = 'Write "\\t" in double quotes' if entry.value in ("\\t", "tab") else "Write one character, quoted"
    report.error(entry.place, f"`{entry.word}` is not one character", cure)
    return None


def character_or_none(entry: Entry, report: Report) -> str | None:
    """Read a single character, or the empty text for none."""
    return "" if entry.value == "" else one_character(entry, report)


def texts(entry: Entry, report: Report) -> tuple[str, ...]:
    """Read a list of texts; a single text is a list of one."""
    if not isinstance(entry.value, list):
        found = text(entry, report)
        return (found,) if found is not None else ()
    read = [text(entry.inner(position), report) for position in range(len(entry.value))]
    return tuple(item for item in read if item is not None)


def closed_days(entry: Entry, report: Report) -> tuple[tuple[int, ...], tuple[date, ...]]:
    """Read weekday names and dates, mixed: ISO weekday numbers (1: Monday) and dates, each in order."""
    weekdays: set[int] = set()
    dates: set[date] = set()
    single = not isinstance(entry.value, list)
    for item in [entry] if single else [entry.inner(position) for position in range(len(entry.value))]:
        if item.value in WEEKDAYS:
            weekdays.add(WEEKDAYS.index(item.value) + 1)
        elif item.text[:1].isdigit():
            if (found := day(item, report)) is not None:
                dates.add(found)
        else:
            report.error(item.place, f"`{item.text}` is no weekday", write_one_of(item.value, WEEKDAYS))
    return tuple(sorted(weekdays)), tuple(sorted(dates))


def sql_expression(entry: Entry, report: Report) -> str | None:
    """Read an SQL expression over the partner's columns."""
    expression = text(entry, report)
    if expression is None:
        return None
    if (reason := expression_error(expression)) is not None:
        cure = 'Write one DuckDB expression; quote column names that hold spaces or signs: "Code CIP"'
        report.error(entry.place, f"`{entry.word}` is no SQL expression: {reason}", cure)
        return None
    return expression
