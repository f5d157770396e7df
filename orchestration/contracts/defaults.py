"""Defaults: text for canonical columns that a feed's files lack.

Belongs here: which columns may have one, and that it casts.
Does not belong here: casting cells (`ingest`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from orchestration.contracts.document import Document
from orchestration.contracts.kinds import DATE, FLAG, TEXT, Kind
from orchestration.contracts.model import Mapping
from orchestration.contracts.problems import Report, write_one_of
from orchestration.contracts.values import Entry, day
from orchestration.contracts.words import custom_properties

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")


def read_defaults(
    data: dict[str, Any], kind: Kind, mappings: Sequence[Mapping], document: Document, report: Report
) -> dict[str, str]:
    """Read the defaults as text, as they were written; those that are wrong are reported and left out."""
    mapped = {mapping.name for mapping in mappings}
    found: dict[str, str] = {}
    for entry in custom_properties(data, (), document):
        if entry.word == "defaults" and isinstance(entry.value, dict):
            for name in entry.value:
                if _is_right(entry.inner(name, name), kind, mapped, report):
                    found[name] = entry.inner(name).text
    return found


def _is_right(entry: Entry, kind: Kind, mapped: set[str], report: Report) -> bool:
    if entry.word not in kind.columns:
        message = f"{kind.name} has no column `{entry.word}`"
        report.error(entry.place, message, write_one_of(entry.word, tuple(kind.columns)))
    elif entry.word in mapped:
        message = f"`{entry.word}` is mapped, so its default is never used"
        report.error(entry.place, message, "Remove the default, or the mapping")
    elif entry.value is None or isinstance(entry.value, dict | list):
        report.error(entry.place, f"the default of `{entry.word}` is not text", "Write text")
    elif kind.columns[entry.word].type == DATE:
        return day(entry, report) is not None
    elif kind.columns[entry.word].type not in (TEXT, FLAG) and not _NUMBER.fullmatch(entry.text):
        report.error(entry.place, f"the default of `{entry.word}` is no number: {entry.text}", "Write it as 1234.5")
    else:
        return True
    return False
