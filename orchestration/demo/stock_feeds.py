"""Stock of the partners that share it, as it would be reported without a mistake: at close of business.

Belongs here: from the true stock of the market to lines of reports. Does not belong here: mistakes (`defects`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.demo.dates import FIRST_DAY, MONDAYS, MONTH_ENDS, MONTHS, SUNDAYS, WEEKS
from orchestration.demo.feeds import Feed, deliveries, received
from orchestration.demo.market import ADJUSTED_PARTNERS, Market
from orchestration.demo.network import PHARMACIES, pharmacies_of, point_of
from orchestration.demo.sell_out_feeds import described, weekly


def stock_feeds(market: Market, seed: int) -> list[Feed]:
    """The stock feeds; the marketplace shares none."""
    rng = np.random.default_rng([seed, 3])
    groups = [_group(market, rng, partner) for partner in PHARMACIES]
    singles = [
        _single(market, "beaute_magasins", MONDAYS[:WEEKS], SUNDAYS[:WEEKS], 3, "08:20"),
        _single(market, "boutique", MONDAYS[:WEEKS], SUNDAYS[:WEEKS], 1, "09:00"),
        _single(market, "grand_repartiteur", MONTHS, MONTH_ENDS, 4, "09:40"),
        _single(market, "peau_en_ligne", MONTHS, MONTH_ENDS, 2, "06:00"),
    ]
    return groups + singles


def _group(market: Market, rng: np.random.Generator, partner: str) -> Feed:
    """A pharmacy group: a line a Sunday, pharmacy and product of its range, zeros printed."""
    places = pharmacies_of(partner)
    listed = market.is_listed[6::7][:WEEKS][:, places]
    week, place, product = np.nonzero(listed)
    lines = pd.DataFrame({
        "delivery": week, "location": places[place], "product": product, "snapshot_date": SUNDAYS[week],
        "on_hand_units": market.stock[6::7][week, places[place], product].astype(float),
    })  # fmt: skip
    if partner in ADJUSTED_PARTNERS:
        adjusted = weekly(market.adjusted)[:, places][week, place, product].astype(float)
        lines["adjustment_units"] = np.where(adjusted == 0, np.nan, adjusted)
    ends = SUNDAYS[:WEEKS]
    reports = deliveries(MONDAYS[:WEEKS], ends, received(ends, 3, "07:00", rng))
    return Feed(f"{partner}.stock", reports, described(market, partner, lines))


def _single(
    market: Market, partner: str, starts: pd.DatetimeIndex, ends: pd.DatetimeIndex, days: int, clock: str
) -> Feed:
    """A partner that reports one stock: a line a snapshot and product on the market."""
    report, product = np.nonzero(market.products["launched_on"].to_numpy() <= ends.to_numpy()[:, None])
    day = (ends - pd.Timestamp(FIRST_DAY)).days.to_numpy()
    lines = pd.DataFrame({
        "delivery": report, "product": product, "snapshot_date": ends[report],
        "on_hand_units": market.stock[day[report], point_of(partner), product].astype(float),
    })  # fmt: skip
    reports = deliveries(starts, ends, received(ends, days, clock))
    return Feed(f"{partner}.stock", reports, described(market, partner, lines))
