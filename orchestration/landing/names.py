"""Names of files: the moments that they state, and what keeps one from being recorded.

A moment is read by a strptime pattern in which `*` stands for anything.
Does not belong here: which names a contract selects (`globs`).
"""

from __future__ import annotations

import re
from datetime import datetime

FROM_FILENAME = "filename:"

#: bytes that file systems give to one name
_LONGEST = 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

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


def name_problem(name: str) -> str | None:
    """Why a file of this name cannot be recorded, and the cure; None where nothing is wrong with it."""
    wrong = None if name.isascii() and name.isprintable() else _encoding_problem(name)
    if wrong is None:
        parts = name.split("/")
        if ".." in parts or "." in parts:
            wrong = "points to a folder above"
        elif any(len(part.encode()) > _LONGEST for part in parts):
            wrong = "is too long"
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return f"the name {shown} {wrong}, and the file is not read; rename it" if wrong else None


def _encoding_problem(name: str) -> str | None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return "is not UTF-8"
    return "holds control characters" if _CONTROL.search(name) else None
