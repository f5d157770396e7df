"""A partner's own expectations: `quality` entries of the engine greatExpectations.

Belongs here: reading their type, arguments and severity, and which of them can be judged slice by slice.
Does not belong here: running them (`gates`). Entries of other engines are accepted and carried into the docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, get_args

from orchestration.contracts.document import Place, listed
from orchestration.contracts.kinds import SALES_KINDS, Kind
from orchestration.contracts.model import PartnerExpectation
from orchestration.contracts.problems import Report, write_one_of

#: expectations on the values of a line: distinct values say as much as all lines do
OF_VALUES: Final = (
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_null",
    "expect_column_values_to_match_regex",
    "expect_column_values_to_match_regex_list",
    "expect_column_values_to_not_be_in_set",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_not_match_regex",
    "expect_column_values_to_not_match_regex_list",
    "expect_column_value_lengths_to_be_between",
    "expect_column_value_lengths_to_equal",
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_to_be_in_set",
    "expect_multicolumn_sum_to_equal",
)
#: expectations on a figure of a slice, and the SQL aggregate that computes it from a column
OF_SLICES: Final = {
    "expect_column_max_to_be_between": "max({column})",
    "expect_column_mean_to_be_between": "avg({column})",
    "expect_column_median_to_be_between": "median({column})",
    "expect_column_min_to_be_between": "min({column})",
    "expect_column_sum_to_be_between": "sum({column})",
    "expect_column_unique_value_count_to_be_between": "count(distinct {column})",
    "expect_table_row_count_to_be_between": "count(*)",
}
_COLUMN_WORDS: Final = ("column", "column_A", "column_B")

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
    _check_type(type_, kind, place_of_it, report)
    _check_arguments(kwargs, kind, place_of_it, report)
    severity = _severity(entry, place, report)
    return PartnerExpectation(type=type_, kwargs=kwargs, severity=severity) if severity else None


def _check_type(type_: str, kind: Kind | None, place: Place, report: Report) -> None:
    known = (*OF_VALUES, *OF_SLICES)
    if type_ not in known:
        report.error((*place, "type"), f"`{type_}` cannot be judged slice by slice", write_one_of(type_, known))
    if kind and kind.name not in SALES_KINDS:
        message = f"{kind.name} has no slices that an expectation could judge"
        report.error((*place, "type"), message, "Write `pattern`, `minimum`, `maximum` or `enum` at the column instead")


def _check_arguments(kwargs: dict[str, Any], kind: Kind | None, place: Place, report: Report) -> None:
    named: list[tuple[str, Any]] = [(word, kwargs[word]) for word in _COLUMN_WORDS if word in kwargs]
    named += [("column_list", one) for one in kwargs.get("column_list", ())]
    for word, about in named:
        if kind and about not in kind.columns:
            message = f"{kind.name} has no column `{about}`"
            report.error((*place, "kwargs", word), message, write_one_of(about, tuple(kind.columns)))
    if "row_condition" in kwargs:
        cure = "Take it out; lines are left out of a feed by `where`"
        report.error((*place, "kwargs", "row_condition"), "`row_condition` is not used here", cure)


def _severity(entry: dict[str, Any], place: Place, report: Report) -> Any:
    given = entry.get("severity", "warning")
    severity = _SYNONYMS.get(given, given) if isinstance(given, str) else None
    if severity in _SEVERITIES:
        return severity
    if severity is not None:
        report.error((*place, "severity"), f"unknown severity `{given}`", write_one_of(given, _SEVERITIES))
    return None
