"""Totals that a document states of its own records: held against them, and reported where they do not add up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.contracts.model import Contract, Total
from orchestration.landing.arrivals import arrival
from orchestration.landing.ledger import ledger
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, take_in
from tests.unit.ingest.json_feeds import json_contract, sale, take_json

OF_WEEK = Total(total="$.sums[*].units", of="qty", by=("day",))
OF_ALL = Total(total="$.report.units", of="qty")
ROWS = [sale("A", 1), sale("B", 2), sale("A", 4, day="2025-01-13")]
NOWHERE = "$.sums[*].units is nowhere in the file, so that qty of its records is not held against it"


def contract_with(*totals: Total, path: str = "$.rows", **server: Any) -> Contract:
    return json_contract(path, server={"totals": totals, **server})


def week(units: Any, day: str = "2025-01-06") -> dict[str, Any]:
    return {"day": day, "units": units}


@pytest.mark.parametrize(
    ("sums", "remarks"),
    [
        ([week(3), week(4, "2025-01-13")], []),
        ([week("3.0")], []),
        ([week(None), week(0, "2025-02-03")], []),
        ([week(None)], [NOWHERE]),
        ([], [NOWHERE]),
        (None, [NOWHERE]),
        (week(2), ["$.sums[*].units (day 2025-01-06) says 2, its records sum to 3"]),
        (
            [week(5490), week(4.5, "2025-01-13")],
            [
                "$.sums[*].units (day 2025-01-06) says 5,490, its records sum to 3",
                "$.sums[*].units (day 2025-01-13) says 4.5, its records sum to 4",
            ],
        ),
        ([week(3), week(2, "2025-02-03")], ["$.sums[*].units (day 2025-02-03) says 2, its records sum to 0"]),
        ([week("many")], ["$.sums[*].units (day 2025-01-06) says many, its records sum to 3"]),
    ],
)
def test_a_total_is_held_against_the_records_that_agree_with_it(
    settings: Settings, sums: Any, remarks: list[str]
) -> None:
    entry = take_json(settings, contract_with(OF_WEEK), {"sums": sums, "rows": ROWS})
    assert list(entry.remarks) == remarks
    assert (entry.lines_read, entry.lines_parsed) == (3, 3)


def test_a_total_is_of_the_records_in_the_same_element_only(settings: Settings) -> None:
    reports = [{"report": {"units": 7}, "rows": ROWS}, {"report": {"units": 7}, "rows": ROWS[:2]}]
    entry = take_json(settings, contract_with(OF_ALL), reports)
    assert entry.remarks == ("$.report.units (element 2) says 7, its records sum to 3",)


def test_a_total_within_the_way_to_the_records_is_of_what_lies_below_it(settings: Settings) -> None:
    total = Total(total="$.orders.items_count", of="qty")
    orders = [{"items_count": 3, "items": ROWS[:2]}, {"items_count": 5, "items": ROWS[2:]}]
    entry = take_json(settings, contract_with(total, path="$.orders[*].items[*]"), {"orders": orders})
    assert entry.remarks == ("$.orders.items_count (element 2) says 5, its records sum to 4",)


def test_records_that_are_set_aside_or_out_of_scope_are_part_of_the_total(settings: Settings) -> None:
    contract = json_contract("$.rows", server={"totals": (OF_ALL,)}, where="sku <> 'B'")
    rows = [*ROWS, sale("C", 10, day="soon")]
    entry = take_json(settings, contract, {"report": {"units": 17}, "rows": rows})
    assert (entry.lines_out_of_scope, entry.lines_quarantined, entry.remarks) == (1, 1, ())


def test_totals_are_exact_and_follow_the_marks_of_the_contract(settings: Settings) -> None:
    document = {"report": {"units": 0.3}, "rows": [sale("A", 0.1), sale("B", "0,2")]}
    assert take_json(settings, contract_with(OF_ALL, decimal=","), document).remarks == ()


def test_no_records_and_no_totals_are_no_remark(settings: Settings) -> None:
    assert take_json(settings, contract_with(OF_WEEK), {"rows": []}).remarks == ()


def test_many_remarks_are_counted_and_not_all_kept(settings: Settings) -> None:
    sums = [week(1, f"2025-02-{day:02d}") for day in range(1, 26)]
    entry = take_json(settings, contract_with(OF_WEEK), {"sums": sums, "rows": ROWS})
    assert len(entry.remarks) == 21
    assert entry.remarks[-1] == "and 5 more totals that do not add up"


def test_remarks_reach_the_ledger_the_list_of_deliveries_and_the_arrival(settings: Settings) -> None:
    contract = contract_with(OF_ALL, OF_WEEK)
    sums = [week(number) for number in range(3, 6)]
    deliver(settings, "shop/a.json", json.dumps({"report": {"units": 5}, "sums": sums, "rows": ROWS}))
    deliver(settings, "shop/b.json", json.dumps({"report": {"units": 7}, "sums": [week(3)], "rows": ROWS}))
    entries = take_in(settings, contract)
    remarks = (
        "$.report.units says 5, its records sum to 7",
        "$.sums[*].units (day 2025-01-06) says 4, its records sum to 3",
        "$.sums[*].units (day 2025-01-06) says 5, its records sum to 3",
    )
    kept = {entry.file_name: entry.remarks for entry in ledger(settings).values()}
    assert kept == {"shop/a.json": remarks, "shop/b.json": ()}
    note = f"{remarks[0]}; {remarks[1]}; and 1 more"
    listed = CliRunner().invoke(app, ["--home", str(settings.home), "delivery", "list", "--json"])
    assert {row["file"]: row["note"] for row in json.loads(listed.stdout)} == {"shop/a.json": note, "shop/b.json": None}
    shown = arrival(contract, entries).metadata["newest"].value
    assert f"| 0 | {note} |" in str(shown)
