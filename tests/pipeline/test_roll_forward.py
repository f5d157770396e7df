"""The roll-forward case by case, from files to the interval and the week: one partner a case, figures to check by hand.

January 2025: the Mondays are 6, 13, 20 and 27. Every case is a feed of its own in one home, built once.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from orchestration.contracts.model import Cadence, Contract
from tests.pipeline.later_world import LATER, Home, Row, Tables, feed

_SALES = "product_code period_start units"
_STOCK = "product_code snapshot_date on_hand_units"
_DOCUMENTS = "document_id document_date product_code units free_units"
_TABLES = ("reconciliation.reconciliation", "marts.sell_through_weekly", "marts.sell_through_location_weekly")


def _sales(partner: str, columns: str = _SALES, period: Any = "day", **words: Any) -> Contract:
    return feed(f"{partner}.sell_out", columns, partner=partner, period=period, **words)


def _stock(partner: str, columns: str = _STOCK, **words: Any) -> Contract:
    return feed(f"{partner}.stock", columns, partner=partner, **words)


def _documents(partner: str, columns: str = _DOCUMENTS, **words: Any) -> Contract:
    return feed(f"{partner}.sell_in", columns, partner=partner, **words)


_WEEKLY = dict(frequency=Cadence(value=1, unit="w"), latency_days=2, starts_on=date(2025, 1, 6))
_PLACED = "location_code"
_FEEDS = (
    _sales("daily", f"{_PLACED} {_SALES}"),
    _stock("daily", f"{_PLACED} {_STOCK}"),
    _documents("daily", f"{_PLACED} received_on {_DOCUMENTS}"),
    _sales("weekly", period="week"),
    _stock("weekly", f"{_STOCK} adjustment_units"),
    _documents("weekly"),
    _sales("irregular"),
    _stock("irregular"),
    _sales("months", period="month"),
    _stock("months"),
    _sales("feed_lead", period="week"),
    _stock("feed_lead"),
    _documents("feed_lead", lead_time_days=5),
    _sales("own_lead", period="week"),
    _stock("own_lead"),
    _documents("own_lead"),
    feed("brand.partners", "partner_id partner_name lead_time_days"),
    _sales("negative", period="week"),
    _stock("negative"),
    _sales("mixed", f"{_PLACED} {_SALES}", period="week"),
    _stock("mixed", f"{_PLACED} {_STOCK}"),
    _documents("mixed"),
    _sales("one_end", f"{_PLACED} {_SALES}", period="week"),
    _stock("one_end", f"{_PLACED} {_STOCK}"),
    _documents("one_end"),
    _sales("gap", period="week", coverage="complete"),
    _stock("gap", coverage="complete", **_WEEKLY),
    _documents("gap"),
    _sales("counts", f"{_PLACED} {_SALES}", period="week", coverage="complete"),
    _stock("counts", f"{_PLACED} {_STOCK}"),
    _documents("counts", f"{_PLACED} {_DOCUMENTS}"),
    _sales("morning", period="day"),
    _stock("morning", snapshot_taken="start_of_day"),
)
_LINES = {
    "daily.sell_out": ("L1,A,2025-01-07,3", "L1,A,2025-01-08,2", "L1,A,2025-01-10,4", "L2,A,2025-01-07,1"),
    "daily.stock": (
        *(f"L1,A,2025-01-{day:02},{units}" for day, units in ((6, 20), (7, 17), (8, 25), (9, 25), (10, 21))),
        *(f"L2,A,2025-01-{day:02},{units}" for day, units in ((6, 5), (7, 4))),
    ),
    "daily.sell_in": ("L1,2025-01-08,D1,2025-01-06,A,10,",),
    "weekly.sell_out": ("A,2025-01-06,30",),
    "weekly.stock": ("A,2025-01-05,100,", "A,2025-01-12,88,1"),
    "weekly.sell_in": ("D1,2025-01-07,A,20,2", "D2,2025-01-08,A,-5,"),
    "irregular.sell_out": tuple(f"A,2025-01-{day:02},1" for day in range(5, 31)),
    "irregular.stock": ("A,2025-01-07,50", "A,2025-01-10,47", "A,2025-01-28,29"),
    "months.sell_out": ("A,2025-01-01,31",),
    "months.stock": ("A,2025-01-05,95", "A,2025-01-12,88", "A,2025-01-19,81", "A,2025-01-26,74", "A,2025-02-02,69"),
    "feed_lead.sell_out": ("A,2025-01-06,10", "A,2025-01-13,10"),
    "feed_lead.stock": ("A,2025-01-05,50", "A,2025-01-12,40", "A,2025-01-19,54"),
    "feed_lead.sell_in": ("D1,2025-01-09,A,24,",),
    "own_lead.sell_out": ("A,2025-01-06,10", "A,2025-01-13,10"),
    "own_lead.stock": ("A,2025-01-05,50", "A,2025-01-12,40", "A,2025-01-19,54"),
    "own_lead.sell_in": ("D1,2025-01-09,A,24,",),
    "brand.partners": ("own_lead,Own lead time,5", "feed_lead,Lead time of the feed,0"),
    "negative.sell_out": ("A,2025-01-06,5", "A,2025-01-13,1"),
    "negative.stock": ("A,2025-01-05,2", "A,2025-01-12,-3", "A,2025-01-19,-4"),
    "mixed.sell_out": ("L1,A,2025-01-06,4", "L2,A,2025-01-06,6"),
    "mixed.stock": ("L1,A,2025-01-05,30", "L2,A,2025-01-05,20", "L1,A,2025-01-12,26", "L2,A,2025-01-12,26"),
    "mixed.sell_in": ("D1,2025-01-08,A,12,",),
    "one_end.sell_out": ("L1,A,2025-01-06,4",),
    "one_end.stock": ("L1,A,2025-01-05,30", "L1,A,2025-01-12,38", "L2,A,2025-01-12,7"),
    "one_end.sell_in": ("D1,2025-01-08,A,12,",),
    "gap.sell_out": ("A,2025-01-06,10", "A,2025-01-13,10", "A,2025-01-20,10"),
    "gap.stock": ("A,2025-01-12,60", "A,2025-01-26,40"),
    "gap.sell_in": ("D1,2025-01-01,A,1,",),
    "counts.sell_out": ("L1,A,2025-01-06,9", "L1,A,2025-01-13,30", "L1,A,2025-01-20,25", "L1,A,2025-01-27,2"),
    "counts.stock": ("L1,A,2025-01-12,100", "L1,A,2025-02-02,58"),
    "counts.sell_in": ("L1,D1,2025-01-15,A,20,", "L1,D2,2025-01-16,A,-5,"),
    "morning.sell_out": ("A,2025-01-12,2", "A,2025-01-13,9"),
    "morning.stock": ("A,2025-01-12,10", "A,2025-01-13,8"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """What the files come to, nothing held."""
    home = Home(tmp_path_factory.mktemp("roll_forward"), _FEEDS)
    for contract in _FEEDS:
        columns = ",".join(mapping.name for mapping in contract.mappings)
        text = "\n".join([columns, *_LINES[contract.id], ""])
        home.deliver(f"{contract.id}/all-20250203T0900.csv", text)
    assert home.take_in() == []
    return home.build(LATER, _TABLES)


def _intervals(built: Tables, partner: str, *columns: str, location: str | None = None) -> list[tuple[Any, ...]]:
    """Intervals of a partner, by the day that closes them: that day of the year, then `columns`, units as numbers."""
    found = [
        row
        for row in built["reconciliation"]
        if row["partner_id"] == partner and (location is None or str(row["location_id"]).endswith(location))
    ]
    found.sort(key=lambda row: row["closing_date"])
    return [(row["closing_date"].timetuple().tm_yday, *(_told(row, column) for column in columns)) for row in found]


def _weeks(built: Tables, table: str, partner: str, *columns: str) -> list[tuple[Any, ...]]:
    found = sorted((row for row in built[table] if row["partner_id"] == partner), key=lambda row: row["week_start"])
    return [(str(row["week_start"])[5:], *(_told(row, column) for column in columns)) for row in found]


def _told(row: Row, column: str) -> Any:
    return float(row[column]) if column.endswith("_units") and row[column] is not None else row[column]


def test_daily_snapshots_at_a_point_of_sale(built: Tables) -> None:
    """20 - 3 = 17; 17 + 10 - 2 = 25 on the day of receipt, not of the document; nothing moves; 25 - 4 = 21."""
    columns = ("opening_units", "received_units", "sell_out_units", "reported_closing_units", "variance_units", "cause")
    assert _intervals(built, "daily", *columns, location="L1") == [
        (7, 20, 0, 3, 17, 0, "balanced"),
        (8, 17, 10, 2, 25, 0, "balanced"),
        (9, 25, 0, 0, 25, 0, "balanced"),
        (10, 25, 0, 4, 21, 0, "balanced"),
    ]
    assert _intervals(built, "daily", *columns, location="L2")[0] == (7, 5, 0, 1, 4, 0, "balanced")


def test_weekly_snapshots_of_a_partner_with_free_goods_returns_and_adjustments(built: Tables) -> None:
    """100 + 20 paid + 2 free - 5 returned - 30 sold + 1 adjusted = 88."""
    columns = ("location_id", "opening_units", "received_units", "returned_units", "sell_out_units")
    columns += ("adjustment_units", "expected_closing_units", "variance_units")
    assert _intervals(built, "weekly", *columns) == [(12, None, 100, 22, 5, 30, 1, 88, 0)]


def test_irregular_snapshots_part_the_time_where_they_fall(built: Tables) -> None:
    """A unit a day: 3 days, then 18. What moved before the first count and after the last is in no interval."""
    columns = ("opening_date", "sell_out_units", "variance_units")
    assert _intervals(built, "irregular", *columns) == [
        (10, date(2025, 1, 7), 3, 0),
        (28, date(2025, 1, 10), 18, 0),
    ]


def test_a_month_of_sales_against_weekly_stock_counts_where_it_ends(built: Tables) -> None:
    """A unit a day is 7 a week: three weeks lack them, the week of the 31st holds all 31, of which it sold 5.

    What is over, 26 - 21 = 5, was sold before the first count. Each interval names the line that crosses it.
    """
    found = _intervals(built, "months", "sell_out_units", "variance_units", "cause")
    assert found == [(12, 0, -7, "timing"), (19, 0, -7, "timing"), (26, 0, -7, "timing"), (33, 31, 26, "timing")]
    assert all('"crossing_lines": 1' in str(row[1]) for row in _intervals(built, "months", "evidence"))
    weeks = _weeks(built, "sell_through_weekly", "months", "sell_out_units", "sell_out_status", "closing_stock_units")
    assert weeks == [
        ("12-30", 5, "allocated", 95),
        ("01-06", 7, "allocated", 88),
        ("01-13", 7, "allocated", 81),
        ("01-20", 7, "allocated", 74),
        ("01-27", 5, "allocated", 69),
    ]


@pytest.mark.parametrize("partner", ["feed_lead", "own_lead"])
def test_receipts_count_by_lead_time_and_are_in_transit_until_then(built: Tables, partner: str) -> None:
    """24 units of a document of the 9th are there on the 14th, by the contract's 5 days or else the partner's."""
    columns = ("received_units", "variance_units")
    assert _intervals(built, partner, *columns) == [(12, 0, 0), (19, 24, 0)]
    [on_the_way, arrived] = [str(row[1]) for row in _intervals(built, partner, "evidence")]
    assert '"in_transit_units": 24' in on_the_way
    assert "in_transit_units" not in arrived
    weeks = dict(_weeks(built, "sell_through_weekly", partner, "received_units"))
    assert (weeks["01-06"], weeks["01-13"]) == (0, 24)


def test_negative_stock_is_kept(built: Tables) -> None:
    columns = ("opening_units", "expected_closing_units", "reported_closing_units", "variance_units")
    assert _intervals(built, "negative", *columns) == [(12, 2, -3, -3, 0), (19, -3, -4, -4, 0)]
    weeks = dict(_weeks(built, "sell_through_weekly", "negative", "closing_stock_units"))
    assert (weeks["01-06"], weeks["01-13"]) == (-3, -4)


def test_sell_in_of_no_location_takes_the_product_to_partner_level(built: Tables) -> None:
    """30 + 20 in two shops, 12 received by neither in particular, 4 + 6 sold: 52, as the shops count together."""
    columns = ("location_id", "opening_units", "received_units", "sell_out_units", "reported_closing_units")
    assert _intervals(built, "mixed", *columns, "variance_units") == [(12, None, 50, 12, 10, 52, 0)]


def test_a_shop_that_was_counted_at_one_end_only_is_named(built: Tables) -> None:
    """30 + 12 - 4 = 38 in the shop that was counted twice; the 7 of the other are a variance that names it."""
    columns = ("opening_units", "reported_closing_units", "variance_units")
    assert _intervals(built, "one_end", *columns) == [(12, 30, 45, 7)]
    [(_, evidence)] = _intervals(built, "one_end", "evidence")
    assert json.loads(evidence)["locations_at_one_end"] == ["one_end:L2"]


def test_an_unknown_opening_is_said_and_not_computed(built: Tables) -> None:
    """The count of the 19th is missing: the week before has no close, the week after no opening and no expectation."""
    columns = ("opening_units", "expected_closing_units", "reported_closing_units", "variance_units", "cause")
    assert _intervals(built, "gap", *columns)[:2] == [
        (19, 60, 50, None, None, "closing_unknown"),
        (26, None, None, 40, None, "opening_unknown"),
    ]
    weeks = _weeks(built, "sell_through_weekly", "gap", "opening_stock_units", "closing_stock_units", "stock_status")
    told = {week: rest for week, *rest in weeks}
    assert told["01-06"] == [None, 60, "reported"]
    assert told["01-13"] == [60, 50, "derived"]
    assert told["01-20"] == [50, 40, "reported"]


@pytest.mark.parametrize("table", ["sell_through_weekly", "sell_through_location_weekly"])
def test_stock_between_counts_is_derived_and_marked(built: Tables, table: str) -> None:
    """100 + 20 - 5 - 30 = 85; 85 - 25 = 60; the count of 58 is 60 - 2: no variance."""
    weeks = _weeks(built, table, "counts", "closing_stock_units", "stock_status", "opening_stock_status")
    assert weeks[:4] == [
        ("01-06", 100, "reported", "unknown"),
        ("01-13", 85, "derived", "reported"),
        ("01-20", 60, "derived", "derived"),
        ("01-27", 58, "reported", "derived"),
    ]
    assert _intervals(built, "counts", "expected_closing_units", "variance_units") == [(33, 58, 0)]


def test_a_count_in_the_morning_is_the_close_of_the_day_before(built: Tables) -> None:
    """10 on Sunday morning, 2 sold on Sunday, 8 on Monday morning; Monday's sales come after it."""
    assert _intervals(built, "morning", "sell_out_units", "variance_units") == [(12, 2, 0)]
    weeks = dict(_weeks(built, "sell_through_weekly", "morning", "closing_stock_units"))
    assert weeks["01-06"] == 8
