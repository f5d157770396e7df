"""The published examples of Amazon's vendor reports, read by the example contracts."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts.load import load_contracts
from orchestration.contracts.model import Contract
from orchestration.landing.ledger import LedgerEntry
from orchestration.settings import CHECKOUT, Settings
from tests.unit.ingest.feeds import deliver, lines, quarantine, take_in

REPORTS = Path(os.environ.get("SELLTRACE_DATA", CHECKOUT.parent / "shared" / "data")) / "amazon_vendor"
CONTRACTS = CHECKOUT / "examples" / "amazon_vendor" / "contracts"


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    """The example contracts by id, drafts made active."""
    loaded = load_contracts(CONTRACTS)
    assert loaded.problems == ()
    return {contract.id: contract.model_copy(update={"status": "active"}) for contract in loaded.contracts}


def report(name: str) -> Any:
    """A published example."""
    path = REPORTS / f"{name}.example.json"
    if not path.exists():
        pytest.skip(f"the published example is not at {path}")
    return json.loads(path.read_text(encoding="utf-8"))


def take(settings: Settings, contract: Contract, content: Any) -> LedgerEntry:
    """Ingest one report as a file of the contract's feed."""
    deliver(settings, contract.server.path.replace("*", "report"), json.dumps(content))
    [entry] = take_in(settings, contract)
    return entry


def test_sales_are_the_shipped_units_of_the_view_manufacturing(
    settings: Settings, contracts: dict[str, Contract]
) -> None:
    entry = take(settings, contracts["amazon.sell_out"], report("vendorSalesReport"))
    assert (entry.lines_read, entry.lines_parsed, entry.lines_out_of_scope) == (7, 5, 2)
    week, next_week = (date(2021, 6, 6), date(2021, 6, 12)), (date(2021, 6, 13), date(2021, 6, 19))
    retail, fresh = "ATVPDKIKX0DER/RETAIL", "ATVPDKIKX0DER/FRESH"
    columns = "location_code, product_code, period_start, period_end, units, returned_units, amount, currency"
    assert lines(settings, columns) == [
        (retail, "B123456789", *week, 5, 0, 150, "USD"),
        (retail, "B987654321", *week, 5, 0, 50, "USD"),
        (retail, "B123456789", *next_week, 0, 0, 0, "USD"),
        (retail, "B987654321", *next_week, 0, 0, 0, "USD"),
        (fresh, "B123456789", *week, 10, None, 200, "USD"),
    ]


def test_the_totals_of_the_sales_report_add_up(settings: Settings, contracts: dict[str, Contract]) -> None:
    sales = report("vendorSalesReport")
    assert (sales[0]["salesAggregate"][0]["orderedUnits"], sales[0]["salesAggregate"][0]["shippedUnits"]) == (75, 10)
    assert take(settings, contracts["amazon.sell_out"], sales).remarks == ()


def test_a_total_of_the_sales_report_that_does_not_add_up_is_reported(
    settings: Settings, contracts: dict[str, Contract]
) -> None:
    sales = report("vendorSalesReport")
    sales[0]["salesByAsin"][1]["orderedUnits"] = 49
    assert take(settings, contracts["amazon.sell_out"], sales).remarks == (
        "$.salesAggregate[*].orderedUnits (element 1, startDate 2021-06-06, endDate 2021-06-12) says 75, "
        "its records sum to 74",
    )


def test_a_single_report_is_an_object_as_its_schema_says(settings: Settings, contracts: dict[str, Contract]) -> None:
    entry = take(settings, contracts["amazon.sell_out"], report("vendorSalesReport")[0])
    assert (entry.lines_read, entry.lines_parsed, entry.remarks) == (4, 4, ())


def test_a_program_without_returns_is_not_read_as_if_it_had_none(
    settings: Settings, contracts: dict[str, Contract]
) -> None:
    take(settings, contracts["amazon.sell_out"], report("vendorSalesReport")[1])
    [(reason,)] = quarantine(settings, "reason")
    assert reason.startswith("the records lack customerReturns; there are: startDate, endDate, asin, orderedRevenue")


def test_inventory_that_does_not_sum_is_reported_and_kept(settings: Settings, contracts: dict[str, Contract]) -> None:
    entry = take(settings, contracts["amazon.stock"], report("vendorInventoryReport"))
    assert (entry.lines_read, entry.lines_parsed) == (4, 4)
    columns = "location_code, product_code, snapshot_date, on_hand_units, on_order_units"
    assert lines(settings, columns, "stock") == [
        ("ATVPDKIKX0DER/RETAIL", "B123456789", date(2021, 6, 12), 5490, 123),
        ("ATVPDKIKX0DER/RETAIL", "B987654321", date(2021, 6, 12), 590, 23),
        ("ATVPDKIKX0DER/RETAIL", "B123456789", date(2021, 6, 19), 90, 13),
        ("ATVPDKIKX0DER/RETAIL", "B987654321", date(2021, 6, 19), 900, 113),
    ]
    on_hand, on_order = (
        f"$.inventoryAggregate[*].{name}" for name in ("sellableOnHandInventoryUnits", "openPurchaseOrderUnits")
    )
    week, next_week = "startDate 2021-06-06, endDate 2021-06-12", "startDate 2021-06-13, endDate 2021-06-19"
    assert entry.remarks == (
        f"{on_hand} ({week}) says 5,490, its records sum to 6,080",
        f"{on_hand} ({next_week}) says 4,490, its records sum to 990",
        f"{on_order} ({week}) says 123, its records sum to 146",
        f"{on_order} ({next_week}) says 422, its records sum to 126",
    )


def test_ordered_units_by_hour_fall_on_the_day_of_the_marketplace(
    settings: Settings, contracts: dict[str, Contract]
) -> None:
    sales = report("vendorRealTimeSalesReport")
    sales[0]["reportData"][0]["startTime"] = "2022-04-21T06:00:00Z"
    entry = take(settings, contracts["amazon.ordered"], sales)
    assert (entry.lines_read, entry.lines_parsed) == (7, 7)
    found = lines(settings, "transaction_id, location_code, product_code, period_start, units, amount, currency")
    marketplace, day = "ATVPDKIKX0DER", date(2022, 4, 20)
    assert found[0] == ("2022-04-21T06:00:00Z", marketplace, "B00ABCD123", day, 1, Decimal("167.14"), "USD")
    assert found[-1] == ("2022-04-20T20:00:00Z", marketplace, "B00LMNO963", day, 1, Decimal("64.53"), "USD")
    assert sum(line[4] for line in found) == 6


def test_of_hourly_stock_the_last_hour_of_the_report_counts(settings: Settings, contracts: dict[str, Contract]) -> None:
    entry = take(settings, contracts["amazon.available"], report("vendorRealTimeInventoryReport"))
    assert (entry.lines_read, entry.lines_parsed, entry.lines_out_of_scope) == (4, 2, 2)
    assert lines(settings, "location_code, product_code, snapshot_date, on_hand_units", "stock") == [
        ("ATVPDKIKX0DER", "B123456789", date(2022, 9, 30), 250),
        ("ATVPDKIKX0DER", "B987654321", date(2022, 9, 30), 550),
    ]
