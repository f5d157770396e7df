"""From a document to a `Contract`: reads every part, and checks how the parts fit together.

Belongs here: the order of reading, and rules that span several parts of one contract.
Does not belong here: rules of a single value (`values`, `words`, `mappings`), rules across files (`load`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args

from orchestration.contracts.defaults import read_defaults
from orchestration.contracts.document import Document, Place, listed
from orchestration.contracts.expectations import read_expectations
from orchestration.contracts.kinds import SALES_KINDS, Kind
from orchestration.contracts.mappings import read_kind, read_mappings
from orchestration.contracts.model import Contract, Mapping, Status
from orchestration.contracts.owner import read_owner
from orchestration.contracts.problems import Report, closest, write_one_of
from orchestration.contracts.promises import read_promises
from orchestration.contracts.server import read_server
from orchestration.contracts.standard import check_standard
from orchestration.contracts.words import CONTRACT_WORDS, custom_properties, read_words, warn_of_idle_words

_STATUSES: Final = get_args(Status)


def check_contract(file: Path, document: Document, report: Report) -> Contract | None:
    """Report every mistake of a document; return its contract if there is no error."""
    data = document.data
    if data is None:
        return None
    check_standard(document, report)
    fields = _identity(data, report)
    fields |= read_words(data, (), CONTRACT_WORDS, document, report)
    fields |= read_promises(data, document, report)
    weekdays, dates = fields.pop("closed", ((), ()))
    kind = read_kind(data, report)
    fields["mappings"] = read_mappings(data, kind, fields.get("defaults", {}), document, report)
    fields["expectations"] = read_expectations(data, kind, report)
    fields["server"] = read_server(data, document, report)
    if kind:
        fields["defaults"] = read_defaults(data, kind, fields["mappings"], document, report)
        warn_of_idle_words(data, (), CONTRACT_WORDS, kind.name, document, report)
        _check_whole(data, kind, fields, document, report)
    if report.has_errors or kind is None:
        return None
    return Contract(
        file=file,
        kind_name=kind.name,
        owner=read_owner(data),
        closed_weekdays=weekdays,
        closed_dates=dates,
        **fields,
    )


def _identity(data: dict[str, Any], report: Report) -> dict[str, Any]:
    status, contract_id, version = data.get("status"), data.get("id"), data.get("apiVersion")
    if status is None:
        report.error(("status",), "`status` is missing", write_one_of(None, _STATUSES))
    elif status == "proposed":
        report.error(("status",), "the status `proposed` is not used here", "Write `draft`")
    elif isinstance(status, str) and status not in _STATUSES:
        report.error(("status",), f"unknown status `{status}`", write_one_of(status, _STATUSES))
    if isinstance(contract_id, str) and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", contract_id):
        message = f"the id `{contract_id}` cannot name files"
        report.error(("id",), message, "Write letters, digits, `_`, `-` and `.`, such as pharma_plus.sell_out")
    if isinstance(version, str) and version.startswith("v2"):
        report.error(("apiVersion",), f"the standard's {version} is too old", "Write `v3.1.0`")
    return {"id": contract_id, "version": data.get("version"), "status": status}


def _check_whole(data: dict[str, Any], kind: Kind, fields: dict[str, Any], document: Document, report: Report) -> None:
    places = {entry.word: entry.place for entry in custom_properties(data, (), document)}
    given = [mapping.name for mapping in fields["mappings"]] + list(fields["defaults"])
    _check_columns(data, kind, given, report)
    if kind.name in SALES_KINDS and "partner" not in places and "partner_code" not in given:
        message = f"nothing says whose {kind.name} it is"
        report.error(("customProperties",), message, "Write `{property: partner, value: …}`, or map `partner_code`")
    _check_delivery(kind, fields, places, report)
    starts, ends = fields.get("starts_on"), fields.get("ends_on")
    if starts and ends and starts > ends:
        report.error(places["endsOn"], f"`endsOn` {ends} is before `startsOn` {starts}", "Swap or correct them")


def _check_columns(data: dict[str, Any], kind: Kind, given: Sequence[str], report: Report) -> None:
    declared = [str(column.get("name")) for _, column in listed(data["schema"][0], "properties")]
    misspelt = {closest(name, kind.columns) for name in declared if name not in kind.columns}  # told already
    for name in kind.required:
        if name not in given and name not in misspelt:
            message = f"{kind.name} requires `{name}`, which is neither mapped nor defaulted"
            cure = f"Map it: `{{name: {name}, physicalName: …}}`, or add it to `defaults`"
            report.error(("schema", 0), message, cure)


def _check_delivery(kind: Kind, fields: dict[str, Any], places: dict[str, Place], report: Report) -> None:
    mode = fields.get("delivery", Contract.model_fields["delivery"].default)
    mappings: Sequence[Mapping] = fields["mappings"]
    has_key = any(mapping.primary_key for mapping in mappings)
    place = places.get("delivery", ("customProperties",))
    if mode == "snapshot" and kind.name in SALES_KINDS:
        message = f"`snapshot` would wipe the history of {kind.name} with every delivery"
        report.error(place, message, "Write `keyed` or `replace_period`")
    if mode == "replace_period" and kind.date_column is None and not fields.get("period_from"):
        report.error(place, f"{kind.name} has no dates, so no period to replace", "Write `snapshot` or `keyed`")
    if mode == "keyed" and not has_key:
        report.error(place, "`keyed` needs a primary key", "Mark the columns that identify a line `primaryKey: true`")
    if mode == "append" and has_key:
        cure = "Write `{property: delivery, value: keyed}`, or remove `primaryKey`"
        report.warning(place, "`append` keeps every line, the primary key is not used", cure)
