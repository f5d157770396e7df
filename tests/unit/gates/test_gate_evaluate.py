"""Outcomes: either side of every default, all failing rows, and errored told from failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gate_home import Home

from orchestration.gates.errors import SuiteError

#: suite, expectation, measure, on the good side, on the bad side
SIDES = [
    ("duplicates", "few_conflicts", "conflict_units_share", "0.01", "0.0101"),
    ("duplicates", "no_repeated_days", "repeated_days", "0", "1"),
    ("duplicates", "few_duplicate_lines", "duplicate_lines_share", "0.05", "0.0501"),
    ("duplicates", "nothing_resent_after_news", "resent_after_news", "0", "1"),
    ("delays", "not_missing", "status", "'late'", "'missing'"),
    ("delays", "on_time", "days_late", "0", "1"),
    ("delays", "master_data_on_time", "overdue_without_slice", "0", "1"),
    ("missing_sell_out", "completeness_publishable", "completeness_by_volume", "0.9", "0.8999"),
    ("missing_sell_out", "completeness_full", "completeness_by_volume", "0.98", "0.9799"),
    ("missing_sell_out", "no_product_gaps", "product_gaps", "0", "1"),
    ("acceptance", "accepted_publishable", "accepted_share", "0.8", "0.7999"),
    ("acceptance", "accepted_nearly_all", "accepted_share", "0.95", "0.9499"),
    ("acceptance", "replaced_something", "replaced_nothing", "0", "1"),
    ("acceptance", "unplaced_files_readable", "lost_lines_without_slice", "0", "1"),
    ("acceptance", "files_bear_out_what_they_say", "remark_count", "0", "1"),
    ("stability", "published_units_stand", "units_change_share", "0.2", "0.2001"),
    ("stability", "published_units_stand", "units_change_share", "-0.2", "-0.2001"),
    ("stability", "lines_do_not_shrink", "lines_shrink_share", "0", "0.0001"),
    ("reconciliation", "variances_tolerated", "intervals_out_of_tolerance", "0", "1"),
    ("reconciliation", "no_negative_stock", "negative_stock_lines", "0", "1"),
    ("conservation", "every_line_accounted_for", "unaccounted_lines", "0", "-1"),
    ("conservation", "line_keys_unique", "duplicate_keys", "0", "1"),
]


def test_every_default_passes_and_fails_on_either_side(home: Home) -> None:
    rows: dict[str, list[dict[str, str]]] = {}
    for suite, expectation, column, good, bad in SIDES:
        for side, value in (("good", good), ("bad", bad)):
            value = value if value.startswith("'") else f"cast({value} as double)"
            row = {column: value, "owner": f"'{suite}.{expectation}.{side}'"}
            rows.setdefault(f"evidence_{suite}", []).append(row)
    for table, changes in rows.items():
        home.evidence(table, *changes)
    home.run()
    for suite, expectation, _, _, _ in SIDES:
        judged = home.execute(
            "select owner, outcome from gates.gate_verdicts "
            "where suite = $s and expectation = $e and owner like concat($s, '.', $e, '.%')",
            {"s": suite, "e": expectation},
        )
        assert len(judged) >= 2
        for owner, outcome in judged:
            assert outcome == ("passed" if owner.endswith(".good") else "failed"), owner


@pytest.mark.parametrize(("offending", "outcome"), [(0, "passed"), (1, "failed")])
def test_marts_pass_and_fail(home: Home, offending: int, outcome: str) -> None:
    home.evidence("evidence_marts", {"offending_rows": str(offending)})
    home.run("marts")
    assert home.outcomes("marts", "no_offending_rows") == [outcome]


def test_the_reason_of_a_mart_names_table_and_invariant(home: Home) -> None:
    home.evidence("evidence_marts", {"offending_rows": "3"})
    home.run("marts")
    assert home.reason("marts", "no_offending_rows") == (
        "sell_through_weekly, units_add_up: rows that break it: 3 (must be 0)"
    )


def test_a_warning_is_judged_beside_the_critical_on_the_same_row(home: Home) -> None:
    home.only("missing_sell_out")
    home.evidence("evidence_missing_sell_out", {"completeness_by_volume": "0.95"})
    home.run()
    assert home.outcomes("missing_sell_out", "completeness_publishable") == ["passed"]
    assert home.outcomes("missing_sell_out", "completeness_full") == ["failed"]
    assert home.held() == []


def test_the_reason_is_a_sentence_for_a_partner_manager(home: Home) -> None:
    home.only("duplicates", "delays")
    home.evidence("evidence_duplicates", {"conflict_units_share": "cast(0.032 as double)"})
    home.evidence("evidence_delays", {"status": "'missing'", "period_end": "date '2025-02-10'"})
    home.run()
    assert home.reason("duplicates", "few_conflicts") == (
        "pharma_plus sell_out 2025-02-10 to 2025-02-16: 3.2% of units conflict (at most 1%)"
    )
    assert home.reason("delays", "not_missing") == (
        "pharma_plus sell_out 2025-02-10: the expected delivery is missing (must not be missing)"
    )


def test_all_failing_rows_are_named_however_many(home: Home) -> None:
    home.only("duplicates")
    home.evidence("evidence_duplicates", {"conflict_units_share": "0.5", "delivery_id": "'bad'"}, {}, times=3000)
    report = home.run()
    verdicts = home.execute(
        "select delivery_id, outcome, count(*) from gates.gate_verdicts "
        "where suite = 'duplicates' and expectation = 'few_conflicts' group by all order by all"
    )
    assert verdicts == [("bad", "failed", 3000), ("d1", "passed", 3000)]
    finding = next(finding for finding in report.findings if finding.expectation.name == "few_conflicts")
    assert (finding.verdicts, finding.failed, len(finding.rows)) == (6000, 3000, 50)
    assert finding.table.startswith("First 50 of 3000\n")


@pytest.mark.parametrize("unknown", ["cast(null as double)", "cast('nan' as double)"])
def test_an_unknown_measure_passes_and_says_that_it_was_not_judged(home: Home, unknown: str) -> None:
    home.only("missing_sell_out")
    home.evidence("evidence_missing_sell_out", {"completeness_by_volume": unknown})
    home.run()
    assert home.execute(
        "select outcome, observed, reason from gates.gate_verdicts where expectation = 'completeness_publishable'"
    ) == [
        (
            "passed",
            None,
            "pharma_plus sell_out 2025-02-10 to 2025-02-16: completeness by volume is not known, so it was not judged",
        )
    ]


def test_an_unknown_measure_of_an_invariant_is_errored(home: Home) -> None:
    home.only("conservation")
    home.evidence("evidence_conservation", {"unaccounted_lines": "cast(null as bigint)"}, {})
    home.run()
    assert home.outcomes("conservation", "every_line_accounted_for") == ["errored", "passed"]


def test_empty_evidence_passes_and_is_evaluated(home: Home) -> None:
    home.only("duplicates")
    home.evidence("evidence_duplicates")
    home.run()
    assert home.execute(
        "select outcome, partner_id, reason from gates.gate_verdicts where expectation = 'few_conflicts'"
    ) == [("passed", None, "quality.evidence_duplicates has no rows, so there is nothing to judge")]


def test_a_missing_column_errs_on_every_row_of_that_expectation_alone(home: Home) -> None:
    home.only("duplicates")
    home.evidence("evidence_duplicates", {}, {"conflict_units_share": "0.5"})
    home.execute("alter table quality.evidence_duplicates drop column repeated_days")
    home.run()
    assert home.outcomes("duplicates", "no_repeated_days") == ["errored", "errored"]
    assert home.outcomes("duplicates", "few_conflicts") == ["failed", "passed"]
    assert home.reason("duplicates", "no_repeated_days") == (
        "duplicates.no_repeated_days could not be judged: quality.evidence_duplicates has no column repeated_days. "
        "Build evidence_duplicates again, or correct expectations/duplicates.json; nothing is published until then"
    )


def test_a_column_that_only_the_message_needs_is_missed_too(home: Home) -> None:
    home.only("reconciliation")
    home.execute("alter table quality.evidence_reconciliation drop column intervals")
    home.run()
    assert home.outcomes("reconciliation", "variances_tolerated") == ["errored"]
    assert home.outcomes("reconciliation", "no_negative_stock") == ["passed"]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("drop table quality.evidence_delays", "there is no table quality.evidence_delays"),
        (
            "alter table quality.evidence_delays drop column period_end",
            "quality.evidence_delays has no column period_end",
        ),
    ],
)
def test_evidence_that_cannot_be_read_errs(home: Home, statement: str, problem: str) -> None:
    home.only("delays")
    home.execute(statement)
    home.run()
    assert home.outcomes("delays", "not_missing") == home.outcomes("delays", "on_time") == ["errored"]
    assert problem in home.reason("delays", "on_time")


def test_an_expectation_that_raises_is_errored_not_failed(home: Home) -> None:
    home.only("duplicates")
    home.evidence("evidence_duplicates", {"conflict_units_share": "'much'"})
    report = home.run()
    assert home.outcomes("duplicates", "few_conflicts") == ["errored"]
    finding = next(finding for finding in report.findings if finding.expectation.name == "few_conflicts")
    assert finding.blocks and (finding.failed, finding.errored) == (0, 1)
    assert home.held() == []


def _one_suite(folder: Path, type_: str, kwargs: dict[str, Any], **meta: Any) -> Path:
    folder.mkdir()
    allowed = {key: value for key, value in kwargs.items() if not key.startswith("column")}
    history = [{"since": "2025-01-06", "severity": "warning", "kwargs": allowed, "change": "c"}]
    expectation = {
        "type": type_,
        "kwargs": kwargs,
        "severity": "warning",
        "meta": {"name": "own", "reason": "r", "message": "{slice}: {observed} ({threshold})", "history": history},
    }
    suite_meta = {"evidence": "quality.evidence_delays", "stage": "slices", "invariant": False, "owner": "team:x"}
    content = {"name": "own", "notes": "n", "meta": suite_meta | meta, "expectations": [expectation]}
    (folder / "own.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("type_", "kwargs"),
    [("expect_column_values_to_be_lucky", {"column": "x"}), ("expect_column_values_to_be_between", {"colum": "x"})],
)
def test_an_expectation_that_cannot_be_run_is_never_dropped(
    home: Home, tmp_path: Path, type_: str, kwargs: dict[str, Any]
) -> None:
    home.only("delays")
    home.run()
    with pytest.raises(SuiteError, match=f"^own.json: own: Great Expectations cannot run {type_}"):
        home.run(expectations=_one_suite(tmp_path / "suites", type_, kwargs))


@pytest.mark.parametrize(("most", "outcome"), [(1, "failed"), (2, "passed")])
def test_an_expectation_on_the_table_as_a_whole_gets_one_verdict(
    home: Home, tmp_path: Path, most: int, outcome: str
) -> None:
    home.evidence("evidence_delays", {}, {})
    folder = _one_suite(tmp_path / "suites", "expect_table_row_count_to_be_between", {"max_value": most})
    home.run(expectations=folder)
    assert home.execute("select outcome, observed, reason from gates.gate_verdicts") == [
        (outcome, "2", "all: 2 (at most 1)" if outcome == "failed" else None)
    ]


def test_an_expectation_on_two_columns_shows_both(home: Home, tmp_path: Path) -> None:
    kwargs = {"column_A": "period_end", "column_B": "period_start"}
    home.evidence("evidence_delays", {}, {"period_end": "date '2025-02-01'"})
    home.run(expectations=_one_suite(tmp_path / "suites", "expect_column_pair_values_a_to_be_greater_than_b", kwargs))
    assert home.execute("select outcome, observed from gates.gate_verdicts order by all") == [
        ("failed", "period_end = 2025-02-01, period_start = 2025-02-10"),
        ("passed", "period_end = 2025-02-16, period_start = 2025-02-10"),
    ]
