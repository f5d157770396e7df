"""The truth holds for the files as they lie there, not only for what made them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from orchestration.demo.layouts import LAYOUTS
from orchestration.demo.plan import PLAN
from orchestration.demo.truth import CLASSES

Truth = Callable[[str], pd.DataFrame]


def _lines(landing: Path, contract_id: str, file_name: str) -> list[str]:
    return (landing / file_name).read_bytes().decode(LAYOUTS[contract_id].encoding).split("\r\n")


def test_every_delivery_is_a_file_and_every_file_a_delivery(landing: Path, truth: Truth) -> None:
    names = sorted(path.relative_to(landing).as_posix() for path in landing.rglob("*.*"))
    assert names == sorted(truth("delivery_ledger")["file_name"])


def test_classes_sum_to_the_lines_read(truth: Truth) -> None:
    ledger = truth("delivery_ledger")
    assert (ledger[list(CLASSES)].sum(axis=1) == ledger["lines_read"]).all()


def test_lines_read_are_the_lines_of_the_file(landing: Path, truth: Truth) -> None:
    ledger = truth("delivery_ledger")
    for row in ledger.loc[ledger["file_name"].str.endswith(".csv")].iloc[::40].itertuples():
        above = len(LAYOUTS[row.contract_id].preamble) + 1
        assert len(_lines(landing, row.contract_id, row.file_name)) - 1 - above == row.lines_read


def test_every_plan_row_left_its_mark(truth: Truth) -> None:
    found = truth("defects")
    assert list(found["defect_kind"]) == [plant.kind for plant in PLAN]
    planted = found.loc[~found["defect_kind"].isin(["late", "resent"])]
    assert (planted["lines"] > 0).all()
    without_file = found.loc[found["file_names"].str.len() == 0, "defect_kind"]
    assert set(without_file) == {"missing", "silent", "product_gap"}


def test_defects_do_not_share_a_slice(truth: Truth) -> None:
    found = truth("defects").sort_values(["contract_id", "period_start"])
    previous_end = found.groupby("contract_id")["period_end"].shift(1)
    assert (previous_end.isna() | (previous_end < found["period_start"])).all()


def test_a_missing_delivery_has_no_file(truth: Truth) -> None:
    missing = truth("delivery_calendar").query("status == 'missing'")
    assert len(missing) == sum(plant.kind == "missing" for plant in PLAN)
    ledger = truth("delivery_ledger")
    for row in missing.itertuples():
        of_period = (ledger["contract_id"] == row.contract_id) & (ledger["period_start"] == row.period_start)
        assert not of_period.any()


def test_late_deliveries_are_the_planned_ones(truth: Truth) -> None:
    late = truth("delivery_calendar").query("status == 'late'")
    planned = {(plant.contract_id, plant.first, plant.options["days"]) for plant in PLAN if plant.kind == "late"}
    assert set(zip(late["contract_id"], late["period_start"], late["days_late"], strict=True)) == planned


def test_resent_files_have_the_bytes_of_an_earlier_one(landing: Path, truth: Truth) -> None:
    resent = truth("duplicates").query("`class` == 'resent_file'")
    ledger = truth("delivery_ledger").set_index("file_name")
    assert len(resent) == sum(plant.kind == "resent" for plant in PLAN)
    for name in resent["file_name"]:
        twins = [
            path for path in (landing / name).parent.iterdir() if path.read_bytes() == (landing / name).read_bytes()
        ]
        assert sorted(path.name for path in twins)[-1] == Path(name).name
        assert len(twins) == 2
        assert ledger.loc[name, "duplicate"] == ledger.loc[name, "lines_read"]


def test_quarantined_lines_stand_where_the_truth_says(landing: Path, truth: Truth) -> None:
    for row in truth("quarantine").itertuples():
        layout = LAYOUTS[row.contract_id]
        line = _lines(landing, row.contract_id, row.file_name)[row.line_number - 1]
        assert line.split(layout.delimiter)[list(layout.columns.values()).index(row.column)] == row.cell


def test_unmatched_lines_stand_where_the_truth_says(landing: Path, truth: Truth) -> None:
    for row in truth("unmatched_lines").itertuples():
        line = _lines(landing, row.contract_id, row.file_name)[row.line_number - 1]
        assert row.product_code in line
        assert row.location_code in line


def test_the_repeated_day_holds_the_lines_of_the_day_before(landing: Path, truth: Truth) -> None:
    plant = next(plant for plant in PLAN if plant.kind == "repeated_day")
    ledger = truth("delivery_ledger").query("contract_id == 'boutique.sell_out'").set_index("period_start")["file_name"]
    source, repeated = (
        [
            line.replace(f"{day[8:]}/{day[5:7]}/{day[:4]}", "DAY")
            for line in _lines(landing, plant.contract_id, ledger[day])
        ]
        for day in (plant.options["source"], plant.first)
    )
    assert source == repeated
    assert len(source) > 20


def test_quiet_days_send_a_bare_header(landing: Path, truth: Truth) -> None:
    ledger = truth("delivery_ledger").query("contract_id == 'boutique.sell_out'").set_index("period_start")
    assert ledger.loc["2025-02-05", "lines_read"] == 0
    assert _lines(landing, "boutique.sell_out", ledger.loc["2025-02-05", "file_name"])[1:] == [""]


def test_missing_locations_are_the_silent_ones(truth: Truth) -> None:
    missing = truth("missing_sell_out")
    silent = sum(
        len(plant.options["locations"]) * (1 + (pd.Timestamp(plant.until) - pd.Timestamp(plant.first)).days // 7)
        for plant in PLAN
        if plant.kind == "silent"
    )
    assert (missing["level"] == "location").sum() == silent
    assert (missing["level"] == "partner").sum() == sum(
        plant.kind == "missing" and plant.contract_id.endswith("sell_out") for plant in PLAN
    )


def test_held_slices_fail_by_far_and_the_others_pass_by_far(truth: Truth) -> None:
    held = truth("held_slices").set_index("suite")["observed"]
    assert 0.6 < held["acceptance"].max() < 0.72
    assert held["missing_sell_out"] < 0.85
    assert held.loc[held.index == "duplicates"].min() > 0.05
    ledger = truth("delivery_ledger")
    judged = ledger["lines_read"] - ledger["out_of_scope"] - ledger["duplicate"] - ledger["superseded"]
    share = (ledger["accepted"] / judged.where(judged > 0)).dropna()
    assert set(truth("held_slices")["suite"]) == {"delays", "acceptance", "duplicates", "missing_sell_out"}
    assert (share >= 0.95).sum() + (held.index == "acceptance").sum() == len(share)


@pytest.mark.parametrize(("cause", "sign"), [("unit_error", -1), ("missing_sell_out", -1), ("duplicate_sell_out", 1)])
def test_variances_have_the_sign_of_their_cause(truth: Truth, cause: str, sign: int) -> None:
    # counts in cases come with both signs; a defect of the sell-out has one
    found = truth("reconciliation").query("cause == @cause and defect.notna()")["variance_units"]
    assert len(found) > 0
    assert (found * sign > 0).all()
