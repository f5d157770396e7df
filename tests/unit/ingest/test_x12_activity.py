"""X12 852: what shops report as sold, returned, received and in stock, by place."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.ingest.x12 import items as x12_items
from tests.unit.ingest.x12_files import WEEK, figures, file_of, rows_of, x12_contract

SALES = x12_contract("sell_out", "units", "returned_units")
NET = x12_contract("sell_out", "units")
STOCK = x12_contract("stock", "on_hand_units")
RECEIPTS = x12_contract("sell_in", "units")


def test_a_line_item_gives_units_period_place_product_and_label(tmp_path: Path) -> None:
    text = file_of(
        WEEK, "CUR*BY*USD", "N1*RL*Shop 12*9*1234567890001", "LIN*1*UP*012345678905", "PID*F****Soap", "ZA*QS*88*EA"
    )
    assert rows_of(tmp_path, text, SALES) == [
        {
            "line_number": 7,
            "line": "LIN*1*UP*012345678905~PID*F****Soap~ZA*QS*88*EA",
            "interchange": "SHOP|BRAND|000000007",
            "partner_code": "SHOP",
            "location_code": "1234567890001",
            "product_code": "012345678905",
            "label": "Soap",
            "period_start": "2025-06-02",
            "period_end": "2025-06-08",
            "units": "88",
            "currency": "USD",
        }
    ]


@pytest.mark.parametrize(
    ("activities", "gross", "net"),
    [
        (["ZA*QS*10*EA", "ZA*QU*3*EA"], ("10", "3"), "7"),
        (["ZA*QS*10*EA", "ZA*TS*99*EA", "ZA*RE*99*EA"], ("10", None), "10"),
        (["ZA*Q1*7*EA", "ZA*QU*3*EA"], ("10", "3"), "7"),
        (["ZA*QU*3*EA"], ("0", "3"), "-3"),
        (["ZA*QS*2.5*EA*007*20250602", "ZA*QS*1.5*EA*007*20250603"], ("4.0", None), "4.0"),
        (["ZA*QS*4*EA", "ZA*QS*2.5*EA", "ZA*QS*1.5*EA"], ("4", None), "4"),
        (["ZA*QS*10*EA", "ZA*Q2*4*EA", "ZA*Q3*4*EA", "ZA*QD*4*EA", "QTY*OC*5"], ("10", None), "10"),
        (["ZA*QS*0*EA"], ("0", None), "0"),
    ],
)
def test_returns_are_those_of_consumers_and_units_are_net_where_no_column_takes_them(
    tmp_path: Path, activities: list[str], gross: tuple[str, str | None], net: str
) -> None:
    text = file_of(WEEK, "LIN*1*UP*012345678905", "QTY*17*503*EA", *activities)
    assert figures(rows_of(tmp_path, text, SALES), "units", "returned_units") == [gross]
    assert figures(rows_of(tmp_path, text, NET), "units", "returned_units") == [(net, None)]


def test_one_date_of_xq_leaves_the_end_of_the_period_to_the_contract(tmp_path: Path) -> None:
    text = file_of("XQ*G*20250602", "LIN**UP*1", "ZA*QS*1*EA", "ZA*QA*1*EA")
    assert figures(rows_of(tmp_path, text, SALES), "period_start", "period_end") == [("2025-06-02", None)]
    assert figures(rows_of(tmp_path, text, STOCK), "snapshot_date") == [("2025-06-02",)]


def test_without_xq_dates_the_report_period_of_dtm_holds(tmp_path: Path) -> None:
    text = file_of("XQ*H", "DTM*090*250602", "DTM*091*250608", "LIN**UP*1", "ZA*QS*1*EA")
    found = figures(rows_of(tmp_path, text, SALES), "period_start", "period_end")
    assert found == [("2025-06-02", "2025-06-08")]


def test_sdq_gives_a_line_a_place_and_its_total_is_not_added(tmp_path: Path) -> None:
    text = file_of(
        WEEK,
        "N1*RL*Depot*92*D1",
        "LIN*1*UP*111",
        "ZA*QS*8*EA",
        "SDQ*EA*92*0001*5*0002*2",
        "SDQ*EA*92*0003*1",
        "ZA*QU*1*EA",
        "SDQ*EA*92*0002*1",
        "LIN*2*UP*222",
        "ZA*QS*4*EA",
    )
    found = rows_of(tmp_path, text, SALES)
    assert figures(found, "line_number", "product_code", "location_code", "units", "returned_units") == [
        (8_000_000_001, "111", "0001", "5", None),
        (8_000_000_002, "111", "0002", "2", "1"),
        (9_000_000_001, "111", "0003", "1", None),
        (12, "222", "D1", "4", None),
    ]
    assert found[1]["line"] == "LIN*1*UP*111~SDQ*EA*92*0001*5*0002*2"


def test_places_of_several_activities_merge_into_one_line_each(tmp_path: Path) -> None:
    text = file_of(
        WEEK,
        "LIN*1*UP*111",
        "ZA*QA*30*EA",
        "SDQ*EA*92*0001*10*0002*20",
        "ZA*QP*7*EA",
        "SDQ*EA*92*0002*7",
        "ZA*QI*3*EA",
        "SDQ*EA*92*0001*3",
        "ZA*QT*-1*EA",
        "SDQ*EA*92*0001*-1",
    )
    columns = ("location_code", "on_hand_units", "on_order_units", "in_transit_units", "adjustment_units")
    assert figures(rows_of(tmp_path, text, STOCK), *columns) == [
        ("0001", "10", None, "3", "-1"),
        ("0002", "20", "7", None, None),
    ]


def test_places_that_do_not_sum_to_their_total_set_the_item_aside_where_it_matters(tmp_path: Path) -> None:
    text = file_of(
        WEEK,
        "LIN*1*UP*111",
        "ZA*QS*9*EA",
        "SDQ*EA*92*0001*5*0002*2",
        "ZA*QA**EA",
        "SDQ*EA*92*0001*10",
        "LIN*2*UP*222",
        "ZA*QS*7.0*EA",
        "SDQ*EA*92*0001*7",
    )
    reason = "segment 6: the line item says 9, its places sum to 7; ask the partner which one holds"
    found = figures(rows_of(tmp_path, text, SALES), "location_code", "problem_code", "problem")
    assert found == [("0001", "quantity", reason), ("0002", "quantity", reason), ("0001", None, None)]
    assert figures(rows_of(tmp_path, text, STOCK), "location_code", "problem", "is_outside") == [
        ("0001", None, None),
        (None, None, True),
    ]


def test_a_quantity_twice_that_is_no_sum_of_the_others_sets_the_place_aside(tmp_path: Path) -> None:
    text = file_of(
        WEEK,
        "LIN*1*UP*111",
        "ZA*QS*4*EA",
        "ZA*QS*5*EA",
        "LIN*2*UP*222",
        "ZA*QS*9*EA",
        "SDQ*EA*92*0001*4*0002*2*0001*3",
    )
    told = "segment {}: quantity QS stands 2 times, and is no sum of the others; ask the partner which one holds"
    assert figures(rows_of(tmp_path, text, SALES), "location_code", "problem_code", "problem") == [
        (None, "quantity", told.format(6)),
        ("0001", "quantity", told.format(10)),
        ("0002", None, None),
    ]


def test_a_quantity_of_the_whole_item_stands_beside_those_of_places(tmp_path: Path) -> None:
    text = file_of(WEEK, "N1*RL*Depot*92*D1", "LIN*1*UP*111", "ZA*QS*4*EA", "ZA*QS*5*EA", "SDQ*EA*92*0001*5")
    assert figures(rows_of(tmp_path, text, SALES), "location_code", "units") == [("D1", "4"), ("0001", "5")]


def test_an_item_of_more_text_than_is_kept_is_set_aside_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x12_items, "LARGEST_SCOPE", 300)
    many = [f"SDQ*EA*92*{place:04}*1" for place in range(40)]
    text = file_of(WEEK, "LIN*1*UP*111", "ZA*QS*40*EA", *many, "LIN*2*UP*222", "ZA*QS*1*EA")
    found = rows_of(tmp_path, text, SALES)
    assert figures(found, "line_number", "problem_code", "units") == [(5, "too_large", None), (47, None, "1")]


def test_ten_pairs_and_a_location_behind_them_are_an_sdq(tmp_path: Path) -> None:
    pairs = "*".join(f"{place:04}*{place}" for place in range(1, 11))
    text = file_of(WEEK, "LIN*1*UP*111", "ZA*QS*55*EA", f"SDQ*EA*92*{pairs}*SHELF")
    found = figures(rows_of(tmp_path, text, SALES), "location_code", "units")
    assert found == [(f"{place:04}", str(place)) for place in range(1, 11)]


@pytest.mark.parametrize(
    ("activities", "on_hand"),
    [
        (["ZA*QE*6*EA", "ZA*QA*5*EA", "ZA*OH*7*EA"], "5"),
        (["ZA*QB*9*EA", "ZA*OH*7*EA", "ZA*QE*6*EA"], "6"),
        (["ZA*OH*7*EA"], "7"),
    ],
)
def test_stock_on_hand_is_what_is_available_else_the_ending_balance(
    tmp_path: Path, activities: list[str], on_hand: str
) -> None:
    text = file_of(WEEK, "LIN*1*UP*111", *activities)
    assert figures(rows_of(tmp_path, text, STOCK), "snapshot_date", "on_hand_units") == [("2025-06-08", on_hand)]


def test_receipts_and_returns_to_the_supplier_are_lines_of_their_own(tmp_path: Path) -> None:
    text = file_of(
        WEEK,
        "N1*ST*Depot*92*D1",
        "LIN*1*UP*111",
        "ZA*QR*50*EA",
        "ZA*Q2*6*EA",
        "ZA*Q3*4*EA",
        "ZA*QU*9*EA",
        "LIN*2*UP*222",
        "ZA*QR*5*EA",
        "SDQ*EA*92*0001*2*0002*3",
        "ZA*Q3*1*EA",
        "SDQ*EA*92*0002*1",
        "ZA*RQ*2*EA",
        "SDQ*EA*92*0002*2",
    )
    columns = ("line_number", "document_line", "document_type", "location_code", "units")
    found = rows_of(tmp_path, text, RECEIPTS)
    assert figures(found, *columns) == [
        (7, "1", "shipment", "D1", "50"),
        (8, "1", "return", "D1", "-6"),
        (13_000_000_001, "2", "shipment", "0001", "2"),
        (13_000_000_002, "2", "shipment", "0002", "3"),
        (15_000_000_001, "2", "return", "0002", "-3"),
    ]
    assert {(row["document_id"], row["document_date"], row["received_on"]) for row in found} == {
        ("852/2025-06-02/2025-06-08", "2025-06-08", "2025-06-08")
    }


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        ("CTP**RTL*5.99", "11.98"),
        ("CTP**RES*5.99*1*EA", "11.98"),
        ("CTP**RTL*599******HP", "11.98"),
        ("CTP**DIS*5.99", None),
        ("CTP**MSR*5.99", None),
        ("CTP**RTL*5.99**CA", None),
        ("CTP**RTL*5.99*100", None),
        ("CTP**RTL*5.99***SEL*0.9", None),
        ("CTP**RTL*cheap", "cheap"),
    ],
)
def test_an_amount_needs_a_price_at_which_a_shop_sells(tmp_path: Path, price: str, amount: str | None) -> None:
    text = file_of(WEEK, "LIN*1*UP*111", price, "ZA*QS*3*EA", "ZA*QU*1*EA")
    assert figures(rows_of(tmp_path, text, SALES), "amount") == [(amount,)]


def test_an_item_that_says_nothing_of_the_kind_is_out_of_scope(tmp_path: Path) -> None:
    text = file_of(WEEK, "LIN*1*UP*111", "ZA*QA*5*EA", "LIN*2*UP*222")
    assert figures(rows_of(tmp_path, text, SALES), "line_number", "is_outside") == [(5, True), (7, True)]


def test_a_quantity_that_is_blank_or_no_number_is_handed_on_for_the_casts_to_name(tmp_path: Path) -> None:
    text = file_of(
        WEEK,
        "LIN*1*UP*111",
        "ZA*QS**EA",
        "LIN*2*UP*222",
        "ZA*QS*many*EA",
        "ZA*QS*3*EA",
        "ZA*QU*1*EA",
        "LIN*3*UP*333",
        "ZA*QS*5*EA",
        "SDQ*EA*92*0001",
    )
    found = rows_of(tmp_path, text, NET)
    assert figures(found, "line_number", "units", "is_outside") == [
        (5, "", None),
        (7, "many", None),
        (13_000_000_001, "", None),
    ]


def test_the_place_of_the_line_item_goes_before_that_of_the_header(tmp_path: Path) -> None:
    text = file_of(WEEK, "N1*RL*Head*92*H1", "LIN**UP*1", "N1*SN*Shop*92*S1", "ZA*QS*1*EA", "LIN**UP*2", "ZA*QS*2*EA")
    assert figures(rows_of(tmp_path, text, SALES), "location_code") == [("S1",), ("H1",)]


def test_a_place_without_a_code_is_called_by_its_name(tmp_path: Path) -> None:
    text = file_of(WEEK, "N1*RL*Head Office", "LIN**UP*1", "ZA*QS*1*EA")
    assert figures(rows_of(tmp_path, text, SALES), "location_code") == [("Head Office",)]
