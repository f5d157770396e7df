"""Formats of dates as the standard writes them: the letters of the JDK's DateTimeFormatter.

Belongs here: telling a format that gives a date from one that does not, and what was probably meant.
Does not belong here: reading dates by it (`ingest`).
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

#: runs of letters that can be read; the JDK knows more
READABLE: Final = frozenset(
    ("yyyy", "yy", "YYYY", "MMMM", "MMM", "MM", "M", "dd", "d", "ww", "e", "HH", "H", "hh", "mm", "ss", "SSS", "a")
)
_STRPTIME: Final = {
    "%Y": "yyyy", "%y": "yy", "%m": "MM", "%b": "MMM", "%d": "dd", "%H": "HH", "%M": "mm", "%S": "ss",
    "%G": "YYYY", "%V": "ww", "%u": "e",
}  # fmt: skip
_EXAMPLE: Final = "dd/MM/yyyy"


def format_error(date_format: str) -> tuple[str, str] | None:
    """Return what is wrong with a format of dates and the cure, or None if it gives a date."""
    if "%" in date_format:
        return "holds strptime codes", f"Write `{_from_strptime(date_format)}`"
    if date_format.count("'") % 2:
        return "has an open quote", "Close it with another `'`"
    runs = _runs(date_format)
    recased = _recased(date_format)
    if recased != date_format and set(_runs(recased)) <= READABLE:
        return "mixes up letters (y year, M month, d day; m minute, D day of year, Y year of the week)", (
            f"Write `{recased}`"
        )
    if unread := [run for run in runs if run not in READABLE]:
        return f"holds `{unread[0]}`, which is not read", f"Write letters such as {_EXAMPLE}; quote other text with `'`"
    if repeated := [run for run in runs if runs.count(run) > 1]:
        return f"holds `{repeated[0]}` twice", "Keep one; minutes are `mm`"
    if not {"yyyy", "yy", "YYYY"} & set(runs):
        return "names no year", f"Write letters such as {_EXAMPLE}"
    return None


def _runs(date_format: str) -> list[str]:
    """Split a format into runs of one letter, without quoted text: `dd/MM 'h'` is `dd`, `MM`."""
    unquoted = re.sub("'[^']*'", "", date_format)
    return ["".join(run) for letter, run in groupby(unquoted) if letter.isalpha()]


def _recased(date_format: str) -> str:
    """Put letters into the case that the format as a whole must have meant."""
    runs = _runs(date_format)
    if "ww" in runs:
        return date_format.replace("yyyy", "YYYY")  # the year of an ISO week is Y
    recased = date_format.replace("Y", "y").replace("DD", "dd") if "DDD" not in date_format else date_format
    has_month = any(run.startswith("M") for run in runs)
    return recased if has_month else recased.replace("m", "M")


def _from_strptime(date_format: str) -> str:
    pieces = re.findall("%.?|[A-Za-z]+|[^%A-Za-z]+", date_format)
    if any(piece[0] == "%" and piece not in _STRPTIME for piece in pieces):
        return _EXAMPLE
    return "".join(_STRPTIME.get(piece, f"'{piece}'" if piece.isalpha() else piece) for piece in pieces)
