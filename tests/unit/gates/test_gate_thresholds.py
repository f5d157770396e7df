"""A contract's own thresholds judge its own slices, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gate_home import Home

from orchestration.contracts.model import Contract, Server, Threshold

OTHER = {"contract_id": "'other.sell_out'", "partner_id": "'other'"}


def _contract(kind: str = "sell_out", **threshold: Any) -> Contract:
    own = Threshold(reason="returns are booked twice", **threshold)
    return Contract(
        id=f"pharma_plus.{kind}", version="1.0.0", status="active", file=Path("a.odcs.yaml"), kind_name=kind,
        partner="pharma_plus", server=Server(type="local", path="x/*.csv", format="csv"), mappings=(),
        thresholds=(own,),
    )  # fmt: skip


def _verdicts(home: Home, suite: str, expectation: str) -> list[tuple[Any, ...]]:
    return home.execute(
        "select partner_id, severity, outcome, threshold from gates.gate_verdicts "
        "where suite = ? and expectation = ? order by partner_id, observed",
        [suite, expectation],
    )


@pytest.mark.parametrize(("share", "own", "others"), [("0.015", "passed", "failed"), ("0.03", "failed", "failed")])
def test_a_loosened_bound_judges_its_own_slices_only(home: Home, share: str, own: str, others: str) -> None:
    home.stated(_contract(suite="duplicates", expectation="few_conflicts", max_value=0.02))
    measure = {"conflict_units_share": f"cast({share} as double)"}
    home.evidence("evidence_duplicates", measure, measure | OTHER)
    home.run()
    assert _verdicts(home, "duplicates", "few_conflicts") == [
        ("other", "critical", others, "<= 0.01"),
        ("pharma_plus", "critical", own, "<= 0.02 (by pharma_plus.sell_out: returns are booked twice)"),
    ]
    assert {partner for partner, _, _ in home.held()} == ({"other"} if own == "passed" else {"other", "pharma_plus"})


def test_a_severity_decides_what_a_failure_does(home: Home) -> None:
    home.stated(_contract(suite="delays", expectation="not_missing", severity="warning"))
    home.evidence("evidence_delays", {"status": "'missing'"}, {"status": "'missing'"} | OTHER)
    home.run()
    assert [row[:3] for row in _verdicts(home, "delays", "not_missing")] == [
        ("other", "critical", "failed"),
        ("pharma_plus", "warning", "failed"),
    ]
    assert {partner for partner, _, _ in home.held()} == {"other"}


def test_failing_rows_are_the_right_ones(home: Home) -> None:
    """Rows of a part are numbered anew for Great Expectations: the first of the frame is not the first of the part."""
    home.stated(_contract(suite="duplicates", expectation="few_conflicts", max_value=0.5))
    shares = [("0.9", OTHER), ("0.2", {}), ("0.0", OTHER), ("0.9", {}), ("0.1", {})]
    home.evidence(
        "evidence_duplicates",
        *({"conflict_units_share": f"cast({share} as double)"} | whose for share, whose in shares),
    )
    home.run()
    found = home.execute(
        "select partner_id, observed, outcome from gates.gate_verdicts "
        "where suite = 'duplicates' and expectation = 'few_conflicts' order by all"
    )
    assert found == [
        ("other", "0.0", "passed"), ("other", "0.9", "failed"),
        ("pharma_plus", "0.1", "passed"), ("pharma_plus", "0.2", "passed"), ("pharma_plus", "0.9", "failed"),
    ]  # fmt: skip


def test_a_row_without_a_contract_falls_to_that_of_partner_and_kind(home: Home) -> None:
    own = {"suite": "reconciliation", "expectation": "variances_tolerated", "max_value": 3}
    home.stated(_contract("stock", **own))
    home.evidence("evidence_reconciliation", {"intervals_out_of_tolerance": "3"})
    home.run()
    assert [row[2] for row in _verdicts(home, "reconciliation", "variances_tolerated")] == ["passed"]
