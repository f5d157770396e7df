"""Where products are sold and stocked, and how stock weighs against sales.

Belongs here: distribution and the pressure index by period. Does not belong here: empty shelves (`availability`).
"""

from __future__ import annotations

import polars as pl

from benchmarks.with_polars.facts import Facts
from benchmarks.with_polars.keys import KEY, PLACE, monday, rate
from benchmarks.with_polars.periods import first_day, with_all_partners

_OF_PRODUCT = ["period_start", "product_id"]
_ON_PRODUCT = ["period_start", "partner_id", "product_id"]
_ON_UNIVERSE = ["period_start", "partner_id"]
_ON_PLACE = ["period_start", *PLACE]


def distribution(facts: Facts, periods: dict[str, pl.LazyFrame]) -> pl.LazyFrame:
    """In how many of the points of sale that could sell a product it sells, and is stocked."""
    sold = facts.sell_out
    places = sold.group_by(PLACE).agg(first_week=pl.min("period_start"))
    stock = facts.stock.with_columns(week_start=monday("snapshot_date")).join(places, on=PLACE)
    parts = []
    for period, weeks in periods.items():
        if period != "week":
            # a quarter is summed of months; held, as a plan would sum them again for each use
            starts = sold.with_columns(first_day("period_start", period))
            sold = starts.group_by(*KEY, "period_start").agg(pl.sum("units", "amount")).collect().lazy()
        parts.append(_of_period(sold, stock, places, weeks).with_columns(period=pl.lit(period)))
    return pl.concat(parts)


def _of_period(sold: pl.LazyFrame, stock: pl.LazyFrame, places: pl.LazyFrame, weeks: pl.LazyFrame) -> pl.LazyFrame:
    starts = weeks.select("period_start", "weeks", "last_week").unique()
    panel = places.join(starts, how="cross").filter(pl.col("last_week") >= pl.col("first_week"))
    turnover = sold.group_by(_ON_PLACE).agg(amount=pl.sum("amount"))
    universes = (
        panel.join(turnover, on=_ON_PLACE, how="left")
        .group_by(_ON_UNIVERSE)
        .agg(universe_locations=pl.len(), reporting=pl.col("amount").count(), amount=pl.sum("amount"))
    )
    products = (
        sold.join(turnover.rename({"amount": "place_amount"}), on=_ON_PLACE)
        .with_columns(is_selling=pl.col("units") > 0)
        .with_columns(selling_amount=pl.when("is_selling").then("place_amount"))
        .group_by(_ON_PRODUCT)
        .agg(sell_out_units=pl.sum("units"), selling=pl.sum("is_selling"), selling_amount=pl.sum("selling_amount"))
        .join(_stocking(stock, weeks), on=_ON_PRODUCT, how="full", coalesce=True)
    )
    products = with_all_partners(
        products, _OF_PRODUCT, ["sell_out_units", "selling", "selling_amount", "stocking_locations"]
    )
    universes = with_all_partners(universes, ["period_start"], ["universe_locations", "reporting", "amount"])
    selling = pl.when(pl.col("reporting") > 0).then(pl.col("selling").fill_null(0))
    return (
        products.join(universes, on=_ON_UNIVERSE, nulls_equal=True)
        .join(starts, on="period_start")
        .with_columns(selling_locations=selling)
        .select(
            *_ON_PRODUCT,
            "universe_locations",
            "selling_locations",
            "stocking_locations",
            "sell_out_units",
            rate(pl.col("selling_locations"), pl.col("universe_locations")).alias("numeric_distribution"),
            rate(pl.col("selling_amount").fill_null(0), pl.col("amount")).alias("weighted_distribution"),
            rate(pl.col("sell_out_units"), pl.col("selling_locations") * pl.col("weeks")).alias("velocity"),
        )
    )


def _stocking(stock: pl.LazyFrame, weeks: pl.LazyFrame) -> pl.LazyFrame:
    """Points of sale that had a product in a period, of those that are asked whether they sell it."""
    return (
        stock.join(weeks, on="week_start")
        .filter(pl.col("last_week") >= pl.col("first_week"))
        .group_by("period_start", *KEY)
        .agg(pl.max("on_hand_units"))
        .group_by(_ON_PRODUCT)
        .agg(stocking_locations=(pl.col("on_hand_units") > 0).sum())
    )


def pressure_index(weekly: pl.LazyFrame, periods: dict[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Share of a product in stock against its share in sales, of pairs that are known over the whole period."""
    return pl.concat(_pressure(weekly, weeks).with_columns(period=pl.lit(period)) for period, weeks in periods.items())


def _pressure(weekly: pl.LazyFrame, weeks: pl.LazyFrame) -> pl.LazyFrame:
    is_last = pl.col("week_start") == pl.col("last_week")
    pairs = (
        weekly.join(weeks, on="week_start")
        .with_columns(is_known=pl.col("sell_out_units").is_not_null() & ~pl.col("is_partial"))
        .with_columns(closing_stock_units=pl.when(is_last).then("closing_stock_units"))
        .group_by(_ON_PRODUCT)
        .agg(pl.sum("sell_out_units", "is_known"), pl.max("closing_stock_units", "weeks"))
        .filter(pl.col("is_known") == pl.col("weeks"), pl.col("closing_stock_units").is_not_null())
        .drop("is_known", "weeks")
    )
    products = with_all_partners(pairs, _OF_PRODUCT, ["sell_out_units", "closing_stock_units"])
    stock, sold = pl.col("closing_stock_units"), pl.col("sell_out_units")
    return products.with_columns(
        share_of_stock=rate(stock, stock.sum().over(_ON_UNIVERSE)),
        share_of_market=rate(sold, sold.sum().over(_ON_UNIVERSE)),
    ).with_columns(pressure_index=rate(pl.col("share_of_stock"), pl.col("share_of_market")))
