"""The demo market: what every stock point truly received, sold, returned, adjusted and holds, day by day.

The law it keeps: stock = former stock + paid + free - returns to the brand - sales + customer returns + adjustments,
per stock point and product, never negative. Belongs here: the truth. Does not belong here: what partners report of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from orchestration.demo.catalogue import products
from orchestration.demo.dates import ALL_DAYS, DAYS, MONDAYS, SIMULATED_WEEKS, day_index, is_shop_open
from orchestration.demo.network import PARTNERS, PHARMACIES, point_of, stock_points

#: days on which the own shop is open and sells nothing: its report is empty; that of the last day is wrong
QUIET_DAYS: Final = ("2025-02-05", "2025-02-12", "2025-06-19")
#: the Friday on which partners send unsold sun care back
RETURN_DAY: Final = "2025-10-03"
_WEEKS_COVERED = 4.0
_FRIDAY, _SUNDAY = 4, 6
#: partners whose stock reports state adjustments
ADJUSTED_PARTNERS: Final = ("pharma_plus", "officines_du_sud")


@dataclass
class Market:
    """True flows and stock, int32, one cell a simulated day x stock point x product. Units are base units.

    `is_listed` has the same cells: the point is open and carries the product, which is on the market.
    """

    points: pd.DataFrame
    products: pd.DataFrame
    is_listed: np.ndarray
    opening: np.ndarray
    paid: np.ndarray = field(init=False)
    free: np.ndarray = field(init=False)
    returned_to_brand: np.ndarray = field(init=False)
    sold: np.ndarray = field(init=False)
    brought_back: np.ndarray = field(init=False)
    adjusted: np.ndarray = field(init=False)
    stock: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        shape = (DAYS, len(self.points), len(self.products))
        for name in ("paid", "free", "returned_to_brand", "sold", "brought_back", "adjusted", "stock"):
            setattr(self, name, np.zeros(shape, dtype=np.int32))


def lead_days(points: pd.DataFrame) -> np.ndarray:
    """Days from document to receipt, by stock point."""
    return np.array([PARTNERS[partner].lead_time_days for partner in points["partner_id"]])


def simulate(seed: int) -> Market:
    """Run the market. The same seed gives the same market."""
    rng = np.random.default_rng([seed, 1])
    points, listed_products = stock_points(rng), products()
    listed = _assortment(rng, points, len(listed_products))
    weekly_rate = _weekly_rate(points, listed_products, listed)
    is_listed = listed & _is_traded(points, listed_products)
    rate = _daily_rate(points, weekly_rate) * is_listed
    # nothing is stocked of what is not listed yet: the first order comes when it is
    opening = np.where(is_listed[0], _to_cases(_target(weekly_rate[0]), listed_products), 0)
    market = Market(points, listed_products, is_listed, opening)
    _run(rng, market, rate, weekly_rate)
    return market


def _is_traded(points: pd.DataFrame, listed_products: pd.DataFrame) -> np.ndarray:
    """Flags day x point x product: the point is open and the product is on the market."""
    days = ALL_DAYS.to_numpy()[:, None]
    opened, closed = points["opened_on"].to_numpy(), points["closed_on"]
    is_open = (days >= opened) & ((days <= closed.to_numpy()) | closed.isna().to_numpy())
    is_launched = days >= listed_products["launched_on"].to_numpy()
    return np.asarray(is_open[:, :, None] & is_launched[:, None, :])


def _assortment(rng: np.random.Generator, points: pd.DataFrame, count: int) -> np.ndarray:
    """Which products a point carries: pharmacies most of them, all others all."""
    listed = rng.random((len(points), count)) < 0.95
    # the first product is everywhere, so that a point always has a line to send
    listed[:, 0] = True
    listed[~points["partner_id"].isin(PHARMACIES).to_numpy()] = True
    return listed


def _weekly_rate(points: pd.DataFrame, listed_products: pd.DataFrame, listed: np.ndarray) -> np.ndarray:
    """Expected units a week, week x point x product, by size, popularity, season and growth."""
    partners = points["partner_id"].map(PARTNERS)
    base = partners.map(lambda partner: partner.weekly_units).to_numpy(float) * points["size"].to_numpy()
    growth = partners.map(lambda partner: partner.growth).to_numpy(float)
    years = np.arange(SIMULATED_WEEKS)[:, None] / 52
    size = base * (1 + growth) ** years
    popularity = listed_products["popularity"].to_numpy()
    return np.asarray(size[:, :, None] * popularity * _season(listed_products)[:, None, :] * listed)


def _season(listed_products: pd.DataFrame) -> np.ndarray:
    """Factor week x product: sun care lives in summer, rich care in winter."""
    week = MONDAYS.isocalendar().week.to_numpy(float)
    summer = np.exp(-(((week - 27) / 6.5) ** 2))
    distance = np.minimum(np.abs(week - 2), 52 - np.abs(week - 2))
    winter = np.exp(-((distance / 9) ** 2))
    curves = {"sun": 0.3 + 2.4 * summer, "winter": 0.7 + 0.9 * winter, "flat": np.ones_like(week)}
    return np.stack([curves[season] for season in listed_products["season"]], axis=1)


def _daily_rate(points: pd.DataFrame, weekly_rate: np.ndarray) -> np.ndarray:
    weekdays = np.array([PARTNERS[partner].weekdays for partner in points["partner_id"]])
    rate: np.ndarray = np.repeat(weekly_rate, 7, axis=0) * np.tile(weekdays.T, (SIMULATED_WEEKS, 1))[:, :, None]
    shop = point_of("boutique")
    rate[~is_shop_open(), shop] = 0
    rate[[day_index(day) for day in QUIET_DAYS], shop] = 0
    return rate


def _target(weekly_rate: np.ndarray) -> np.ndarray:
    return np.asarray(np.ceil(weekly_rate * _WEEKS_COVERED + 2 * np.sqrt(weekly_rate) + 1) * (weekly_rate > 0))


def _to_cases(units: np.ndarray, listed_products: pd.DataFrame) -> np.ndarray:
    case = listed_products["units_per_case"].to_numpy()
    return np.asarray(np.ceil(units / case) * case, dtype=np.int32)


def _run(rng: np.random.Generator, market: Market, rate: np.ndarray, weekly_rate: np.ndarray) -> None:
    """Fill the market's flows. A day: receipts, returns to the brand, sales, customer returns, adjustments."""
    lead = lead_days(market.points)
    ecommerce = point_of("peau_en_ligne")
    return_day, closing_days = day_index(RETURN_DAY), _last_fridays(market.points)
    stock = market.opening.copy()
    for day in range(DAYS):
        week, weekday = divmod(day, 7)
        if weekday == 0:
            _order(market, day, lead, stock, weekly_rate[week])
        stock = stock + market.paid[day] + market.free[day]
        if weekday == _FRIDAY:
            market.returned_to_brand[day] = _returns(rng, market, stock, day == return_day, closing_days == day)
            stock = stock - market.returned_to_brand[day]
        market.sold[day] = np.minimum(rng.poisson(rate[day]), stock)
        market.brought_back[day, ecommerce] = rng.binomial(market.sold[day, ecommerce], 0.04)
        stock = stock - market.sold[day] + market.brought_back[day]
        if weekday == _SUNDAY:
            market.adjusted[day] = _adjustments(rng, market.points, stock)
            stock = stock + market.adjusted[day]
        market.stock[day] = stock


def _last_fridays(points: pd.DataFrame) -> np.ndarray:
    """Day index of the last Friday of each point that closes; -1 for the others."""
    closed = [-1 if pd.isna(day) else day_index(day.date()) for day in points["closed_on"]]
    return np.array([day - (day - _FRIDAY) % 7 if day >= 0 else -1 for day in closed])


def _order(market: Market, day: int, lead: np.ndarray, stock: np.ndarray, weekly_rate: np.ndarray) -> None:
    """Order whole cases up to the target where stock is low; they arrive within the same week."""
    target = _target(weekly_rate)
    closing = market.points["closed_on"].notna().to_numpy() & (_last_fridays(market.points) < day + 35)
    wanted = market.is_listed[day] & (stock < 0.7 * target) & ~closing[:, None]
    units = np.where(wanted, _to_cases(target - stock, market.products), 0)
    points = np.arange(len(lead))
    market.paid[day + lead, points] = units
    if day // 7 % 8 == 3:
        is_pharmacy = market.points["partner_id"].isin(PHARMACIES).to_numpy()
        market.free[day + lead, points] = np.where(is_pharmacy[:, None], units // 10, 0)


def _returns(
    rng: np.random.Generator, market: Market, stock: np.ndarray, is_return_day: bool, is_last_friday: np.ndarray
) -> np.ndarray:
    is_sun_care = (market.products["season"] == "sun").to_numpy()
    sends_back = rng.random(stock.shape) < 0.35
    unsold = np.where(is_return_day & is_sun_care & sends_back, (stock * 0.4).astype(np.int32), 0)
    return np.where(is_last_friday[:, None], stock, unsold)


def _adjustments(rng: np.random.Generator, points: pd.DataFrame, stock: np.ndarray) -> np.ndarray:
    """Damage, and units lent between neighbouring pharmacies of a group; never more than there is."""
    reports = points["partner_id"].isin(ADJUSTED_PARTNERS).to_numpy()[:, None]
    damaged = (rng.random(stock.shape) < 0.01) & reports & (stock > 0)
    adjusted = -damaged.astype(np.int32)
    neighbour = points["partner_id"].to_numpy() == points["partner_id"].shift(-1).to_numpy()
    is_open = points["closed_on"].isna().to_numpy() & (points["opened_on"].dt.year < 2025).to_numpy()
    may_lend = is_open & np.roll(is_open, -1) & neighbour
    both_carry = (stock > 0) & (np.roll(stock, -1, axis=0) > 0)
    lends = (rng.random(stock.shape) < 0.003) & reports & may_lend[:, None] & both_carry & (stock >= 4)
    lent = 2 * lends.astype(np.int32)
    return np.asarray(adjusted - lent + np.roll(lent, 1, axis=0))
