"""A partner's own expectations: `quality` entries of the engine greatExpectations.

Belongs here: reading their type, arguments and severity.
Does not belong here: running them (`gates`). Entries of other engines are accepted and carried into the docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, get_args

from orchestration.contracts.document import Place, listed
from orchestration.contracts.kinds import Kind
from orchestration.contracts.model import PartnerExpectation
from orchestration.contracts.problems import Report, write_one_of

_SEVERITIES: Final = get_args(PartnerExpectation.model_fields["severity"].annotation)
#: what the standard's examples call the gravest
_SYNONYMS: Final = {"error": "critical"}
_SHAPE: Final = "Write `implementation: {type: expect_…, kwargs: {column: …}}`"


def read_expectations(data: dict[str, Any], kind: Kind | None, report: Report) -> tuple[PartnerExpectation, ...]:
    """Read the expectations of the schema and of its properties; a property's own is about its column."""
    read = [_expectation(place, entry, column, kind, report) for place, entry, column in _entries(data)]
    return tuple(expectation for expectation in read if expectation is not None)


def _entries(data: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any], str | None]]:
    holders: list[tuple[Place, dict[str, Any], str | None]] = []
    for at, schema_object in listed(data, "schema")[:1]:
        holders.append((("schema", at), schema_object, None))
        for position, column in listed(schema_object, "properties"):
            holders.append((("schema", at, "properties", position), column, column.get("name")))
    for place, holder, name in holders:
        for position, entry in listed(holder, "quality"):
            if _is_great_expectations(entry.get("engine")):
                yield (*place, "quality", position), entry, name


def _is_great_expectations(engine: object) -> bool:
    return isinstance(engine, str) and re.sub("[^a-z]", "", engine.lower()) == "greatexpectations"


def _expectation(
    place: Place, entry: dict[str, Any], column: str | None, kind: Kind | None, report: Report
) -> PartnerExpectation | None:
    implementation = entry.get("implementation")
    place_of_it = (*place, "implementation")
    if not isinstance(implementation, dict):
        report.error(place_of_it, "the expectation is not a mapping", _SHAPE)
        return None
    type_, kwargs = implementation.get("type"), implementation.get("kwargs", {})
    if not isinstance(type_, str) or not re.fullmatch("expect_[a-z0-9_]+", type_):
        report.error((*place_of_it, "type"), f"`{type_}` is no expectation", _SHAPE)
        return None
    if not isinstance(kwargs, dict):
        report.error((*place_of_it, "kwargs"), "`kwargs` is not a mapping", _SHAPE)
        return None
    if column is not None and type_.startswith("expect_column_values"):
        kwargs = {"column": column, **kwargs}
    about = kwargs.get("column")
    if kind and about is not None and about not in kind.columns:
        message = f"{kind.name} has no column `{about}`"
        report.error((*place_of_it, "kwargs", "column"), message, write_one_of(about, tuple(kind.columns)))
    severity = _severity(entry, place, report)
    return PartnerExpectation(type=type_, kwargs=kwargs, severity=severity) if severity else None


def _severity(entry: dict[str, Any], place: Place, report: Report) -> Any:
    given = entry.get("severity", "warning")
    severity = _SYNONYMS.get(given, given) if isinstance(given, str) else None
    if severity in _SEVERITIES:
        return severity
    if severity is not None:
        report.error((*place, "severity"), f"unknown severity `{given}`", write_one_of(given, _SEVERITIES))
    return None
