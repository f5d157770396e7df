"""INVRPT: what a stock report gives, and that packing detail, parts and movements are never added."""

from __future__ import annotations

import pytest

from tests.unit.ingest.edifact_samples.interchange import (
    AFTER_SUN,
    OTHER_SHOP,
    SHOP,
    SUN_MILK,
    column,
    edifact_contract,
    interchange,
    message,
    rows,
    sample,
)

CONTRACT = edifact_contract("stock")
PARTNER, DEPOT = "2900000000018", "2900000000209"


def report(*segments: str) -> list[dict[str, object]]:
    """The rows of one stock report."""
    header = ("BGM+35+R1+9", "DTM+366:20260712:102")
    return rows(interchange(message("INVRPT", *header, *segments)), CONTRACT)


def test_quantities_with_their_locations_behind_them() -> None:
    found = sample("invrpt_d96a.edi", CONTRACT)
    assert column(found, "line_number", "location_code", "product_code", "on_hand_units", "in_transit_units") == [
        (11, DEPOT, SUN_MILK, "300", "24"),
        (13, SHOP, SUN_MILK, "40", None),
        (16, DEPOT, AFTER_SUN, "120", None),
        (23, PARTNER, "2990000000033", "50", None),
    ]
    assert column(found, "snapshot_date", "partner_code", "problem") == [("2026-07-12", PARTNER, None)] * 4


def test_groups_of_quantities_that_inventory_details_open() -> None:
    found = sample("invrpt_d01b.edi", CONTRACT)
    assert column(
        found, "line_number", "location_code", "product_code", "on_hand_units", "in_transit_units", "on_order_units"
    ) == [(7, DEPOT, SUN_MILK, "300", "24", "50"), (16, DEPOT, AFTER_SUN, "0", None, None)]
    assert column(found, "snapshot_date", "problem") == [("2026-07-12", None)] * 2


def test_locations_that_hold_line_items() -> None:
    item = f"LIN+1++{SUN_MILK}:EN"
    found = report(
        f"LOC+14+{SHOP}::9", item, "QTY+145:5", f"LOC+14+{OTHER_SHOP}::9", item, "QTY+145:7", item, "QTY+145:8"
    )
    assert column(found, "location_code", "on_hand_units") == [(SHOP, "5"), (OTHER_SHOP, "7"), (OTHER_SHOP, "8")]


def test_line_items_that_hold_locations_before_their_quantities() -> None:
    found = report(f"LIN+1++{SUN_MILK}:EN", "QTY+145:12", "LOC+14+A", "QTY+145:5", "QTY+198:1", "LOC+14+B", "QTY+145:7")
    assert column(found, "line_number", "location_code", "on_hand_units", "in_transit_units") == [
        (7, "A", "5", "1"),
        (10, "B", "7", None),
    ]


def test_a_last_location_without_quantities_does_not_take_those_of_the_one_before() -> None:
    item = f"++{SUN_MILK}:EN'LOC+14+A'QTY+145:"
    found = report(f"LIN+1{item}5'LOC+14+B", f"LIN+2{item}6'LOC+14+B")
    assert column(found, "location_code", "on_hand_units") == [("A", "5"), ("B", None), ("A", "6"), ("B", None)]


def test_a_location_of_the_message_holds_for_line_items_with_and_without_their_own() -> None:
    found = report("LOC+18+W", f"LIN+1++{SUN_MILK}:EN", "QTY+145:5", f"LIN+2++{SUN_MILK}:EN", "QTY+145:7", "LOC+18+V")
    assert column(found, "location_code", "on_hand_units") == [("W", "5"), ("V", "7")]


BEHIND, BEFORE = f"LIN+2++{AFTER_SUN}:EN'QTY+145:7'LOC+18+B", f"LIN+2++{AFTER_SUN}:EN'LOC+18+B'QTY+145:7"


@pytest.mark.parametrize(
    ("quantities", "second"),
    [
        ("QTY+145:300'CPS+1'PAC+3'QTY+145:150'CPS+2'PAC+3'QTY+145:100", BEFORE),
        ("QTY+145:300'CPS+1'PAC+3'QTY+145:150'CPS+2'PAC+3'QTY+145:100", BEHIND),
        ("QTY+145:300'QTY+145:150'CPS+1'PAC+3'QTY+145:150'CPS+2'PAC+3", BEFORE),
        ("QTY+145:300'QTY+145:150'CPS+1'PAC+3'QTY+145:150'CPS+2'PAC+3", BEHIND),
        ("QTY+145:300'PAC+3'QTY+52:100", BEFORE),
        ("QTY+145:300'LOC+18+A'CPS+1'QTY+145:150'CPS+2'QTY+145:150", ""),
        ("QTY+145:300'LOC+18+A'CPS+1'QTY+145:150'CPS+2'QTY+145:150", BEHIND),
        ("QTY+145:300'LOC+18+A'QTY+145:150'CPS+1'QTY+145:150'CPS+2", BEHIND),
        ("LOC+18+A'QTY+145:300'CPS+1'QTY+145:150'CPS+2'QTY+145:150", BEFORE),
        ("QTY+145:300'QTY+145:200'GIN+BX+A'QTY+145:90'GIN+BX+B'QTY+145:10'GIN+BX+C", BEFORE),
        ("QTY+145:300'QTY+145:200'GIN+BX+A'QTY+145:90'GIN+BX+B'QTY+145:10'GIN+BX+C", BEHIND),
    ],
)
def test_packing_and_parts_are_not_added(quantities: str, second: str) -> None:
    found = report(f"LIN+1++{SUN_MILK}:EN'{quantities}", *([second] if second else []))
    assert column(found, "on_hand_units", "problem") == [("300", None), ("7", None)][: len(found)]


@pytest.mark.parametrize(
    "quantities",
    [
        "QTY+145:30'GIN+BX+A'QTY+145:20'GIN+BX+B",
        "QTY+145:20'GIN+BX+A'QTY+145:10'GIN+BX+B'QTY+145:10'GIN+BX+C",
        "QTY+145:30'CPS+1'QTY+145:20'CPS+2'QTY+145:20",
        "QTY+145:30'LOC+18+A'CPS+1'QTY+145:20'CPS+2'QTY+145:20",
        "QTY+145:30'QTY+145:x'QTY+145:20",
    ],
)
def test_quantities_that_may_have_no_total_are_set_aside(quantities: str) -> None:
    [row] = report(f"LIN+1++{SUN_MILK}:EN'{quantities}")
    assert row["problem_code"] == "quantity"


def test_other_stocks_are_not_on_hand() -> None:
    found = report(f"LIN+1++{SUN_MILK}:EN'QTY+124:5'QTY+97:1'QTY+17:9", f"LIN+2++{SUN_MILK}:EN'QTY+124:5'QTY+198:3")
    assert column(found, "on_hand_units", "in_transit_units") == [("9", None), (None, "3")]


def test_a_movement_is_no_stock() -> None:
    [row] = report(f"LIN+1++{SUN_MILK}:EN'QTY+145:40'INV+1")
    assert (row["problem_code"], str(row["problem"])[:10]) == ("movement", "segment 7:")
    [row] = report(f"LIN+1++{SUN_MILK}:EN'QTY+145:40'QTY+199:5'INV+1")
    assert (row["on_hand_units"], row["problem"]) == ("40", None)
    found = report(f"LIN+1++{SUN_MILK}:EN'INV+2'QTY+156:10'QTY+145:30'LOC+18+A'INV+1'QTY+145:20'LOC+18+A")
    assert {row["on_hand_units"] for row in found} == {None}


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        (["DTM+137:20260713:102", "DTM+366:20260712:102"], "2026-07-12"),
        (["DTM+137:20260713:102", "DTM+179:20260711:102"], "2026-07-11"),
        (["DTM+137:20260713:102"], "2026-07-13"),
        (["DTM+366:2026070620260712:718"], "2026-07-12"),
    ],
)
def test_the_day_of_the_count(dates: list[str], day: str) -> None:
    text = interchange(message("INVRPT", "BGM+35+R1+9", *dates, f"LIN+1++{SUN_MILK}:EN'QTY+145:1"))
    assert column(rows(text, CONTRACT), "snapshot_date") == [day]


@pytest.mark.parametrize(
    ("parties", "partner", "location"),
    [
        (["NAD+GY+A::9", "NAD+WH+W::9"], "A", "W"),
        (["NAD+BY+A::9", "NAD+ST+S::9", "NAD+SU+X::9"], "A", "S"),
        (["NAD+GY+A::9"], "A", "A"),
        (["NAD+SU+X::9"], None, None),
    ],
)
def test_whose_stock_and_where(parties: list[str], partner: str | None, location: str | None) -> None:
    found = report(*parties, f"LIN+1++{SUN_MILK}:EN'QTY+145:1")
    assert column(found, "partner_code", "location_code") == [(partner, location)]
