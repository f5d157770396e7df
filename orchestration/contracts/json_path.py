"""Paths into JSON as contracts write them: `$.orders[*].line_items`, `price.amount`, `"shop.name"`, `codes[0]`.

Belongs here: reading a path into keys and positions. Does not belong here: what a file holds there (`ingest`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: the part `[*]` of a path: every item of a list
EACH: Final = -1

#: a key, a position in a list from 0, or EACH
Part = str | int

_PART: Final = re.compile(
    r"""
    \."((?:[^"\\]|\\.)*)" | \.([^.\[\]"]+)
    | \["((?:[^"\\]|\\.)*)"\] | \['((?:[^'\\]|\\.)*)'\] | \[(\d+)\] | \[\*\]
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class RecordPath:
    """Where the records of a document are.

    keys   the key that leads from each level to the next; the last level are the records
    lists  how many lists each level may lie in, one within another
    """

    keys: tuple[str, ...] = ()
    lists: tuple[int, ...] = (1,)


def is_absolute(path: str) -> bool:
    """Whether a path starts at the root of the document."""
    return path == "$" or path.startswith(("$.", "$["))


def parts_of(path: str) -> tuple[Part, ...] | None:
    """The parts of a path, those of an absolute one from the root; None where the text is no path."""
    rest = path[1:] if is_absolute(path) else f".{path}"
    parts: list[Part] = []
    while rest:
        if (found := _PART.match(rest)) is None:
            return None
        quoted, bare, bracketed, apostrophed, position = found.groups()
        if position is not None:
            parts.append(int(position))
        elif bare is not None:
            parts.append(bare)
        else:
            key = next((text for text in (quoted, bracketed, apostrophed) if text is not None), None)
            parts.append(EACH if key is None else re.sub(r"\\(.)", r"\1", key))
        rest = rest[found.end() :]
    return tuple(parts)


def record_path(path: str) -> RecordPath | None:
    """Read a `recordPath`: keys and `[*]` from the root; None where it is anything else."""
    parts = parts_of(path) if is_absolute(path) else None
    if parts is None:
        return None
    keys: list[str] = []
    stars = [0]
    for part in parts:
        if part == EACH:
            stars[-1] += 1
        elif isinstance(part, str) and part not in ("", "*"):  # DuckDB takes the one for nothing, the other for any
            keys.append(part)
            stars.append(0)
        else:
            return None
    return RecordPath(tuple(keys), tuple(max(1, count) for count in stars))
