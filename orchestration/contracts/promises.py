"""What a partner promises about time: `slaProperties`, as cadence and latency.

Belongs here: frequency and latency. Retention and other promises of the standard are accepted and carried.
Does not belong here: the calendar that follows from them (dbt's quality models).
"""

from __future__ import annotations

from typing import Any, Final

from orchestration.contracts import values
from orchestration.contracts.document import Document, Place, listed
from orchestration.contracts.model import Cadence
from orchestration.contracts.problems import Report, closest, write_one_of
from orchestration.contracts.values import Entry

#: days that a unit of latency stands for; a month is taken at its longest, so that nobody is called late too soon
_LATENCY_DAYS: Final = {"d": 1, "w": 7, "m": 31}
_READ: Final = ("frequency", "latency")
#: how like a promise that is read another one must be to be taken for a slip: the standard knows many
_SLIP: Final = 0.8
_UNIT_NAMES: Final = {"day": "d", "days": "d", "week": "w", "weeks": "w", "month": "m", "months": "m"}


def read_promises(data: dict[str, Any], document: Document, report: Report) -> dict[str, Any]:
    """Read `frequency` (a Cadence) and `latency_days`, each only where it is given and right."""
    found = _promises(data, document, report)
    fields: dict[str, Any] = {}
    for word, (value, unit) in found.items():
        if value is None or unit is None:
            continue
        if word == "frequency":
            fields["frequency"] = Cadence(value=value, unit=unit)
        else:
            fields["latency_days"] = value * _LATENCY_DAYS[unit]
    return fields


def _promises(data: dict[str, Any], document: Document, report: Report) -> dict[str, tuple[int | None, Any]]:
    found: dict[str, tuple[int | None, Any]] = {}
    first: dict[str, Place] = {}
    for position, promise in listed(data, "slaProperties"):
        place: Place = ("slaProperties", position)
        word = promise.get("property")
        if not isinstance(word, str):
            continue  # the standard's schema has told it
        if word in first:
            message = f"`{word}` stands twice, first on line {document.line(first[word])}"
            report.error(place, message, "Keep one")
        elif word in _READ and "value" in promise:
            first[word] = place
            entry = Entry(word, promise["value"], (*place, "value"), document)
            found[word] = (values.whole(entry, report, int(word == "frequency")), _unit(promise, place, report))
        elif (match := closest(word, _READ, _SLIP)) is not None and match not in first:
            report.warning(place, f"the promise `{word}` is not read", f"Did you mean `{match}`?")
    return found


def _unit(promise: dict[str, Any], place: Place, report: Report) -> str | None:
    unit = promise.get("unit")
    if isinstance(unit, str) and unit in _LATENCY_DAYS:
        return unit
    message = f"`{promise['property']}` has no unit" if unit is None else f"unknown unit `{unit}`"
    known = _UNIT_NAMES.get(str(unit).lower(), str(unit).lower())
    cure = f"Write `{known}`" if known in _LATENCY_DAYS else write_one_of(None, tuple(_LATENCY_DAYS))
    report.error((*place, "unit"), message, cure)
    return None
