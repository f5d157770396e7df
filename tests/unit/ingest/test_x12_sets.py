"""X12 867, 846 and 810, the product codes of all, and which sets a contract reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.contracts.model import Contract
from orchestration.ingest.relation import Unreadable
from tests.unit.ingest.x12_files import (
    WEEK,
    figures,
    file_of,
    group,
    interchange,
    rows_of,
    transaction_set,
    written,
    x12_contract,
)

RESALES = x12_contract("sell_out", "units", "returned_units")
STOCK = x12_contract("stock", "on_hand_units")
INVOICES = x12_contract("sell_in", "units", message="810")


def test_a_resale_gives_units_amount_day_place_partner_and_number(tmp_path: Path) -> None:
    text = file_of(
        "BPT*00*R1*20250630*SS",
        "CUR*DS*USD",
        "DTM*090*20250601",
        "DTM*091*20250630",
        "N1*DS*Depot*91*D9",
        "PTD*SS",
        "DTM*003*20250612",
        "N1*ST*Clinic*21*H1",
        "REF*DI*INV77",
        "QTY*32*15*BX",
        "LIN**MG*1000*UK*30387698433527",
        "UIT*BX*18.25",
        "PID*F****Towel",
        "PTD*SS",
        "QTY*32*2*BX",
        "LIN**UK*30387698433527",
        "CTT*2",
        "AMT*1*999",
        name="867",
    )
    sold, other = rows_of(tmp_path, text, RESALES)
    assert {column: sold[column] for column in sold if column != "line"} == {
        "line_number": 13,
        "interchange": "SHOP|BRAND|000000007",
        "transaction_id": "INV77",
        "partner_code": "D9",
        "location_code": "H1",
        "product_code": "30387698433527",
        "label": "Towel",
        "period_start": "2025-06-12",
        "units": "15",
        "amount": "273.75",
        "currency": "USD",
    }
    columns = ("line_number", "location_code", "period_start", "period_end", "units", "amount")
    assert figures([other], *columns) == [(18, None, "2025-06-01", "2025-06-30", "2", None)]


def test_the_item_may_open_with_its_product_too(tmp_path: Path) -> None:
    text = file_of(
        "BPT*00*R1*20250630*SS",
        "PTD*SS",
        "LIN**UP*111",
        "QTY*32*5*EA",
        "QTY*76*1*EA",
        "LIN**UP*222",
        "QTY*32*6*EA",
        "PTD*SS",
        "QTY*32*7*EA",
        "LIN**UP*333",
        name="867",
    )
    found = figures(rows_of(tmp_path, text, RESALES), "line_number", "product_code", "units", "returned_units")
    assert found == [(6, "111", "5", "1"), (9, "222", "6", None), (12, "333", "7", None)]


@pytest.mark.parametrize(
    ("transfer", "quantities", "units", "returned", "amount"),
    [
        ("SS", ["QTY*32*5*EA"], "5", None, "10"),
        ("DS", ["QTY*39*5*EA"], "5", None, "10"),
        ("SD", ["QTY*32*-5*EA"], "-5", None, "-10"),
        ("SS", ["QTY*76*5*EA"], "0", "5", "-10"),
        ("BN", ["QTY*32*5*EA"], "0", "5", "-10"),
        ("RU", ["QTY*76*5*EA"], "0", "5", "-10"),
    ],
)
def test_returns_come_by_quantity_or_by_transfer(
    tmp_path: Path, transfer: str, quantities: list[str], units: str, returned: str | None, amount: str
) -> None:
    text = file_of("BPT*00*R1", f"PTD*{transfer}", *quantities, "LIN**UP*111", "UIT*EA*2", name="867")
    assert figures(rows_of(tmp_path, text, RESALES), "units", "returned_units", "amount") == [(units, returned, amount)]


@pytest.mark.parametrize("transfer", ["PA", "IA", "IB", "RC", "RV", "SA", "SM"])
def test_transfers_that_sell_nothing_are_out_of_scope(tmp_path: Path, transfer: str) -> None:
    text = file_of("BPT*00*R1", f"PTD*{transfer}", "QTY*32*5*EA", "LIN**UP*111", name="867")
    assert figures(rows_of(tmp_path, text, RESALES), "line_number", "is_outside") == [(6, True)]


@pytest.mark.parametrize(
    ("details", "amount"),
    [
        (["UIT*EA*2", "AMT*1*9.5"], "9.5"),
        (["UIT*EA*2", "AMT*S*4"], "10"),
        (["UIT*EA*3*CA", "UIT*EA*2*CT"], "10"),
        (["UIT*EA*3*CA", "UIT*EA*2*DI"], None),
        (["UIT*EA>>>*200*HP"], "10"),
        (["UIT*CA*24"], None),
    ],
)
def test_the_amount_of_a_resale(tmp_path: Path, details: list[str], amount: str | None) -> None:
    text = file_of("BPT*00*R1", "PTD*SS", "QTY*32*5*EA", "LIN**UP*111", *details, name="867")
    assert figures(rows_of(tmp_path, text, RESALES), "amount") == [(amount,)]


@pytest.mark.parametrize(
    ("dates", "period"),
    [
        (["DTM*011*20250612", "DTM*004*20250601"], ("2025-06-12", None)),
        (["DTM*004*20250601"], ("2025-06-01", None)),
        (["DTM*193*20250602", "DTM*194*20250608"], ("2025-06-02", "2025-06-08")),
        (["DTM*582****RD8*20250602-20250608"], ("2025-06-02", "2025-06-08")),
        (["DTM*003****D8*20250612"], ("2025-06-12", None)),
        (["DTM*173*20250608"], ("2025-06-02", "2025-06-08")),
        (["DTM*174*20250630"], ("2025-06-01", "2025-06-30")),
        (["DTM*327*20250630"], ("2025-04-01", "2025-06-30")),
        (["DTM*327*20251399"], ("2025-13-99", None)),
        (["DTM*173*00010101"], ("0001-01-01", None)),
        (["DTM*003*990612"], ("1999-06-12", None)),
        (["DTM*003*250612"], ("2025-06-12", None)),
        (["DTM*003*12/06/25"], ("12/06/25", None)),
        (["DTM*999*20250612"], (None, None)),
    ],
)
def test_the_dates_of_a_resale(tmp_path: Path, dates: list[str], period: tuple[str | None, str | None]) -> None:
    text = file_of("BPT*00*R1", "PTD*SS", "QTY*32*5*EA", "LIN**UP*111", *dates, name="867")
    assert figures(rows_of(tmp_path, text, RESALES), "period_start", "period_end") == [period]


RESALE = ("PTD*SS", "QTY*32*5*EA", "LIN**UP*111")
INVOICE = ("IT1*1*5*EA*2**UP*111",)
APPENDED = RESALES.model_copy(update={"delivery": "append"})
KEYED = RESALES.model_copy(update={"delivery": "keyed"})
TAKING_BACK = x12_contract("sell_out", "units", "deleted")


def test_a_set_that_takes_another_back_needs_a_column_for_it(tmp_path: Path) -> None:
    text = file_of("BPT*01*R1", *RESALE, name="867")
    assert figures(rows_of(tmp_path, text, TAKING_BACK), "deleted", "problem") == [("true", None)]
    reason = (
        "segment 3: the set takes an earlier one back (purpose 01); withdraw the delivery that brought it, "
        "or map `deleted` in a contract of sell_out"
    )
    assert figures(rows_of(tmp_path, text, RESALES), "problem_code", "problem") == [("cancellation", reason)]
    activity = file_of("XQ*H*20250602*20250608**03", "LIN**UP*1", "ZA*QS*1*EA")
    assert figures(rows_of(tmp_path, activity, TAKING_BACK), "deleted", "problem") == [("true", None)]


@pytest.mark.parametrize(
    ("contract", "segments", "name", "code"),
    [
        (APPENDED, ("BPT*05*R1", *RESALE), "867", "replacement"),
        (KEYED, ("BPT*05*R1", *RESALE), "867", None),
        (KEYED, ("BPT*07*R1", *RESALE), "867", "copy"),
        (STOCK, ("BIA*07*SI*1*20250608", "LIN*1*VN*A", "QTY*17*9*EA"), "846", "copy"),
        (STOCK, ("BIA*01*SI*1*20250608", "LIN*1*VN*A", "QTY*17*9*EA"), "846", "cancellation"),
        (INVOICES, ("BIG*20250610*F77*****DI*07", *INVOICE), "810", "copy"),
        (INVOICES, ("BIG*20250610*F77*****DU*00", *INVOICE), "810", "copy"),
        (INVOICES, ("BIG*20250610*F77*****DI*00", *INVOICE), "810", None),
    ],
)
def test_the_purpose_of_a_set_decides_whether_it_counts(
    tmp_path: Path, contract: Contract, segments: tuple[str, ...], name: str, code: str | None
) -> None:
    assert figures(rows_of(tmp_path, file_of(*segments, name=name), contract), "problem_code") == [(code,)]


@pytest.mark.parametrize(
    ("quantities", "on_hand"),
    [
        (["QTY*33*5*EA", "QTY*17*9*EA", "QTY*QH*1*EA"], "9"),
        (["QTY*34*5*EA", "QTY*33*6*EA"], "6"),
        (["QTY*34*5*EA", "QTY*87*6*EA"], "5"),
    ],
)
def test_inventory_takes_one_quantity_on_hand(tmp_path: Path, quantities: list[str], on_hand: str) -> None:
    text = file_of("BIA*00*SI*1*20250608", "LIN*1*VN*A", *quantities, "QTY*63*7*EA", "QTY*IQ*2", name="846")
    columns = ("snapshot_date", "on_hand_units", "on_order_units", "in_transit_units")
    assert figures(rows_of(tmp_path, text, STOCK), *columns) == [("2025-06-08", on_hand, "7", "2")]


def test_inventory_by_place_and_day(tmp_path: Path) -> None:
    text = file_of(
        "BIA*00*SI*1*20250609",
        "DTM*007*20250608",
        "N1*WH*Depot*92*W1",
        "LIN*1*VN*A",
        "QTY*17*9*EA",
        "SDQ*EA*92*0001*5*0002*4",
        "LIN*2*VN*B",
        "DTM*184*20250607",
        "QTY*17*1*EA",
        name="846",
    )
    assert figures(rows_of(tmp_path, text, STOCK), "location_code", "snapshot_date", "on_hand_units") == [
        ("0001", "2025-06-08", "5"),
        ("0002", "2025-06-08", "4"),
        ("W1", "2025-06-07", "1"),
    ]


def test_an_invoice_gives_document_place_partner_and_net_amount(tmp_path: Path) -> None:
    text = file_of(
        "BIG*20250610*F77*20250601*PO1***DI",
        "CUR*SE*USD",
        "N1*BT*Chain*92*C1",
        "N1*ST*Store*UL*0078742000992",
        "DTM*050*20250613",
        "IT1*10*12*EA*3.61**UP*111*VN*A",
        "PID*F****Soap",
        "SAC*A*I410***2350",
        "PO4*6",
        "SLN*1**O*6*EA",
        "IT1**2*EA*500*HP*UP*222",
        "IT1**3*EA*0*NC*UP*333",
        "TDS*4332",
        "SAC*C*D240***100",
        name="810",
    )
    first, second, free = rows_of(tmp_path, text, INVOICES)
    assert {column: first[column] for column in first if column != "line"} == {
        "line_number": 9,
        "interchange": "SHOP|BRAND|000000007",
        "document_id": "F77",
        "document_line": "10",
        "document_type": "invoice",
        "document_date": "2025-06-10",
        "received_on": "2025-06-13",
        "partner_code": "C1",
        "location_code": "0078742000992",
        "product_code": "111",
        "label": "Soap",
        "units": "12",
        "net_amount": "43.32",
        "currency": "USD",
    }
    columns = ("document_line", "units", "free_units", "net_amount")
    assert figures([second, free], *columns) == [("2", "2", None, "10"), ("3", "0", "3", "0")]


@pytest.mark.parametrize("quantity", ["5", "-5"])
def test_a_credit_is_negative_however_it_is_written(tmp_path: Path, quantity: str) -> None:
    text = file_of("BIG*20250610*F78*****CR", f"IT1*1*{quantity}*EA*2**UP*111", name="810")
    found = figures(rows_of(tmp_path, text, INVOICES), "document_type", "units", "net_amount", "partner_code")
    assert found == [("credit_note", "-5", "-10", "BRAND")]


def test_an_invoice_to_several_stores_gives_a_line_a_store(tmp_path: Path) -> None:
    text = file_of("BIG*20250610*F77", "IT1*1*5*EA*2**UP*111", "SDQ*EA*92*0001*2*0002*3", name="810")
    found = figures(rows_of(tmp_path, text, INVOICES), "location_code", "units", "net_amount")
    assert found == [("0001", "2", "4"), ("0002", "3", "6")]


@pytest.mark.parametrize(
    ("pairs", "qualifiers", "code"),
    [
        ("IN*I1*VN*V1*UP*U1*EN*E1*UK*K1", (), "K1"),
        ("IN*I1*VN*V1*UP*U1*EN*E1", (), "E1"),
        ("IN*I1*VN*V1*UI*U1", (), "U1"),
        ("IN*I1*BP*B1*VC*V1", (), "V1"),
        ("BP*B1*IN*I1", (), "I1"),
        ("IN*I1*VN*V1*UP*U1", ("VN", "UP"), "V1"),
        ("IN*I1*VN**UP*U1", ("VN", "UP"), "U1"),
        ("IN*I1*UP*U1", ("VN",), None),
        ("EC*5V", (), None),
        ("UP* U1 ", (), "U1"),
    ],
)
def test_product_codes_are_taken_in_order(
    tmp_path: Path, pairs: str, qualifiers: tuple[str, ...], code: str | None
) -> None:
    contract = x12_contract("sell_out", "units", product_qualifiers=qualifiers)
    text = file_of(WEEK, f"LIN*1*{pairs}", "ZA*QS*1*EA")
    assert figures(rows_of(tmp_path, text, contract), "product_code") == [(code,)]


def test_sets_that_the_contract_does_not_read_are_out_of_scope_item_by_item(tmp_path: Path) -> None:
    text = written(
        interchange(
            group(
                transaction_set("852", WEEK, "LIN*1*UP*111", "ZA*QS*1*EA"),
                transaction_set("867", "PTD*SS", "QTY*32*5*EA", "LIN**UP*222", control="0002"),
                transaction_set("850", "PO1*1*5*EA", "LIN*1*UP*1", "PO1*2*5*EA", control="0003"),
                transaction_set("997", "AK1*PD*1", control="0004"),
            )
        )
    )
    both = [(5, None), (10, None), (14, True), (16, True)]
    assert figures(rows_of(tmp_path, text, RESALES), "line_number", "is_outside") == both
    only_852 = x12_contract("sell_out", "units", message="852")
    assert figures(rows_of(tmp_path, text, only_852), "line_number", "is_outside") == [both[0], (10, True), *both[2:]]


@pytest.mark.parametrize(
    ("kind", "message", "reason"),
    [
        ("stock", "810", "set 810 gives no stock; write one of 852, 846 as `message`"),
        ("products", None, "X12 gives no products, only sell_in, sell_out, stock; correct the contract"),
    ],
)
def test_a_contract_that_asks_for_what_no_set_gives_is_told(
    tmp_path: Path, kind: str, message: str | None, reason: str
) -> None:
    with pytest.raises(Unreadable) as raised:
        rows_of(tmp_path, file_of(WEEK), x12_contract(kind, message=message))
    assert (raised.value.code, str(raised.value)) == ("message", reason)
