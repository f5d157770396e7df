"""The cause that each variance of the demo is given, against the cause that was planted there.

The rules were tuned on markets of the seeds 1 and 2; the demo has another one. Floors lie a little below what is
reached.
"""

from __future__ import annotations

import json

import pandas as pd
import pytest

from benchmarks.causes import read_market
from orchestration.demo.cause_matrix import confusion, mixed_scores, scores
from tests.pipeline.conftest import Release

#: causes that figures prove; what nothing explains is told apart from a late booking by chance only
_PROVED = {
    "duplicate_sell_out", "misrouted", "missing_sell_out", "returns", "shrinkage", "unit_error", "unreported_receipt",
    "within_tolerance",
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(demo: Release) -> pd.DataFrame:
    return read_market(demo.settings.home)


def test_every_cause_of_one_event_is_named(rows: pd.DataFrame) -> None:
    found = scores(confusion(rows))
    assert _PROVED | {"timing", "unexplained"} == set(found.index)
    assert (found["planted"] >= 10).all()
    proved = found.loc[sorted(_PROVED)]
    assert (proved[["precision", "recall"]] >= 0.93).all(axis=None), found
    assert found.loc["timing", "recall"] >= 0.93
    assert found.loc["timing", "precision"] >= 0.9


def test_where_several_causes_meet_one_of_them_is_named(rows: pd.DataFrame) -> None:
    mixed = mixed_scores(rows)
    assert mixed["intervals"] >= 100
    assert mixed["one is named"] >= 0.8


def test_unknown_ends_and_balanced_intervals_are_told(demo: Release) -> None:
    causes = {row[0] for row in demo.rows("select distinct cause from reconciliation")}
    assert {"balanced", "opening_unknown", "closing_unknown"} <= causes
    assert demo.value("select count(*) from reconciliation where variance_units = 0 and cause <> 'balanced'") == 0


def test_the_evidence_of_a_return_names_both_ends(demo: Release) -> None:
    evidence = [json.loads(row[0]) for row in demo.rows("select evidence from reconciliation where cause = 'returns'")]
    assert evidence
    assert all(one["gone_on"] != one["credited_on"] for one in evidence)
