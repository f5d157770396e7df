"""INVOIC: what invoices and credit notes give to sell-in, with their signs."""

from __future__ import annotations

import pytest

from tests.unit.ingest.edifact_samples.interchange import (
    AFTER_SUN,
    SUN_MILK,
    column,
    edifact_contract,
    interchange,
    message,
    rows,
    sample,
)

CONTRACT = edifact_contract("sell_in")
PARTNER, DEPOT = "2900000000018", "2900000000209"


def invoice(*segments: str, code: str = "380", function: str = "9") -> list[dict[str, object]]:
    """The rows of one document."""
    header = (f"BGM+{code}+F1+{function}", "DTM+137:20260701:102", "NAD+BY+A::9")
    return rows(interchange(message("INVOIC", *header, *segments)), CONTRACT)


def test_an_invoice_with_free_goods_and_goods_for_several_shops() -> None:
    found = sample("invoic_d96a.edi", CONTRACT)
    assert column(found, "line_number", "document_line", "product_code", "units", "free_units", "net_amount") == [
        (11, "1", SUN_MILK, "100", "10", "1080"),
        (24, "2", AFTER_SUN, "24", None, "130.80"),
    ]
    header = ("F2026-0417", "invoice", "2026-07-01", "2026-07-03", PARTNER, DEPOT, "EUR", None)
    columns = ("document_id", "document_type", "document_date", "received_on", "partner_code", "location_code")
    assert column(found, *columns, "currency", "problem") == [header] * 2
    assert found[0]["label"] == "SUN MILK 50 ML"


def test_an_invoice_and_a_credit_note_in_a_group() -> None:
    found = sample("invoic_d01b.edi", CONTRACT)
    assert column(found, "document_id", "document_type", "units", "free_units", "net_amount", "problem") == [
        ("F2026-0502", "invoice", "10", None, "108", None),
        ("F2026-0502", "invoice", "0", "5", None, None),
        ("C2026-0033", "credit_note", "-3", None, "-32.4", None),
    ]


@pytest.mark.parametrize(
    ("quantities", "units", "free"),
    [
        ("QTY+46:9'QTY+47:8", "8", None),
        ("QTY+46:9", "9", None),
        ("QTY+46:9'QTY+192:1", None, "1"),
        ("QTY+192:1", "0", "1"),
        ("QTY+61:3", "-3", None),
        ("QTY+61:-3", "-3", None),
        ("QTY+47:-2", "-2", None),
        ("QTY+12:5", None, None),
    ],
)
def test_which_quantity_is_invoiced(quantities: str, units: str | None, free: str | None) -> None:
    found = invoice(f"LIN+1++{SUN_MILK}:EN'{quantities}")
    assert column(found, "units", "free_units", "problem") == [(units, free, None)]


@pytest.mark.parametrize("sign", ["", "-"])
def test_all_of_a_credit_note_is_below_zero(sign: str) -> None:
    found = invoice(f"LIN+1++{SUN_MILK}:EN'QTY+47:{sign}3'QTY+192:{sign}1'MOA+203:{sign}30", code="381")
    assert column(found, "units", "free_units", "net_amount") == [("-3", "-1", "-30")]


def test_a_price_for_a_credited_unit_gives_a_credited_amount() -> None:
    found = invoice(f"LIN+1++{SUN_MILK}:EN'QTY+47:3'PRI+AAB:20'PRI+AAA:10", code="381")
    assert column(found, "net_amount") == ["-30"]


@pytest.mark.parametrize(
    ("code", "kind", "problem"),
    [
        ("380", "invoice", None),
        ("384", "invoice", None),
        ("389", "invoice", None),
        ("381::9", "credit_note", None),
        ("261", "credit_note", None),
        ("325", "325", "document_type"),
        ("", None, "document_type"),
    ],
)
def test_a_document_that_is_neither_invoice_nor_credit_note_is_set_aside(
    code: str, kind: str | None, problem: str | None
) -> None:
    found = invoice(f"LIN+1++{SUN_MILK}:EN'QTY+47:3", code=code)
    assert column(found, "document_type", "problem_code") == [(kind, problem)]


@pytest.mark.parametrize(("function", "problem"), [("9", None), ("1", "cancellation"), ("7", "copy"), ("31", "copy")])
def test_what_cancels_or_copies_a_document_is_set_aside(function: str, problem: str | None) -> None:
    assert column(invoice(f"LIN+1++{SUN_MILK}:EN'QTY+47:3", function=function), "problem_code") == [problem]


@pytest.mark.parametrize(
    ("segments", "received", "location"),
    [
        (["NAD+DP+D::9", "DTM+35:20260703:102"], "2026-07-03", "D"),
        (["DTM+35:20260703:102", "DTM+50:20260704:102", "NAD+ST+S::9"], "2026-07-04", "S"),
        ([], None, None),
    ],
)
def test_when_and_where_goods_arrived(segments: list[str], received: str | None, location: str | None) -> None:
    found = invoice(*segments, f"LIN+1++{SUN_MILK}:EN'QTY+47:3")
    assert column(found, "received_on", "location_code") == [(received, location)]


def test_a_line_item_may_have_its_own_receiver_and_date() -> None:
    found = invoice("NAD+DP+D::9", f"LIN+1++{SUN_MILK}:EN'QTY+47:3'DTM+35:20260705:102'NAD+DP+E::9")
    assert column(found, "received_on", "location_code", "units") == [("2026-07-05", "E", "3")]


def test_parts_of_a_line_item_by_location_or_allowance_are_not_added() -> None:
    found = invoice(f"LIN+1++{SUN_MILK}:EN'QTY+47:12'MOA+203:60'LOC+7+A'QTY+47:12'ALC+A'QTY+47:1'MOA+203:1")
    assert column(found, "units", "net_amount", "problem") == [("12", "60", None)]


def test_sub_lines_are_parts_of_a_line_item_that_is_invoiced() -> None:
    found = invoice(
        f"LIN+1++{SUN_MILK}:EN'QTY+47:10", f"LIN+2++{AFTER_SUN}:EN+1:1'QTY+47:5", f"LIN+3++{AFTER_SUN}:EN'QTY+47:4"
    )
    assert column(found, "units", "is_outside") == [("10", False), ("5", True), ("4", False)]


def test_sub_lines_count_where_their_line_item_is_not_invoiced() -> None:
    found = invoice(
        f"LIN+1++{SUN_MILK}:EN'QTY+46:1",
        f"LIN+2++{AFTER_SUN}:EN+1:1'QTY+47:5",
        f"LIN+3++{AFTER_SUN}:EN+1:1'QTY+47:6",
    )
    assert column(found, "units", "is_outside") == [("1", True), ("5", False), ("6", False)]


def test_totals_of_the_document_are_no_line() -> None:
    found = invoice(f"LIN+1++{SUN_MILK}:EN'QTY+47:3'MOA+203:30", "UNS+S", "MOA+203:30", "MOA+77:36", "CNT+2:1")
    assert column(found, "units", "net_amount") == [("3", "30")]
