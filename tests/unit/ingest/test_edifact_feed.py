"""EDIFACT from the landing zone to the lake: lines, quarantine, interchanges, and a real sales report."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.contracts.load import load_contracts
from orchestration.settings import CHECKOUT, Settings
from tests.unit.ingest.edifact_samples.interchange import (
    AFTER_SUN,
    SAMPLES,
    SHOP,
    SUN_MILK,
    edifact_contract,
    interchange,
    message,
    sale,
    sales,
    without,
)
from tests.unit.ingest.feeds import deliver, lines, quarantine, take_in

REAL = Path(os.environ.get("SELLTRACE_DATA", CHECKOUT.parent / "shared" / "data")) / "edi" / "slsrpt_d96a.edi"
CONTRACT = edifact_contract(received_at="filename:%Y%m%d.edi")


def test_a_real_sales_report_keeps_every_sale(settings: Settings) -> None:
    if not REAL.exists():
        pytest.skip(f"the sample is not at {REAL}")
    loaded = load_contracts(CHECKOUT / "examples" / "edi" / "contracts")
    [contract] = [contract for contract in loaded.contracts if contract.id == "shoe_shop.slsrpt"]
    assert not [problem for problem in loaded.problems if problem.file.name == "slsrpt.odcs.yaml"]
    deliver(settings, "shoe_shop/slsrpt/a.edi", REAL.read_bytes())
    [entry] = take_in(settings, contract)
    assert (entry.lines_read, entry.lines_parsed, entry.rejected_reason) == (12, 12, None)
    assert entry.interchanges == ("4260026610003|4007399000006|202607072582",)
    expected = json.loads((REAL.parent.parent / "EXPECTED.json").read_text(encoding="utf-8"))["edi"]["slsrpt_d96a"]
    found = lines(settings, "line_number, location_code, product_code, period_start, units, amount, currency")
    assert len(found) == expected["lines"]
    assert sum(line[4] for line in found) == expected["units"]
    assert len({line[2] for line in found}) == expected["distinct_gtins"]
    assert {line[1] for line in found} == {expected["location_gln"]}
    assert found[0] == (14, expected["location_gln"], "4007399434498", date(2026, 7, 7), 1, Decimal("39.95"), "EUR")
    assert sum(line[5] for line in found) == Decimal("340.40")


def test_lines_and_quarantine_of_a_feed(settings: Settings) -> None:
    bad_date = f"LIN+3++{SUN_MILK}:EN'DTM+356:20260231:102'QTY+153:1"
    report = sales(sale(1, "2.5"), sale(2, "x"), bad_date, "LIN+4'QTY+153:1", f"LIN+5++{SUN_MILK}:EN")
    deliver(settings, "shop/20260714.edi", interchange(report, message("ORDERS", "LIN+1++A:EN")))
    [entry] = take_in(settings, CONTRACT)
    assert (entry.lines_read, entry.lines_parsed, entry.lines_quarantined, entry.lines_out_of_scope) == (6, 1, 4, 1)
    assert lines(settings, "line_number, location_code, product_code, units, period_start") == [
        (7, SHOP, SUN_MILK, Decimal("2.5"), date(2026, 7, 6))
    ]
    assert quarantine(settings, "line_number, reason_code, raw_line") == [
        (9, "not_a_number", f"LIN+2++{SUN_MILK}:EN'QTY+153:x:PCE'"),
        (11, "not_a_date", f"{bad_date}'"),
        (14, "missing_value", "LIN+4'QTY+153:1'"),
        (16, "missing_value", f"LIN+5++{SUN_MILK}:EN'"),
    ]


def test_a_broken_message_is_quarantined_with_its_segment_beside_a_good_one(settings: Settings) -> None:
    text = interchange(sales(sale(1), sale(2), count=9), sales(sale(1, 5, AFTER_SUN), reference="2"))
    deliver(settings, "shop/20260714.edi", text)
    [entry] = take_in(settings, CONTRACT)
    assert (entry.lines_read, entry.lines_parsed, entry.lines_quarantined) == (3, 1, 2)
    assert lines(settings, "product_code, units") == [(AFTER_SUN, Decimal(5))]
    reason = "segment 11: UNT says 9 segments, there are 10; ask the partner to send it again"
    assert quarantine(settings, "line_number, reason_code, reason, line_date") == [
        (7, "envelope", reason, date(2026, 7, 6)),
        (9, "envelope", reason, date(2026, 7, 6)),
    ]


def test_what_is_no_edifact_rejects_the_delivery_and_leaves_the_others(settings: Settings) -> None:
    deliver(settings, "shop/20260714.edi", "Code;Units\nA;1\n")
    deliver(settings, "shop/20260715.edi", interchange(sales(sale(1))))
    entries = {entry.file_name: entry for entry in take_in(settings, CONTRACT)}
    assert "is not EDIFACT" in str(entries["shop/20260714.edi"].rejected_reason)
    assert entries["shop/20260715.edi"].lines_parsed == 1
    assert quarantine(settings) == [(1, "unreadable_file")]


def test_a_number_of_an_interchange_counts_once_and_a_cut_off_one_does_not_take_it(settings: Settings) -> None:
    first = interchange(sales(sale(1, 3)))
    deliver(settings, "shop/20260714.edi", first[:-3])
    deliver(settings, "shop/20260715.edi", first)
    deliver(settings, "shop/20260716.edi", interchange(sales(sale(1, 4))))
    take_in(settings, CONTRACT)
    assert lines(settings, "units") == [(Decimal(3),)]
    assert sorted(code for _, code in quarantine(settings)) == ["envelope", "interchange_conflict"]


@pytest.mark.parametrize("kind", ["sell_out", "stock", "sell_in"])
def test_messages_of_both_directories_make_one_table(settings: Settings, kind: str) -> None:
    names = {"sell_out": "slsrpt", "stock": "invrpt", "sell_in": "invoic"}
    contract = without(edifact_contract(kind), "deleted")
    for version in ("d96a", "d01b"):
        deliver(settings, f"shop/{version}.edi", (SAMPLES / f"{names[kind]}_{version}.edi").read_bytes())
    entries = take_in(settings, contract)
    assert [(entry.lines_quarantined, entry.rejected_reason) for entry in entries] == [(0, None)] * 2
    units = "on_hand_units" if kind == "stock" else "units"
    expected = {"sell_out": "23", "stock": "810", "sell_in": "131"}
    assert sum(line[0] for line in lines(settings, units, kind)) == Decimal(expected[kind])
