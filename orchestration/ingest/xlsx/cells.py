"""Cells of a workbook as text, in the spelling that the contract states for text cells.

Belongs here: numbers, dates, serial numbers, flags, blanks, one cell at a time.
Does not belong here: where a cell stands (`xlsx.tables`), what its text means (`casts`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

Cell = int | float | str | bool | time | date | datetime | timedelta
#: text of the cells of a row, None where blank
Speller = Callable[[Sequence[Cell]], list[str | None]]

#: a spreadsheet keeps 15 digits; those of a longer number are lost
_FIRST_INEXACT: Final = 1e15
_LEAP_DAY_THAT_NEVER_WAS: Final = 60


def squash(text: str) -> str:
    """Text without blanks around it, and with one space for any run of blanks or line breaks within."""
    return " ".join(text.split())


def speller(decimal: str) -> Speller:
    """How cells are written, numbers with the decimal mark of the contract and no other mark.

    Numbers show the 15 digits that a spreadsheet shows; from 1e15 on they come as `1,5E+17`, for their digits are lost.
    """

    def number(value: float) -> str:
        if value.is_integer() and -_FIRST_INEXACT < value < _FIRST_INEXACT:
            return str(int(value))
        shown = f"{value:.15G}"
        if "E-" in shown:
            shown = f"{Decimal(shown):f}"
        return shown.replace(".", decimal)

    spellings: dict[type, Callable[..., str | None]] = {
        str: lambda cell: None if not cell or cell.isspace() else cell,
        float: number,
        int: str,
        bool: lambda cell: "true" if cell else "false",
        date: date.isoformat,
        datetime: lambda cell: cell.isoformat(timespec="seconds"),
        time: lambda cell: cell.isoformat(timespec="seconds"),
        timedelta: _duration,
    }
    return lambda row: [spellings[cell.__class__](cell) for cell in row]


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def date_of_serial(serial: float, starts_1904: bool) -> str | None:
    """The date or moment (ISO) that a spreadsheet means by a number of days; None where it means none.

    The system of 1900 counts a 29 February 1900 that never was: its number, 60, is no date.
    """
    try:
        days = int(serial) if serial >= 1 else 0
        if not days or (days == _LEAP_DAY_THAT_NEVER_WAS and not starts_1904):
            return None
        if starts_1904:
            first = datetime(1904, 1, 1)
        else:
            first = datetime(1899, 12, 31) if days < _LEAP_DAY_THAT_NEVER_WAS else datetime(1899, 12, 30)
        moment = first + timedelta(days=days, seconds=round((serial - days) * 86_400))
    except OverflowError:
        return None
    return moment.isoformat() if serial != days else moment.date().isoformat()
