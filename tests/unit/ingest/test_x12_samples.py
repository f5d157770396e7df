"""Third-party X12 files through the example contracts: what each of them gives.

All of their envelopes hold: counts and control numbers agree. The IEA of the 852 ends in a mark too many, which is let
pass. The interchanges of the 867s share one control number, as do those of the 810s: of each pair the later one is a
conflict.
"""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.contracts.load import load_contracts
from orchestration.landing.ledger import LedgerEntry
from orchestration.settings import CHECKOUT, Settings
from tests.unit.ingest.feeds import deliver, lines, quarantine, take_in

DATA = Path(os.environ.get("SELLTRACE_DATA", CHECKOUT.parent / "shared" / "data")) / "edi"
EXAMPLES = CHECKOUT / "examples" / "edi" / "contracts"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the EDI samples are not at {DATA}")


def _deliver(settings: Settings, contract_id: str, *samples: str) -> list[LedgerEntry]:
    contract = next(one for one in load_contracts(EXAMPLES).contracts if one.id == contract_id)
    folder = str(Path(contract.server.path).parent)
    for sample in samples:
        deliver(settings, f"{folder}/{sample}", (DATA / sample).read_bytes())
    return take_in(settings, contract)


def _counts(entries: list[LedgerEntry]) -> list[tuple[int, int, int, int]]:
    """Lines read, parsed, quarantined, out of scope."""
    return [
        (entry.lines_read, entry.lines_parsed, entry.lines_quarantined, entry.lines_out_of_scope) for entry in entries
    ]


def test_the_example_contracts_hold() -> None:
    loaded = load_contracts(EXAMPLES)
    assert not loaded.problems
    assert len([contract for contract in loaded.contracts if contract.server.format == "x12"]) == 5


def test_the_852_gives_what_was_sold(settings: Settings) -> None:
    entries = _deliver(settings, "hardware_chain.activity_sell_out", "x12_852_hdexchange.edi")
    assert _counts(entries) == [(2, 1, 0, 1)]
    assert entries[0].interchanges == ("943274043|175315246|000000002",)
    columns = "line_number, location_code, product_code, period_start, period_end, units, returned_units, amount"
    assert lines(settings, columns) == [
        (12, "1234567890001", "09999982512", date(1999, 12, 5), None, Decimal(88), None, None)
    ]


def test_the_852_gives_stock_that_its_sales_explain(settings: Settings) -> None:
    _deliver(settings, "hardware_chain.activity_stock", "x12_852_hdexchange.edi")
    _deliver(settings, "hardware_chain.activity_sell_out", "x12_852_hdexchange.edi")
    columns = "line_number, product_code, snapshot_date, on_hand_units, on_order_units, in_transit_units"
    assert lines(settings, columns, "stock") == [
        (7, "09999982010", date(1999, 12, 5), Decimal(1000), Decimal(100), None),
        (12, "09999982512", date(1999, 12, 5), Decimal(415), None, None),
    ]
    opening = 503  # QTY*17 of the second line item
    [(on_hand,)] = lines(settings, "on_hand_units", "stock")[1:]
    assert lines(settings, "units") == [(opening - on_hand,)]


def test_the_first_867_gives_two_sales_and_a_price_adjustment_out_of_scope(settings: Settings) -> None:
    entries = _deliver(settings, "medical_depot.resale", "x12_867_example1.edi")
    assert _counts(entries) == [(3, 2, 0, 1)]
    assert lines(settings, "line_number, transaction_id, location_code, product_code, period_start, units, amount") == [
        (15, "DIN99234", "89KGH1140", "30387698433527", date(2000, 3, 1), Decimal(15), Decimal("273.75")),
        (25, "DIN765344", None, "30387698332615", date(2000, 3, 1), Decimal(4), Decimal("129.60")),
    ]


def test_the_second_867_gives_a_quarter_and_its_amount(settings: Settings) -> None:
    entries = _deliver(settings, "medical_depot.resale", "x12_867_example2.edi")
    assert _counts(entries) == [(1, 1, 0, 0)]
    assert lines(settings, "product_code, period_start, period_end, units, amount, units * 18.25 = amount") == [
        ("30387698433527", date(2000, 1, 1), date(2000, 3, 31), Decimal(15), Decimal("273.75"), True)
    ]


def test_the_846_gives_what_is_on_the_shelf(settings: Settings) -> None:
    assert _counts(_deliver(settings, "assembly_plant.inventory", "x12_846_example1.edi")) == [(1, 1, 0, 0)]
    columns = "location_code, product_code, snapshot_date, on_hand_units, in_transit_units, on_order_units"
    assert lines(settings, columns, "stock") == [("SAN003", "1234123232", date(2004, 8, 11), Decimal(5250), None, None)]


@pytest.mark.parametrize(
    ("sample", "document"), [("x12.810a.edi", "DO091003TESTINV01"), ("x12.810b.edi", "DO091003TESTINV01TAX")]
)
def test_an_810_that_is_not_fixed_width_gives_the_total_of_its_items(
    settings: Settings, sample: str, document: str
) -> None:
    assert _counts(_deliver(settings, "brand.invoices", sample)) == [(2, 2, 0, 0)]
    columns = "document_id, document_line, document_type, document_date, location_code, product_code, units, net_amount"
    shared = (document, "{}", "invoice", date(2003, 3, 10), "Music Insurance Co. - San Fran")
    first, second = lines(settings, columns, "sell_in")
    assert first == (*shared[:1], "1", *shared[2:], "ID001", Decimal(2), Decimal("199.98"))
    assert second == (*shared[:1], "2", *shared[2:], "ID002", Decimal(2), Decimal("159.98"))
    assert first[-1] + second[-1] == Decimal("359.96")


def test_the_810_whose_segments_end_with_the_line_gives_its_item(settings: Settings) -> None:
    assert _counts(_deliver(settings, "brand.invoices", "x12_810_walmart.edi")) == [(1, 1, 0, 0)]
    columns = "document_id, partner_code, location_code, product_code, units, net_amount, net_amount - 23.50"
    assert lines(settings, columns, "sell_in") == [
        (
            "6463367", "PARTNERTEST", "0078742000992", "00221089552284",
            Decimal(1080), Decimal("3898.80"), Decimal("3875.30"),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("contract_id", "samples", "counts"),
    [
        ("medical_depot.resale", ("x12_867_example1.edi", "x12_867_example2.edi"), [(3, 2, 0, 1), (1, 0, 1, 0)]),
        ("brand.invoices", ("x12.810a.edi", "x12.810b.edi"), [(2, 2, 0, 0), (2, 0, 2, 0)]),
    ],
)
def test_samples_that_share_a_control_number_are_a_conflict(
    settings: Settings, contract_id: str, samples: tuple[str, ...], counts: list[tuple[int, int, int, int]]
) -> None:
    assert sorted(_counts(_deliver(settings, contract_id, *samples))) == sorted(counts)
    assert {code for (code,) in quarantine(settings, "reason_code")} == {"interchange_conflict"}
