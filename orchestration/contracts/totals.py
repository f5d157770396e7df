"""Totals that a JSON document states of its own records: the server's word `totals`.

Belongs here: one entry of the list to one `Total`. Does not belong here: adding up (`ingest`).
"""

from __future__ import annotations

from typing import Any

from orchestration.contracts.document import listed
from orchestration.contracts.json_path import is_absolute, parts_of
from orchestration.contracts.model import Total
from orchestration.contracts.problems import Report
from orchestration.contracts.values import Entry

_SHAPE = "Write `{total: $.aggregate[*].units, of: units, by: [startDate]}`; `by` may be left out"


def read_totals(entry: Entry, report: Report) -> tuple[Total, ...]:
    """Read a list of totals; those that are wrong are reported and left out."""
    if not isinstance(entry.value, list):
        report.error(entry.place, "`totals` is not a list", _SHAPE)
        return ()
    if not _has_record_path(entry):
        cure = "Write `recordPath`, which leads to the records that the totals are of"
        report.error(entry.place, "`totals` has no effect on one record a line", cure)
    totals = [_total(entry.inner(position), report) for position in range(len(entry.value))]
    return tuple(total for total in totals if total is not None)


def _has_record_path(entry: Entry) -> bool:
    server: Any = entry.document.data
    for step in entry.place[:-3]:  # of the place of the server: customProperties, its position, value
        server = server[step]
    return any(pair.get("property") == "recordPath" for _, pair in listed(server, "customProperties"))


def _total(entry: Entry, report: Report) -> Total | None:
    given = entry.value if isinstance(entry.value, dict) else {}
    by = given.get("by", [])
    by = by if isinstance(by, list) else [by]
    if given.keys() - {"total", "of", "by"} or not all(map(_is_text, [given.get("total"), given.get("of"), *by])):
        report.error(entry.place, "a total does not name its path and the field it is of", _SHAPE)
        return None
    if not is_absolute(given["total"]) or parts_of(given["total"]) is None:
        message = f"the total {given['total']} is no path from the root"
        report.error(entry.place, message, "Write its path, such as $.aggregate[*].units")
        return None
    return Total(total=given["total"], of=given["of"], by=tuple(by))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
