"""Where products are sold and stocked, and how stock weighs against sales.

Belongs here: distribution and the pressure index by period. Does not belong here: empty shelves (`availability`).
"""

from __future__ import annotations

import pandas as pd

from benchmarks.with_pandas.facts import Facts
from benchmarks.with_pandas.keys import KEY, PAIR, PLACE, monday, packed, rate
from benchmarks.with_pandas.periods import first_day, with_all_partners

_OF_PRODUCT = ["period_start", "product_id"]
_ON_PRODUCT = ["period_start", *PAIR]
_ON_UNIVERSE = ["period_start", "partner_id"]
_MEASURED = [
    "universe_locations", "selling_locations", "stocking_locations", "sell_out_units", "numeric_distribution",
    "weighted_distribution", "velocity",
]  # fmt: skip


def distribution(facts: Facts, periods: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """In how many of the points of sale that could sell a product it sells, and is stocked."""
    sold = facts.sell_out
    places = sold.groupby(PLACE, observed=True, as_index=False)["period_start"].min()
    places = places.rename(columns={"period_start": "first_week"})
    stock = facts.stock.dropna(subset="location_id").merge(places, on=PLACE)
    stock["week_start"] = monday(stock["snapshot_date"])
    parts = []
    for period, weeks in periods.items():
        if period != "week":
            # a quarter is summed of months
            starts = sold.assign(period_start=first_day(sold["period_start"], period))
            sold = starts.groupby([*KEY, "period_start"], observed=True, sort=False, as_index=False).sum()
        parts.append(_of_period(sold, stock, places, weeks).assign(period=period))
    return pd.concat(parts, ignore_index=True)


def _of_period(sold: pd.DataFrame, stock: pd.DataFrame, places: pd.DataFrame, weeks: pd.DataFrame) -> pd.DataFrame:
    lines = sold[[*_ON_PRODUCT, "units", "amount"]]
    place = packed(sold, [*PLACE, "period_start"])
    is_selling = lines["units"] > 0
    lines = lines.assign(
        selling=is_selling,
        selling_amount=lines["amount"].groupby(place).transform("sum").where(is_selling, 0),
        reporting=~pd.Series(place).duplicated(),
    )
    products = lines.groupby(_ON_PRODUCT, observed=True)[["units", "selling", "selling_amount"]].sum()
    starts = weeks.drop_duplicates("period_start")
    panel = places.merge(starts, how="cross")
    panel = panel[panel["last_week"] >= panel["first_week"]]
    universes = panel.groupby(_ON_UNIVERSE, observed=True).size().to_frame("universe_locations")
    universes = universes.join(lines.groupby(_ON_UNIVERSE, observed=True)[["reporting", "amount"]].sum())
    products = products.join(_stocking(stock, weeks), how="outer").reset_index()
    table = (
        with_all_partners(products, _OF_PRODUCT)
        .merge(with_all_partners(universes.reset_index(), ["period_start"]), on=_ON_UNIVERSE)
        .merge(starts[["period_start", "weeks"]], on="period_start")
    )
    table["selling_locations"] = table["selling"].fillna(0).where(table["reporting"] > 0)
    table["sell_out_units"] = table["units"]
    table["numeric_distribution"] = rate(table["selling_locations"], table["universe_locations"])
    table["weighted_distribution"] = rate(table["selling_amount"].fillna(0), table["amount"])
    table["velocity"] = rate(table["units"], table["selling_locations"] * table["weeks"])
    return table[[*_ON_PRODUCT, *_MEASURED]]


def _stocking(stock: pd.DataFrame, weeks: pd.DataFrame) -> pd.DataFrame:
    """Points of sale that had a product in a period, of those that are asked whether they sell it."""
    met = stock.merge(weeks, on="week_start")
    met = met[met["last_week"] >= met["first_week"]]
    most = met.groupby(["period_start", *KEY], observed=True, as_index=False)["on_hand_units"].max()
    stocking = (most["on_hand_units"] > 0).groupby([most[key] for key in _ON_PRODUCT], observed=True).sum()
    return stocking.to_frame("stocking_locations")


def pressure_index(weekly: pd.DataFrame, periods: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Share of a product in stock against its share in sales, of pairs that are known over the whole period."""
    weekly = weekly[["week_start", *PAIR, "sell_out_units", "closing_stock_units", "is_partial"]]
    parts = []
    for period, weeks in periods.items():
        cells = weekly.merge(weeks, on="week_start")
        cells["is_known"] = cells["sell_out_units"].notna() & ~cells["is_partial"]
        cells["closing_stock_units"] = cells["closing_stock_units"].where(cells["week_start"] == cells["last_week"])
        pairs = cells.groupby(["period_start", *PAIR], observed=True, as_index=False).agg(
            sell_out_units=("sell_out_units", "sum"), closing_stock_units=("closing_stock_units", "max"),
            known=("is_known", "sum"), weeks=("weeks", "first"),
        )  # fmt: skip
        pairs = pairs[(pairs["known"] == pairs["weeks"]) & pairs["closing_stock_units"].notna()]
        products = with_all_partners(pairs.drop(columns=["known", "weeks"]), _OF_PRODUCT)
        parts.append(products.assign(period=period))
    table = pd.concat(parts, ignore_index=True)
    scope = table.groupby(["period", *_ON_UNIVERSE], observed=True, dropna=False)
    table["share_of_stock"] = rate(table["closing_stock_units"], scope["closing_stock_units"].transform("sum"))
    table["share_of_market"] = rate(table["sell_out_units"], scope["sell_out_units"].transform("sum"))
    table["pressure_index"] = rate(table["share_of_stock"], table["share_of_market"])
    return table
