from __future__ import annotations

import holidays
import numpy as np
import pandas as pd
import pytest

from orchestration.demo.dates import ALL_DAYS, FRENCH_HOLIDAYS
from orchestration.demo.feeds import Feed
from orchestration.demo.layouts import LAYOUTS
from orchestration.demo.market import Market
from orchestration.demo.truth import units_of

_SHARES_STOCK = sorted({layout.partner for layout in LAYOUTS.values() if layout.kind == "stock" and layout.partner})


def test_stock_is_what_flows_leave_and_never_negative(market: Market) -> None:
    before = np.concatenate([market.opening[None], market.stock[:-1]])
    flows = market.paid + market.free - market.returned_to_brand - market.sold + market.brought_back + market.adjusted
    assert (market.stock == before + flows).all()
    assert market.stock.min() == 0


def test_the_market_is_alive(market: Market) -> None:
    for flow in (market.free, market.returned_to_brand, market.brought_back, market.adjusted):
        assert flow.any()
    stocked_out = (market.stock == 0) & market.is_listed
    assert 0 < stocked_out.sum() / market.is_listed.sum() < 0.02
    weekly = market.sold.reshape(-1, 7, *market.sold.shape[1:]).sum(axis=(1, 2))
    sun_care = (market.products["season"] == "sun").to_numpy()
    assert weekly[26, sun_care].sum() > 4 * weekly[2, sun_care].sum()


def test_paid_units_come_in_whole_cases(market: Market) -> None:
    assert (market.paid % market.products["units_per_case"].to_numpy() == 0).all()


def test_holidays_are_those_of_the_package() -> None:
    listed = holidays.country_holidays("FR", years=[2025, 2026])
    assert set(FRENCH_HOLIDAYS) == {day for day in listed if ALL_DAYS[0].date() <= day <= ALL_DAYS[-1].date()}


@pytest.mark.parametrize("partner", _SHARES_STOCK)
def test_clean_reports_roll_forward_without_variance(clean: dict[str, Feed], partner: str) -> None:
    """The reports themselves balance: what a reader of the clean files computes is what was reported."""
    stock, sell_out, sell_in = clean[f"{partner}.stock"], clean[f"{partner}.sell_out"], clean["brand.sell_in"]
    by_location = "location_code" in stock.lines
    ends = stock.deliveries["period_end"].to_numpy()

    def moved(lines: pd.DataFrame, day: str, units: pd.Series) -> pd.DataFrame:
        interval = np.searchsorted(ends, lines[day].to_numpy())
        location = lines["location"] if by_location else -1
        return pd.DataFrame({"location": location, "product": lines["product"], "interval": interval, "units": units})

    received = sell_in.lines.loc[sell_in.lines["partner_id"] == partner]
    flows = [
        moved(received, "receipt_on", received["units"] + received["free_units"].fillna(0)),
        moved(sell_out.lines, "period_start", -units_of(sell_out.lines)),
    ]
    if "adjustment_units" in stock.lines:
        flows.append(moved(stock.lines, "snapshot_date", stock.lines["adjustment_units"].fillna(0)))
    net = pd.concat(flows).groupby(["location", "product", "interval"])["units"].sum()
    cells = moved(stock.lines, "snapshot_date", stock.lines["on_hand_units"])
    keys = ["location", "product", "interval"]
    opening = cells.assign(interval=cells["interval"] + 1)
    pairs = cells.merge(opening, on=keys, suffixes=("", "_opening"))
    expected = pairs["units_opening"] + net.reindex(pd.MultiIndex.from_frame(pairs[keys])).fillna(0).to_numpy()
    assert len(pairs) > 12 * 20
    assert (pairs["units"] == expected).all()
