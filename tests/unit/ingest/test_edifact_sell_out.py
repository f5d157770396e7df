"""SLSRPT: what a sales report gives to sell-out, in both orders of locations and line items."""

from __future__ import annotations

import pytest

from orchestration.ingest.relation import Unreadable
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
    sale,
    sales,
    sample,
    without,
)

CONTRACT = edifact_contract()
PARTNER = "2900000000018"


def report(*segments: str) -> str:
    """An interchange with one sales report that says nothing by itself."""
    return interchange(message("SLSRPT", "BGM+73E::9+R1+9", *segments))


def test_locations_that_hold_line_items() -> None:
    found = sample("slsrpt_d96a.edi", CONTRACT)
    assert column(found, "line_number", "location_code", "product_code", "units", "returned_units") == [
        (11, SHOP, SUN_MILK, "6", None),
        (16, SHOP, AFTER_SUN, "4", "1"),
        (22, OTHER_SHOP, SUN_MILK, "2", None),
        (25, OTHER_SHOP, SUN_MILK, "2", None),
    ]
    assert column(found, "period_start", "period_end", "amount", "currency", "label") == [
        ("2026-07-06", "2026-07-12", "119.7", "EUR", "SUN MILK 50 ML"),
        ("2026-07-06", "2026-07-12", "37.5", "EUR", None),
        ("2026-07-01", "2026-07-31", "39.90", "EUR", None),
        ("2026-07-01", "2026-07-31", "39.90", "EUR", None),
    ]
    assert {row["partner_code"] for row in found} == {PARTNER}


def test_line_items_that_hold_locations() -> None:
    found = sample("slsrpt_d01b.edi", CONTRACT)
    assert column(found, "line_number", "location_code", "product_code", "units", "returned_units", "amount") == [
        (15, SHOP, SUN_MILK, "6", None, "119.70"),
        (17, OTHER_SHOP, SUN_MILK, "3.0", None, "59.850"),
        (22, SHOP, AFTER_SUN, "0", "2", "-25.0"),
    ]
    assert column(found, "period_start", "period_end", "campaign_code", "label", "problem") == [
        ("2026-07-06", "2026-07-12", "SUMMER26", "CRÈME O'SOLEIL ~ 50+", None),
        ("2026-07-07", None, "SUMMER26", "CRÈME O'SOLEIL ~ 50+", None),
        ("2026-07-06", "2026-07-12", None, None, None),
    ]


def test_locations_of_line_items_come_before_one_of_the_message() -> None:
    located = "LOC+162+A'QTY+153:2'LOC+162+B'QTY+153:3"
    other = "LOC+14+C'QTY+153:7"
    text = report("LOC+162+HEAD", f"LIN+1++{SUN_MILK}:EN'{located}'{other}", f"LIN+2++{SUN_MILK}:EN'QTY+153:4")
    assert column(rows(text), "location_code", "units") == [("A", "2"), ("B", "3"), ("C", "7"), ("HEAD", "4")]


def test_identical_lines_are_sales_of_their_own() -> None:
    assert column(rows(interchange(sales(*[sale(1)] * 3))), "units", "problem") == [("1", None)] * 3


def test_returns_are_taken_off_where_the_contract_does_not_map_them() -> None:
    lines = (f"LIN+1++{SUN_MILK}:EN'QTY+153:4'QTY+210:1'QTY+61:9", f"LIN+2++{SUN_MILK}:EN'QTY+61:-2'PRI+AAE:5")
    text = interchange(sales(*lines))
    assert column(rows(text), "units", "returned_units", "amount") == [("4", "1", None), ("0", "2", "-10")]
    assert column(rows(text, without(CONTRACT, "returned_units")), "units") == ["3", "-2"]


@pytest.mark.parametrize(
    ("at_message", "at_location", "at_item", "period"),
    [
        (["DTM+137:20260714:102"], [], [], ("2026-07-14", None)),
        (["DTM+137:20260714:102", "DTM+90:20260701:102", "DTM+91:20260731:102"], [], [], ("2026-07-01", "2026-07-31")),
        (["DTM+90:20260701:102", "DTM+356:20260702:102"], [], [], ("2026-07-02", None)),
        (["DTM+356:202628:616"], [], [], ("2026-07-06", "2026-07-12")),
        (["DTM+356:202607:610"], ["DTM+90:20260708:102", "DTM+91:20260709:102"], [], ("2026-07-08", "2026-07-09")),
        (["DTM+356:202607:610"], ["DTM+356:20260708:102"], ["DTM+356:20260709:102"], ("2026-07-09", None)),
        (["DTM+356:202607:610"], [], ["DTM+137:20260709:102"], ("2026-07-01", "2026-07-31")),
        (["DTM+91:20260731:102"], [], [], (None, "2026-07-31")),
        ([], [], [], (None, None)),
    ],
)
def test_the_innermost_period_counts(
    at_message: list[str], at_location: list[str], at_item: list[str], period: tuple[str | None, str | None]
) -> None:
    location = (f"LOC+162+{SHOP}::9", *at_location)
    text = report(*at_message, *location, f"LIN+1++{SUN_MILK}:EN", *at_item, "QTY+153:1")
    [row] = rows(text)
    assert (row["period_start"], row["period_end"]) == period


def test_the_first_thing_wrong_with_a_line_is_told() -> None:
    [row] = rows(report("DTM+356:20260231:102", sale(1, "x")))
    assert row["problem_code"] == "not_a_date"


def test_a_date_that_is_none_is_told_by_its_segment() -> None:
    [row] = rows(report("DTM+356:20260231:102", sale(1)))
    reason = "segment 4: 20260231 is not a date of format 102"
    assert (row["problem_code"], row["problem"], row["period_start"]) == ("not_a_date", reason, None)


@pytest.mark.parametrize(
    ("segments", "partner", "location"),
    [
        (["NAD+BY+A::9", "NAD+SE+B::9", "NAD+SU+C::9"], "A", "A"),
        (["NAD+SU+C::9", "NAD+SE+B::9"], "B", "B"),
        (["NAD+BY+A::9", "NAD+ST+S1::92"], "A", "S1"),
        (["NAD+SU+C::9"], None, None),
        (["NAD+BY+A::9", "LOC+162+P::9"], "A", "P"),
        (["NAD+BY+A::9", "LOC+162+P::9", "LOC+7+CITY"], "A", "P"),
        (["NAD+BY++NAME"], None, None),
    ],
)
def test_whose_sale_and_where(segments: list[str], partner: str | None, location: str | None) -> None:
    assert column(rows(report(*segments, sale(1))), "partner_code", "location_code") == [(partner, location)]


@pytest.mark.parametrize(
    ("item", "stated", "code"),
    [
        ("LIN+1++E:EN'PIA+1+S:SA+B:BP", (), "E"),
        ("LIN+1++B:BP'PIA+5+S:SA'PIA+1+E:EN", (), "E"),
        ("LIN+1'PIA+1+B:IN::92", (), "B"),
        ("LIN+1++X:ZZZ", (), "X"),
        ("LIN+1++X", (), "X"),
        ("LIN+1", (), None),
        ("LIN+1++X:BP'PIA+4+E:EN", (), "X"),
        ("LIN+1++E:EN'PIA+1+S:SA+B:BP", ("SA", "EN"), "S"),
        ("LIN+1++E:EN'PIA+1+B:BP", ("SA", "EN"), "E"),
        ("LIN+1++E:EN", ("SA",), None),
    ],
)
def test_which_product_code_is_taken(item: str, stated: tuple[str, ...], code: str | None) -> None:
    contract = edifact_contract(server={"product_qualifiers": stated})
    assert column(rows(report(f"{item}'QTY+153:1"), contract), "product_code") == [code]


@pytest.mark.parametrize(
    ("segments", "amount", "currency"),
    [
        ("QTY+153:2'MOA+203:7'PRI+AAA:5", "7", "EUR"),
        ("QTY+153:2'MOA+203:7:CHF", "7", "CHF"),
        ("QTY+153:2'PRI+AAE:6'PRI+AAA:5", "10", "EUR"),
        ("QTY+153:2'PRI+AAE:30:CA:RTP:12", "5.0", "EUR"),
        ("QTY+153:2'PRI+AAE:30:CA:RTP:0", "60", "EUR"),
        ("QTY+153:2'PRI+XXX:5", None, "EUR"),
        ("QTY+153:2", None, "EUR"),
    ],
)
def test_amounts_are_stated_or_price_by_units(segments: str, amount: str | None, currency: str) -> None:
    [row] = rows(report("CUX+2:EUR:10", f"LIN+1++{SUN_MILK}:EN'{segments}"))
    assert (row["amount"], row["currency"]) == (amount, currency)


@pytest.mark.parametrize(
    "quantities", ["QTY+153:2'QTY+153:3", "QTY+153:1'QTY+153:1", "QTY+153:2'MKS+1'QTY+153:1'QTY+153:1"]
)
def test_a_quantity_twice_that_is_no_total_with_parts_is_set_aside(quantities: str) -> None:
    [row, other] = rows(report(f"LIN+1++{SUN_MILK}:EN'{quantities}", sale(2)))
    assert (row["problem_code"], other["problem_code"]) == ("quantity", None)


def test_a_total_and_its_parts_count_once() -> None:
    assert column(rows(report(f"LIN+1++{SUN_MILK}:EN'QTY+153:5'QTY+153:2'QTY+153:3")), "units", "problem") == [
        ("5", None)
    ]


def test_a_total_that_its_locations_do_not_sum_to_sets_the_line_item_aside() -> None:
    located = "LOC+162+A'QTY+153:2'LOC+162+B'QTY+153:3"
    found = rows(report(f"LIN+1++{SUN_MILK}:EN'QTY+153:5'{located}", f"LIN+2++{SUN_MILK}:EN'QTY+153:6'{located}"))
    assert column(found, "location_code", "units", "problem_code") == [
        ("A", "2", None),
        ("B", "3", None),
        ("A", "2", "quantity"),
        ("B", "3", "quantity"),
    ]
    assert "segment 10: the line item says 6, its locations sum to 5" in found[2]["problem"]


def test_what_a_line_item_states_for_its_one_location_is_that_locations() -> None:
    text = report(f"LIN+1++{SUN_MILK}:EN'MOA+203:30'LOC+162+A'QTY+153:2", f"LIN+2++{SUN_MILK}:EN'QTY+153:4'LOC+162+A")
    assert column(rows(text), "location_code", "units", "amount") == [("A", "2", "30"), ("A", "4", None)]


def test_an_amount_of_several_locations_is_given_to_none() -> None:
    text = report(f"LIN+1++{SUN_MILK}:EN'MOA+203:30'LOC+162+A'QTY+153:2'LOC+162+B'QTY+153:1")
    assert column(rows(text), "units", "amount") == [("2", None), ("1", None)]


def test_a_location_without_sales_at_the_end_changes_nothing() -> None:
    text = report("LOC+162+A", sale(1, 5), "LOC+162+B", sale(1, 7), "LOC+162+C")
    assert column(rows(text), "location_code", "units") == [("A", "5"), ("B", "7")]


def test_a_line_item_with_more_locations_than_fit_in_memory_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.ingest.edifact.items._MOST_PLACES", 3)
    text = report(f"LIN+1++{SUN_MILK}:EN", *[f"LOC+162+{n}'QTY+153:1" for n in range(9)], sale(2))
    found = rows(text)
    assert column(found, "problem_code") == ["quantity"] * 9 + [None]
    assert [row["line_number"] for row in found] == sorted({row["line_number"] for row in found})


@pytest.mark.parametrize(
    ("function", "code"), [("1", "cancellation"), ("3", "cancellation"), ("7", "copy"), ("31", "copy")]
)
def test_a_message_that_takes_another_back_or_copies_it_does_not_count(function: str, code: str) -> None:
    text = interchange(sales(sale(1)).replace("+R1+9", f"+R1+{function}"))
    assert column(rows(text, without(CONTRACT, "deleted")), "problem_code") == [code]
    deleted, problem = ("true", None) if code == "cancellation" else (None, "copy")
    assert column(rows(text), "deleted", "problem_code") == [(deleted, problem)]


def test_a_replacement_does_not_count_beside_what_it_replaces() -> None:
    text = interchange(sales(sale(1)).replace("+R1+9", "+R1+5"))
    assert column(rows(text), "problem_code") == ["replacement"]
    assert column(rows(text, edifact_contract(delivery="keyed")), "problem_code") == [None]


def test_the_summary_is_no_part_of_the_last_line_item() -> None:
    text = report(f"LIN+1++{SUN_MILK}:EN'QTY+153:1", "UNS+S", "MOA+203:999", "QTY+153:999")
    assert column(rows(text), "units", "amount", "line") == [("1", None, f"LIN+1++{SUN_MILK}:EN'QTY+153:1'")]
    text = report("UNS+D", sale(1), "CNT+2:1", sale(2, 2))
    assert column(rows(text), "units") == ["1", "2"]


def test_a_line_is_shown_from_its_beginning_only() -> None:
    long = report(f"LIN+1++{SUN_MILK}:EN'QTY+153:1", *["FTX+AAI+++WORDS"] * 500)
    [row] = rows(long)
    assert row["units"] == "1"
    assert 2000 < len(row["line"]) < 2100


def test_a_message_that_does_not_fill_the_kind_is_told() -> None:
    for kind, words in (("sell_out", {"message": "INVRPT"}), ("sell_out", {"message": "ORDERS"})):
        with pytest.raises(Unreadable, match=r"gives no sell_out; correct `message` .* SLSRPT \(sell_out\), INVRPT"):
            edifact_contract(kind, server=words)
    with pytest.raises(Unreadable, match="EDIFACT gives no products"):
        edifact_contract("products")
    assert column(rows(report(sale(1)), edifact_contract(server={"message": "SLSRPT"})), "units") == ["1"]
