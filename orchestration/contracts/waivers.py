"""Waivers: a person's acceptance of one slice, written into the contract.

Belongs here: reading them, each with its period, reason, person and expiry.
Does not belong here: what a waiver lets pass (`gates`).
"""

from __future__ import annotations

from typing import Any, Final

from orchestration.contracts import values
from orchestration.contracts.model import Waiver
from orchestration.contracts.problems import Report, write_one_of
from orchestration.contracts.values import Entry, Reader

_SHAPE: Final = "{period_start: …, reason: …, by: …, until: …}"
_WORDS: Final[dict[str, Reader]] = {
    "period_start": values.day,
    "reason": values.text,
    "by": values.text,
    "until": values.day,
}


def read_waivers(entry: Entry, report: Report) -> tuple[Waiver, ...]:
    """Read a list of waivers; those that are wrong are reported and left out."""
    if not isinstance(entry.value, list):
        report.error(entry.place, "`waivers` is not a list", f"Write `[{_SHAPE}]`")
        return ()
    read = [_waiver(entry.inner(position, "waiver"), report) for position in range(len(entry.value))]
    return tuple(waiver for waiver in read if waiver is not None)


def _waiver(entry: Entry, report: Report) -> Waiver | None:
    if not isinstance(entry.value, dict):
        report.error(entry.place, "the waiver is not a mapping", f"Write `{_SHAPE}`")
        return None
    for word in entry.value.keys() - _WORDS.keys():
        message = f"a waiver has no word `{word}`"
        report.error((*entry.place, word), message, write_one_of(word, tuple(_WORDS)))
    fields: dict[str, Any] = {}
    for word, read in _WORDS.items():
        if word in entry.value:
            fields[word] = read(entry.inner(word, word), report)
        else:
            report.error(entry.place, f"the waiver lacks `{word}`", f"Write `{word}: …`")
    return None if len(fields) < len(_WORDS) or None in fields.values() else Waiver(**fields)
