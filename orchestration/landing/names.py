"""Moments that file names state, read by a strptime pattern in which `*` stands for anything."""

from __future__ import annotations

import re
from datetime import datetime

FROM_FILENAME = "filename:"

_DIGITS = {"Y": 4, "G": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "y": 2, "j": 3, "V": 2, "u": 1}


def moment_in_name(pattern: str, file_name: str) -> datetime | None:
    """The moment that `file_name` (no folder) states by `pattern`, or None where it does not follow it.

    A week (`%G-W%V`) without a day means its Monday.
    """
    directives: list[str] = []

    def expression(piece: str) -> str:
        if piece == "*":
            return ".*"
        if len(piece) == 2 and piece[0] == "%" and piece[1] in _DIGITS:
            directives.append(piece)
            return rf"(\d{{{_DIGITS[piece[1]]}}})"
        return re.escape(piece)

    pieces = re.split(r"(%.|\*)", pattern)
    match = re.fullmatch("".join(expression(piece) for piece in pieces), file_name)
    if not match:
        return None
    values = list(match.groups())
    if "%V" in directives and "%u" not in directives:
        directives.append("%u")
        values.append("1")
    try:
        return datetime.strptime(" ".join(values), " ".join(directives))
    except ValueError:
        return None
