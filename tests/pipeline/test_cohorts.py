"""Cohorts against lots that are sold one by one: what the set-based marts say, an unhurried loop must say too."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import pytest

from tests.pipeline.conftest import Release

Lots = list[list[Any]]
#: (week of receipt, week looked at) -> units gone, units left
Told = dict[tuple[date, date], tuple[Decimal, Decimal]]


def _consume(lots: Lots, units: Decimal) -> None:
    """Take units from the oldest lots."""
    for lot in lots:
        taken = min(lot[1], units)
        lot[1] -= taken
        units -= taken


def _lots_week_by_week(weeks: list[tuple[Any, ...]]) -> Told:
    """What each lot has lost and kept at each close, while the weeks of a stock are known and balance."""
    told: Told = {}
    lots: Lots = []
    former: date | None = None
    for week, opening, received, gone, closing in weeks:
        is_known = None not in (opening, received, gone, closing) and min(opening, gone, closing) >= 0
        if not is_known or opening + received - gone != closing:
            former = None
            continue
        if former is None or week - former != timedelta(weeks=1):
            lots = [[None, opening, opening]]
        former = week
        if received > 0:
            lots.append([week, received, received])
        _consume(lots, gone)
        assert sum(lot[1] for lot in lots) == closing
        told |= {(lot[0], week): (lot[2] - lot[1], lot[1]) for lot in lots if lot[0]}
    return told


@pytest.mark.parametrize(
    ("weekly", "cohorts", "place"),
    [
        ("sell_through_weekly", "sell_through_cohorts", "'' as location_id"),
        ("sell_through_location_weekly", "sell_through_location_cohorts", "location_id"),
    ],
)
def test_cohorts_are_what_lots_sold_one_by_one_come_to(demo: Release, weekly: str, cohorts: str, place: str) -> None:
    rows = demo.rows(f"""
        select partner_id, {place}, product_id, week_start, opening_stock_units, received_units,
            case when sell_out_status in ('reported', 'allocated') then (sell_out_units + returned_units) end,
            closing_stock_units
        from {weekly} where hash(product_id) % 5 = 0 order by 1, 2, 3, 4
    """)
    lots = {key: _lots_week_by_week([row[3:] for row in pair]) for key, pair in groupby(rows, lambda row: row[:3])}
    compared = 0
    for *key, week, age, gone, left in demo.rows(f"""
        select partner_id, {place}, product_id, week_start, weeks_after, (sold_units + returned_units),
            left_units
        from {cohorts} where hash(product_id) % 5 = 0
    """):
        expected = lots[tuple(key)].get((week, week + timedelta(weeks=age)))
        if expected is not None:
            assert (gone, left) == expected, (key, week, age)
            compared += 1
    assert compared > 500
