"""Sell-out of every partner, as it would be reported without a mistake.

Belongs here: from the true sales of the market to lines of reports. Does not belong here: mistakes (`defects`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from orchestration.demo.catalogue import LOT_CODE, LOT_PRODUCT, UNITS_PER_LOT, partner_codes
from orchestration.demo.dates import (
    ALL_DAYS,
    DEMO_AS_OF,
    MONDAYS,
    MONTH_ENDS,
    MONTHS,
    SUNDAYS,
    WEEKS,
    day_index,
    is_shop_open,
    month_of_day,
)
from orchestration.demo.feeds import Feed, deliveries, received
from orchestration.demo.market import Market
from orchestration.demo.network import PARTNERS, PHARMACIES, locations, pharmacies_of, point_of, stores

#: groups that print a zero for every product of the range; the others print what they sold
_PRINTS_ZEROS = ("officines_du_sud",)


def sell_out_feeds(market: Market, seed: int) -> list[Feed]:
    """The sell-out feeds of all partners."""
    rng = np.random.default_rng([seed, 2])
    return [
        *(_group(market, rng, partner) for partner in PHARMACIES),
        _retailer(market, rng),
        _wholesaler(market),
        _marketplace(market, rng),
        _ecommerce(market),
        _shop(market, rng),
    ]


def weekly(flow: np.ndarray) -> np.ndarray:
    """Sums of a daily flow by reported week."""
    return np.asarray(flow.reshape(-1, 7, *flow.shape[1:]).sum(axis=1)[:WEEKS])


def price_cents(market: Market, partner: str) -> np.ndarray:
    """Price of a unit to the customer, by product, ending in 0 or 5."""
    raw = market.products["list_price"].to_numpy() * PARTNERS[partner].markup
    return np.asarray(np.round(raw / 5) * 5, dtype=np.int64)


def described(market: Market, partner: str, lines: pd.DataFrame) -> pd.DataFrame:
    """Add the partner's product code, the label and, where there is a location, its code."""
    product = lines["product"].to_numpy()
    lines["product_code"] = np.array(partner_codes()[partner], dtype=object)[product]
    lines["label"] = market.products["label"].to_numpy(dtype=object)[product]
    if "location" in lines:
        lines["location_code"] = locations()["location_code"].to_numpy(dtype=object)[lines["location"].to_numpy()]
    return lines


def _valued(market: Market, partner: str, lines: pd.DataFrame) -> pd.DataFrame:
    lines["amount"] = lines["units"].to_numpy(np.int64) * price_cents(market, partner)[lines["product"].to_numpy()]
    return described(market, partner, lines)


def _weekly_deliveries(rng: np.random.Generator, days: int, clock: str) -> pd.DataFrame:
    ends = SUNDAYS[:WEEKS]
    return deliveries(MONDAYS[:WEEKS], ends, received(ends, days, clock, rng))


def _weekly_lines(week: np.ndarray, units: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
    starts, ends = MONDAYS[week], SUNDAYS[week]
    return pd.DataFrame(
        {"delivery": week, "period_start": starts, "period_end": ends, "units": units.astype(float), **columns}
    )


def _group(market: Market, rng: np.random.Generator, partner: str) -> Feed:
    """A pharmacy group: a line a week, pharmacy and product; a pharmacy that sold nothing sends one zero."""
    places = pharmacies_of(partner)
    sold = weekly(market.sold)[:, places]
    listed = market.is_listed[6::7][:WEEKS][:, places]
    printed = listed if partner in _PRINTS_ZEROS else sold > 0
    is_silent = listed[:, :, 0] & ~printed.any(axis=2)
    printed[:, :, 0] |= is_silent
    week, place, product = np.nonzero(printed)
    lines = _weekly_lines(week, sold[week, place, product], location=places[place], product=product)
    return Feed(f"{partner}.sell_out", _weekly_deliveries(rng, 3, "06:10"), _valued(market, partner, lines))


def _retailer(market: Market, rng: np.random.Generator) -> Feed:
    """The retailer: stock is pooled, sales are told by store."""
    sold = weekly(market.sold)[:, point_of("beaute_magasins")]
    sizes = rng.dirichlet(np.full(len(stores()), 8.0))
    by_store = rng.multinomial(sold, sizes).transpose(0, 2, 1)
    printed = by_store > 0
    printed[:, :, 0] |= ~printed.any(axis=2)
    week, store, product = np.nonzero(printed)
    lines = _weekly_lines(week, by_store[week, store, product], location=stores()[store], product=product)
    return Feed(
        "beaute_magasins.sell_out",
        _weekly_deliveries(rng, 3, "08:05"),
        _valued(market, "beaute_magasins", lines),
    )


def _wholesaler(market: Market) -> Feed:
    """The wholesaler: a line a month and product, in one report a month."""
    month, daily = month_of_day(), market.sold[:, point_of("grand_repartiteur")]
    sold = np.stack([daily[month == place].sum(axis=0) for place in range(len(MONTHS))])
    place, product = np.nonzero(_on_market(market, MONTH_ENDS))
    lines = pd.DataFrame({
        "delivery": place, "period_start": MONTHS[place], "period_end": MONTH_ENDS[place],
        "units": sold[place, product].astype(float), "product": product,
    })  # fmt: skip
    reports = deliveries(MONTHS, MONTH_ENDS, received(MONTH_ENDS, 4, "09:30"))
    return Feed("grand_repartiteur.sell_out", reports, _valued(market, "grand_repartiteur", lines))


def _on_market(market: Market, days: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(market.products["launched_on"].to_numpy() <= days.to_numpy()[:, None])


def _marketplace(market: Market, rng: np.random.Generator) -> Feed:
    """The marketplace: a line a week and code, zeros printed; one product is sold in lots of two as well."""
    sold = weekly(market.sold)[:, point_of("place_marche")]
    lot_product = int(np.flatnonzero(market.products["product_id"] == LOT_PRODUCT)[0])
    lots = sold[:, lot_product] // 4
    single = sold.copy()
    single[:, lot_product] -= UNITS_PER_LOT * lots
    week, product = np.nonzero(_on_market(market, SUNDAYS[:WEEKS]))
    lines = _valued(market, "place_marche", _weekly_lines(week, single[week, product], product=product))
    as_lots = _weekly_lines(np.arange(WEEKS), lots, product=np.full(WEEKS, lot_product))
    as_lots = _valued(market, "place_marche", as_lots.assign(factor=float(UNITS_PER_LOT)))
    as_lots["product_code"], as_lots["label"] = LOT_CODE, "Lot de 2 - " + as_lots["label"]
    as_lots["amount"] = as_lots["amount"] * UNITS_PER_LOT
    both = pd.concat([lines.assign(factor=1.0), as_lots]).sort_values("delivery", kind="stable")
    return Feed("place_marche.sell_out", _weekly_deliveries(rng, 2, "05:15"), both.assign(currency="EUR"))


def _ecommerce(market: Market) -> Feed:
    """The e-commerce site: a line a day and product, zeros printed, gross sales beside what came back."""
    days = ALL_DAYS[: day_index(DEMO_AS_OF)]
    point = point_of("peau_en_ligne")
    day, product = np.nonzero(_on_market(market, days))
    lines = pd.DataFrame({
        "delivery": day, "period_start": days[day], "period_end": days[day], "product": product,
        "units": market.sold[day, point, product].astype(float),
        "returned_units": market.brought_back[day, point, product].astype(float),
    })  # fmt: skip
    reports = deliveries(days, days, received(days, 1, "05:30"))
    return Feed("peau_en_ligne.sell_out", reports, _valued(market, "peau_en_ligne", lines))


def _shop(market: Market, rng: np.random.Generator) -> Feed:
    """The own shop: till lines, sent on the evening of every open day; a day without sales sends a bare header."""
    is_open = np.flatnonzero(is_shop_open()[: day_index(DEMO_AS_OF) + 1])
    sold = market.sold[is_open, point_of("boutique")]
    lines = _till_lines(rng, sold)
    lines["period_start"] = lines["period_end"] = ALL_DAYS[is_open][lines["delivery"].to_numpy()]
    days = ALL_DAYS[is_open]
    reports = deliveries(days, days, received(days, 0, "20:15"))
    return Feed("boutique.sell_out", reports, _valued(market, "boutique", lines))


def _till_lines(rng: np.random.Generator, sold: np.ndarray) -> pd.DataFrame:
    """Scans of one or two units; the same product scanned twice on a ticket makes two equal lines."""
    pairs = rng.binomial(sold // 2, 0.3)
    singles = sold - 2 * pairs
    day, product = np.nonzero(sold)
    parts = []
    for units, counts in ((1.0, singles), (2.0, pairs)):
        cell = np.repeat(np.arange(len(day)), counts[day, product])
        parts.append(pd.DataFrame({"delivery": day[cell], "product": product[cell], "units": units}))
    lines = pd.concat(parts, ignore_index=True)
    scans = lines.groupby("delivery")["delivery"].transform("size")
    lines["tickets"] = np.maximum(1, np.round(scans / 1.8)).astype(int)
    lines["ticket"] = 1 + (rng.random(len(lines)) * lines["tickets"]).astype(int)
    lines = lines.sort_values(["delivery", "ticket", "product"], kind="stable", ignore_index=True)
    minute = (9 * 60 + 30) + lines["ticket"] * 600 // (lines["tickets"] + 1)
    lines["hour"] = _texts(minute, lambda value: f"{value // 60:02d}:{value % 60:02d}")
    lines["transaction_id"] = _texts(lines["ticket"], lambda value: f"T{value:04d}")
    customer = _customers(rng, lines["delivery"].to_numpy() * 1000 + lines["ticket"].to_numpy())
    lines["customer_id"] = _texts(pd.Series(customer), lambda value: f"29{value:08d}" if value else "")
    return lines.drop(columns=["ticket", "tickets"])


def _customers(rng: np.random.Generator, ticket: np.ndarray) -> np.ndarray:
    """Number of the customer's card, by line; 0 for the two tickets in three without one."""
    _, first = np.unique(ticket, return_inverse=True)
    numbers = rng.integers(1, 4000, first.max() + 1)
    has_card = rng.random(first.max() + 1) < 0.35
    return np.asarray(numbers * 7919 * has_card)[first]


def _texts(values: pd.Series, spell: Callable[[int], str]) -> np.ndarray:
    """Spell each distinct value once."""
    found, inverse = np.unique(values.to_numpy(), return_inverse=True)
    return np.array([spell(int(value)) for value in found], dtype=object)[inverse]
