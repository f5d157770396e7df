"""What follows from a verdict: waivers, held weeks, and whether a release may go out."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from gate_home import WEEK, Home

from orchestration.gates.errors import GateInputError, SuiteError
from orchestration.gates.verdicts import publishable
from orchestration.settings import EXPECTATIONS

MISSING = {"status": "'missing'"}
THREE_WEEKS = {"period_start": "date '2025-02-05'", "period_end": "date '2025-02-18'"}


def _reasons(home: Home, expectations: Path | None = None) -> list[str]:
    with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
        return publishable(connection, home.settings, expectations or home.expectations)


def test_a_critical_failure_holds_every_week_it_overlaps(home: Home) -> None:
    home.only("delays")
    home.evidence("evidence_delays", MISSING | THREE_WEEKS)
    home.run()
    assert home.held() == [("pharma_plus", "sell_out", date(2025, 2, day)) for day in (3, 10, 17)]


@pytest.mark.parametrize("end", ["cast(null as date)", "date '2025-01-01'"])
def test_a_period_without_a_proper_end_holds_the_week_of_its_start(home: Home, end: str) -> None:
    home.only("delays")
    home.evidence("evidence_delays", MISSING | {"period_end": end})
    home.run()
    assert home.held() == [("pharma_plus", "sell_out", WEEK)]


def test_warnings_and_invariants_hold_nothing(home: Home) -> None:
    home.only("delays", "conservation")
    home.evidence("evidence_delays", {"days_late": "4"})
    home.evidence("evidence_conservation", {"unaccounted_lines": "1"})
    home.run()
    assert home.held() == []


def test_a_slice_held_by_several_names_them(home: Home) -> None:
    home.only("acceptance", "delays", "duplicates")
    home.evidence("evidence_delays", MISSING)
    home.evidence(
        "evidence_acceptance", *({"accepted_share": share, "delivery_id": f"'{share}'"} for share in ("0.1", "0.2"))
    )
    home.evidence("evidence_duplicates", {"repeated_days": "2"})
    home.run()
    ((suites, reason),) = home.execute("select suites, reason from gates.held_slices")
    assert suites == "acceptance, delays, duplicates"
    assert reason.count("pharma_plus sell_out 2025-02-10 to 2025-02-16: ") == 3 and reason.endswith("; and 1 more")


def test_a_warning_marks_every_week_it_overlaps_and_nothing_else_does(home: Home) -> None:
    home.only("delays", "duplicates", "missing_sell_out")
    home.evidence("evidence_delays", {"days_late": "4"} | THREE_WEEKS)
    home.evidence("evidence_duplicates", {"duplicate_lines_share": "0.5"}, {"duplicate_lines_share": "0.9"})
    home.evidence("evidence_missing_sell_out", {"product_gaps": "3", "partner_id": "'other'"})
    home.run()
    marked = [
        (date(2025, 2, 3), "delays"),
        (date(2025, 2, 10), "delays, duplicates"),
        (date(2025, 2, 17), "delays"),
    ]
    assert home.marked() == [("pharma_plus", "sell_out", week, warnings, []) for week, warnings in marked]


def test_held_slices_are_typed_when_there_are_none(home: Home) -> None:
    home.only("delays")
    home.run()
    assert [row[:2] for row in home.execute("describe gates.held_slices")] == [
        ("partner_id", "VARCHAR"),
        ("kind", "VARCHAR"),
        ("week_start", "DATE"),
        ("suites", "VARCHAR"),
        ("reason", "VARCHAR"),
    ]


def test_a_mended_slice_is_let_go(home: Home) -> None:
    home.only("delays")
    home.evidence("evidence_delays", MISSING)
    home.run()
    home.evidence("evidence_delays", {})
    home.run()
    assert home.held() == []


@pytest.mark.parametrize(
    "unplaced",
    [
        {"partner_id": "cast(null as varchar)"},
        {"kind": "cast(null as varchar)"},
        {"kind": "'products'"},
        {"period_start": "cast(null as date)"},
    ],
)
def test_a_critical_failure_that_cannot_be_placed_stops_the_release(home: Home, unplaced: dict[str, str]) -> None:
    home.only("acceptance")
    home.evidence("evidence_acceptance", {"accepted_share": "0.1"} | unplaced)
    home.run()
    assert home.outcomes("acceptance", "accepted_publishable") == ["errored"]
    assert home.outcomes("acceptance", "accepted_nearly_all") == ["failed"]
    assert home.reason("acceptance", "accepted_publishable").endswith(
        "The row names no partner, week and sales kind, so no slice can be held, and the release is stopped"
    )


@pytest.mark.parametrize(
    ("start", "until", "outcome"),
    [
        ("2025-02-10", "2025-03-01", "waived"),
        ("2025-02-13", "2025-12-31", "waived"),  # another day of the same week
        ("2025-02-10", "2025-02-28", "failed"),  # expired the day before the run's
        ("2025-02-17", "2025-12-31", "failed"),
    ],
)
def test_a_waiver_covers_its_week_until_it_expires(home: Home, start: str, until: str, outcome: str) -> None:
    home.only("delays")
    home.waivers(("pharma_plus.sell_out", start, until), ("other.sell_out", "2025-02-10", "2025-12-31"))
    home.evidence("evidence_delays", MISSING | {"days_late": "3"})
    home.run()
    assert home.outcomes("delays", "not_missing") == home.outcomes("delays", "on_time") == [outcome]
    assert len(home.held()) == (outcome == "failed")


@pytest.mark.parametrize(
    ("every", "start", "outcome"),
    [
        ("1d", "2025-02-12", "waived"),
        ("1d", "2025-02-11", "failed"),  # another day of its week
        ("2d", "2025-02-11", "waived"),
        ("1w", "2025-02-10", "waived"),
        ("2w", "2025-02-03", "waived"),
        ("2w", "2025-01-27", "failed"),
        ("1m", "2025-02-01", "waived"),
        ("1m", "2025-01-01", "failed"),
        ("1y", "2025-01-01", "waived"),
    ],
)
def test_a_waiver_covers_a_period_of_its_feed(home: Home, every: str, start: str, outcome: str) -> None:
    home.only("delays")
    home.contract("pharma_plus.sell_out", every=every)
    home.waivers(("pharma_plus.sell_out", start, "2025-12-31"))
    home.evidence("evidence_delays", MISSING | {"period_start": "date '2025-02-12'", "period_end": "date '2025-02-12'"})
    home.run()
    assert home.outcomes("delays", "not_missing") == [outcome]


@pytest.mark.parametrize(("start", "outcome"), [("2025-02-09", "waived"), ("2025-02-16", "failed")])
def test_a_waiver_covers_a_week_as_its_feed_counts_them(home: Home, start: str, outcome: str) -> None:
    home.only("delays")
    home.contract("pharma_plus.sell_out", week_begins_on=7)
    home.waivers(("pharma_plus.sell_out", start, "2025-12-31"))
    home.evidence("evidence_delays", MISSING | {"period_start": "date '2025-02-09'", "period_end": "date '2025-02-15'"})
    home.run()
    assert home.outcomes("delays", "not_missing") == [outcome]


def test_a_waived_verdict_says_who_and_why(home: Home) -> None:
    home.only("delays")
    home.waivers(*(("pharma_plus.sell_out", "2025-02-10", until) for until in ("2025-04-01", "2025-05-01")))
    home.evidence("evidence_delays", MISSING)
    home.run()
    assert home.reason("delays", "not_missing") == (
        "pharma_plus sell_out 2025-02-10 to 2025-02-16: the expected delivery is missing (must not be missing)"
        ". Waived by Bea until 2025-05-01: strike"
    )
    waived = f"delays: {home.reason('delays', 'not_missing')}"
    assert home.marked() == [("pharma_plus", "sell_out", WEEK, None, [waived])]


@pytest.mark.parametrize(("kind", "outcome"), [("stock", "waived"), ("sell_out", "failed")])
def test_evidence_without_a_contract_is_waived_by_partner_and_kind(home: Home, kind: str, outcome: str) -> None:
    home.only("reconciliation")
    home.contract("p.x", kind)
    home.waivers(("p.x", "2025-02-10", "2025-12-31"))
    home.evidence("evidence_reconciliation", {"negative_stock_lines": "1"})
    home.run()
    assert home.outcomes("reconciliation", "no_negative_stock") == [outcome]


def test_an_invariant_cannot_be_waived(home: Home) -> None:
    home.only("conservation")
    home.waivers(("pharma_plus.sell_out", "2025-02-10", "2025-12-31"))
    home.evidence("evidence_conservation", {"unaccounted_lines": "1"})
    home.run()
    assert home.outcomes("conservation", "every_line_accounted_for") == ["failed"]


def test_a_release_may_go_out_with_held_slices(home: Home) -> None:
    home.only("delays", "marts")
    home.evidence("evidence_delays", MISSING)
    home.run()
    home.run("marts")
    assert _reasons(home) == []


def test_nothing_recorded_stops_a_release(home: Home) -> None:
    assert _reasons(home) == ["no verdict is recorded for build build-1: run the gates"]


def test_verdicts_of_another_build_stop_a_release(home: Home) -> None:
    home.only("delays", "marts")
    home.run()
    home.run("marts")
    home.build("build-2")
    assert _reasons(home) == ["no verdict is recorded for build build-2: run the gates"]


def test_a_stage_that_was_not_judged_stops_a_release(home: Home) -> None:
    home.only("delays", "marts")
    home.run()
    assert _reasons(home) == ["marts.no_offending_rows was not evaluated for build build-1: run the gates"]


def test_judging_slices_again_ends_the_verdict_on_the_marts(home: Home) -> None:
    home.only("delays", "marts")
    home.run()
    home.run("marts")
    home.run()
    assert _reasons(home) == ["marts.no_offending_rows was not evaluated for build build-1: run the gates"]


def test_an_expectation_that_was_added_since_stops_a_release(home: Home, tmp_path: Path) -> None:
    home.run()
    home.run("marts")
    folder = tmp_path / "suites"
    folder.mkdir()
    for file in EXPECTATIONS.glob("*.json"):
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if file.stem == "delays":
            added = json.loads(json.dumps(content["expectations"][0]))
            added["meta"]["name"] = "added"
            content["expectations"].append(added)
        (folder / file.name).write_text(json.dumps(content))
    assert _reasons(home, folder) == ["delays.added was not evaluated for build build-1: run the gates"]


def test_a_failed_invariant_stops_a_release(home: Home) -> None:
    home.only("conservation", "marts")
    home.evidence("evidence_conservation", {"unaccounted_lines": "2"}, {"unaccounted_lines": "3"}, {})
    home.evidence("evidence_marts", {"offending_rows": "7"})
    home.run()
    home.run("marts")
    conservation, marts = _reasons(home)
    assert conservation == (
        "conservation.every_line_accounted_for failed for 2 rows, first: pharma_plus sell_out 2025-02-10 to "
        "2025-02-16, delivery d1: lines read that are not in exactly one class: 2 (must be 0)"
    )
    assert marts.startswith("marts.no_offending_rows failed for 1 rows")


def test_an_errored_expectation_stops_a_release_a_mere_warning_too(home: Home) -> None:
    home.only("stability", "marts")
    home.execute("drop table quality.evidence_stability")
    home.run()
    home.run("marts")
    assert [reason.partition(" for ")[0] for reason in _reasons(home)] == [
        "stability.lines_do_not_shrink errored",
        "stability.published_units_stand errored",
    ]


def test_gates_that_break_off_leave_nothing_to_publish_by(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.only("delays", "marts")
    home.evidence("evidence_delays", MISSING)
    home.run()
    home.run("marts")
    home.evidence("evidence_delays", {})

    def break_off(*_: object) -> None:
        raise SuiteError("broken off")

    with monkeypatch.context() as patch:
        patch.setattr("orchestration.gates.run.carry", break_off)
        with pytest.raises(SuiteError, match="broken off"):
            home.run()
    assert _reasons(home) == ["no verdict is recorded for build build-1: run the gates"]
    assert len(home.held()) == 1, "verdicts, held slices and carried lines come together or not at all"


def test_without_a_run_before_it_says_what_to_do(home: Home) -> None:
    (home.settings.control / "build.parquet").unlink()
    with pytest.raises(GateInputError, match="control table build is not there: a run writes it"):
        home.run()
