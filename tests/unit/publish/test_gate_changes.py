"""A gate that newly fails and one that newly passes are told of every release, and nothing else is."""

from __future__ import annotations

from typing import Any

from small_warehouse import Build, release_of

from orchestration.settings import Settings

WEEK = "2025-01-06"


def _verdict(outcome: str, week: str = WEEK, **more: Any) -> dict[str, Any]:
    row = {"suite": "delays", "expectation": "not_missing", "severity": "critical", "partner_id": "acme"}
    row |= {"kind": "sell_out", "period_start": week, "period_end": week, "outcome": outcome}
    return row | {"reason": f"{outcome} in {week}"} | more


def _changes(settings: Settings, *releases: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    """Publish one release after the other; changes of the last one."""
    for number, verdicts in enumerate(releases):
        published = release_of(settings, Build(f"b{number}", tables={"gate_verdicts": verdicts}))
    return [(one.change, str(one.period_start), one.reason) for one in published.manifest.gate_changes]


def test_the_first_release_changes_nothing(settings: Settings) -> None:
    assert _changes(settings, [_verdict("failed")]) == []


def test_a_failure_is_told_once(settings: Settings) -> None:
    failed = ("newly_failed", WEEK, f"failed in {WEEK}")
    assert _changes(settings, [_verdict("passed")], [_verdict("failed")]) == [failed]
    assert _changes(settings, [_verdict("passed")], [_verdict("failed")], [_verdict("failed")]) == []


def test_one_that_passes_again_tells_what_had_failed(settings: Settings) -> None:
    passed = [("newly_passed", WEEK, f"failed in {WEEK}")]
    assert _changes(settings, [_verdict("failed")], [_verdict("passed")]) == passed
    assert _changes(settings, [_verdict("failed")], [_verdict("waived")]) == passed


def test_what_was_never_judged_can_only_newly_fail(settings: Settings) -> None:
    later = [_verdict("passed"), _verdict("passed", "2025-01-13"), _verdict("errored", "2025-01-20")]
    assert _changes(settings, [_verdict("passed")], later) == [("newly_failed", "2025-01-20", "errored in 2025-01-20")]


def test_a_failure_of_which_nothing_is_left_to_judge_passes(settings: Settings) -> None:
    before = [_verdict("failed"), _verdict("passed", "2025-01-13")]
    assert _changes(settings, before, [_verdict("passed", "2025-01-20")]) == [
        ("newly_passed", WEEK, f"failed in {WEEK}")
    ]


def test_one_failing_row_makes_the_gate_fail(settings: Settings) -> None:
    mixed = [_verdict("passed"), _verdict("failed", reason="one delivery")]
    assert _changes(settings, [_verdict("passed")], mixed) == [("newly_failed", WEEK, "one delivery")]


def test_a_verdict_of_no_slice_is_compared_too(settings: Settings) -> None:
    nobody = {"partner_id": None, "kind": None, "period_start": None, "period_end": None}
    found = _changes(settings, [_verdict("passed", **nobody)], [_verdict("failed", reason="all", **nobody)])
    assert found == [("newly_failed", "None", "all")]
    failed = [_verdict("failed", **nobody)]
    assert _changes(settings, failed, failed) == []
