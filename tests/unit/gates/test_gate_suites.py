"""The suites as files: what ships is what is published as defaults, and a bad file is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gate_home import GOOD

from orchestration.gates.errors import SuiteError
from orchestration.gates.suites import load_suites, read_suite
from orchestration.settings import EXPECTATIONS

BETWEEN = "expect_column_values_to_be_between"


def _zero(column: str) -> dict[str, Any]:
    return {"column": column, "min_value": 0, "max_value": 0}


DEFAULTS = [
    ("acceptance", "critical", BETWEEN, {"column": "accepted_share", "min_value": 0.8}),
    ("acceptance", "critical", BETWEEN, _zero("replaced_nothing")),
    ("acceptance", "warning", BETWEEN, _zero("lost_lines_without_slice")),
    ("acceptance", "warning", BETWEEN, _zero("remark_count")),
    ("acceptance", "warning", BETWEEN, {"column": "accepted_share", "min_value": 0.95}),
    ("conservation", "critical", BETWEEN, _zero("duplicate_keys")),
    ("conservation", "critical", BETWEEN, _zero("unaccounted_lines")),
    ("delays", "critical", "expect_column_values_to_not_be_in_set", {"column": "status", "value_set": ["missing"]}),
    ("delays", "warning", BETWEEN, {"column": "days_late", "max_value": 0}),
    ("delays", "warning", BETWEEN, _zero("overdue_without_slice")),
    ("duplicates", "critical", BETWEEN, {"column": "conflict_units_share", "max_value": 0.01}),
    ("duplicates", "critical", BETWEEN, _zero("repeated_days")),
    ("duplicates", "warning", BETWEEN, {"column": "duplicate_lines_share", "max_value": 0.05}),
    ("duplicates", "warning", BETWEEN, _zero("resent_after_news")),
    ("marts", "critical", BETWEEN, _zero("offending_rows")),
    ("missing_sell_out", "critical", BETWEEN, {"column": "completeness_by_volume", "min_value": 0.9}),
    ("missing_sell_out", "info", BETWEEN, _zero("product_gaps")),
    ("missing_sell_out", "warning", BETWEEN, {"column": "completeness_by_volume", "min_value": 0.98}),
    ("reconciliation", "warning", BETWEEN, _zero("intervals_out_of_tolerance")),
    ("reconciliation", "warning", BETWEEN, _zero("negative_stock_lines")),
    ("stability", "warning", BETWEEN, _zero("lines_shrink_share")),
    ("stability", "warning", BETWEEN, {"column": "units_change_share", "min_value": -0.2, "max_value": 0.2}),
]


def test_the_first_settings_are_the_published_defaults() -> None:
    """A threshold may move, by an entry in its history; where it came from stays."""
    shipped = []
    for suite in load_suites():
        for one in suite.expectations:
            first = one.meta.history[0]
            columns = {key: value for key, value in one.kwargs.items() if key not in one.allows}
            shipped.append((suite.name, first.severity, one.type, columns | first.kwargs))
    assert sorted(shipped, key=repr) == sorted(DEFAULTS, key=repr)


def test_invariants_stop_and_marts_come_last() -> None:
    assert {suite.name for suite in load_suites() if suite.meta.invariant} == {"conservation", "marts"}
    assert [suite.name for suite in load_suites(stage="marts")] == ["marts"]


def test_a_message_names_columns_that_its_evidence_has() -> None:
    for suite in load_suites():
        columns = GOOD[suite.meta.evidence.partition(".")[2]]
        for expectation in suite.expectations:
            assert {*expectation.told, *expectation.measured} <= set(columns), expectation.name
            assert "{threshold}" in expectation.meta.message and "{observed}" in expectation.meta.message


def test_great_expectations_reads_the_files_as_its_own(tmp_path: Path) -> None:
    from great_expectations.core import ExpectationSuite
    from great_expectations.core.expectation_suite import expectationSuiteSchema

    for file in EXPECTATIONS.glob("*.json"):
        content = json.loads(file.read_text(encoding="utf-8"))
        assert expectationSuiteSchema.validate(content) == {}
        suite = ExpectationSuite(**expectationSuiteSchema.load(content))
        written = tmp_path / file.name
        written.write_text(json.dumps(expectationSuiteSchema.dump(suite)))
        assert len(read_suite(written).expectations) == len(content["expectations"]), "and what it writes is ours"
        severities = [expectation.severity for expectation in suite.expectations]
        assert severities == [expectation["severity"] for expectation in content["expectations"]]


def _setting(since: str = "2025-01-06", **changes: Any) -> dict[str, Any]:
    return {"since": since, "severity": "critical", "kwargs": {"max_value": 0}, "change": "c"} | changes


def _meta(*history: dict[str, Any]) -> dict[str, Any]:
    return {"name": "on_time", "reason": "r", "message": "m", "history": list(history)}


def _suite(**changes: Any) -> dict[str, Any]:
    expectation = {
        "type": BETWEEN,
        "kwargs": {"column": "days_late", "max_value": 0},
        "severity": "critical",
        "meta": _meta(_setting()),
    }
    meta = {"evidence": "quality.evidence_delays", "stage": "slices", "invariant": False, "owner": "team:x"}
    expectations = [expectation | changes.pop("one", {})]
    return {"name": "delays", "notes": "n", "meta": meta, "expectations": expectations} | changes


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"one": {"severity": "fatal"}}, "severity"),
        ({"one": {"sverity": "info"}}, "sverity"),
        ({"one": {"kwargs": {"column": "days_late", "mostly": 0.9}}}, "on_time: mostly cannot be used"),
        ({"one": {"kwargs": {"column": "days_late", "row_condition": "x"}}}, "row_condition cannot be used"),
        ({"one": {"meta": _meta(_setting()) | {"name": "on time"}}}, "meta.name"),
        ({"one": {"meta": _meta()}}, "on_time: the history of its threshold is missing"),
        ({"one": {"meta": _meta(_setting(kwargs={"max_value": 1}))}}, "on_time: the last of its history is not what"),
        ({"one": {"meta": _meta(_setting(severity="info"))}}, "on_time: the last of its history is not what"),
        ({"one": {"meta": _meta(_setting("2025-02-01"), _setting())}}, "not in the order of its days"),
        ({"one": {"meta": _meta(_setting(change=""))}}, "change"),
        ({"expectations": []}, "expectations"),
        ({"expectations": [_suite()["expectations"][0]] * 2}, "on_time is there twice"),
        ({"name": "delay"}, "the suite is named delay"),
        ({"meta": _suite()["meta"] | {"evidence": "x; drop"}}, "meta.evidence"),
        ({"meta": _suite()["meta"] | {"stage": "marts"}}, "too late"),
    ],
)
def test_a_bad_suite_is_refused_by_file_and_place(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    file = tmp_path / "delays.json"
    file.write_text(json.dumps(_suite(**changes)))
    with pytest.raises(SuiteError, match=f"^delays.json: .*{complaint}"):
        read_suite(file)


def test_no_suites_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="nothing is judged"):
        load_suites(tmp_path)
