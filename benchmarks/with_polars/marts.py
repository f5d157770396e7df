"""Sell-through by week, of partners and of points of sale. What a complete report leaves out is 0; what did not come is
unknown.

Belongs here: the weekly marts. Does not belong here: what is made of weeks (`cohorts`, `measures`, `availability`).
"""

from __future__ import annotations

import polars as pl

from benchmarks.with_polars.facts import Facts
from benchmarks.with_polars.keys import KEY, known_sum, monday, rate
from benchmarks.with_polars.reconciliation import by_location

_COVER_WEEKS = 8


def weekly(facts: Facts, keys: list[str]) -> pl.LazyFrame:
    """The mart of pairs of a place and a product, places as `keys` say: every week of a pair from its first, in order.

    A pair has a number in `pair`.
    """
    week = [*keys, "week_start"]
    sold = facts.sell_out.rename({"period_start": "week_start"})
    reported = sold.select("partner_id", "week_start").unique().with_columns(is_reported=True)
    sold, bought, counted = _sold(sold, keys), _bought(facts, keys), _counted(facts, keys)
    pairs = (
        pl.concat([part.select(week) for part in (sold, bought, counted)])
        .group_by(keys)
        .agg(first_week=pl.min("week_start"))
        .with_row_index("pair")
    )
    weeks = facts.stock.select(week_start=monday("snapshot_date")).unique().sort("week_start")
    grid = (
        pairs.join(by_location(facts.stock), on="partner_id", maintain_order="left")
        .join(weeks, how="cross", maintain_order="left_right")
        .filter(pl.col("week_start") >= pl.col("first_week"))
    )
    for part in (sold, bought, counted, _unread(facts.unread, pairs, keys)):
        grid = grid.join(part, on=week, how="left", maintain_order="left")
    grid = grid.join(reported, on=["partner_id", "week_start"], how="left", maintain_order="left")
    return _measured(grid, keys)


def _measured(grid: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    received = pl.col("bought_units").fill_null(0)
    if "location_id" in keys:
        received = pl.when("is_by_location").then(received)
    is_zero = pl.col("sold_units").is_null() & pl.col("is_reported") & pl.col("is_named").is_null()
    closing, opening, sold = pl.col("closing_stock_units"), pl.col("opening_stock_units"), pl.col("sell_out_units")
    is_same = pl.col("pair") == pl.col("pair").shift()
    return (
        grid.select(
            "pair",
            *keys,
            "week_start",
            received.alias("sell_in_units"),
            pl.when(is_zero).then(0.0).otherwise("sold_units").alias("sell_out_units"),
            (pl.col("sold_units").is_not_null() & pl.col("is_named").fill_null(False)).alias("is_partial"),
            pl.when(is_same).then(closing.shift()).alias("opening_stock_units"),
            closing,
            "sold_units",
            "selling",
            "amount",
        )
        .with_columns(sold.rolling_mean(_COVER_WEEKS, min_samples=1).over("pair").alias("mean"))
        .with_columns(
            sell_through_rate=rate(sold, opening + pl.col("sell_in_units")),
            sell_out_to_sell_in_ratio=rate(sold, pl.col("sell_in_units")),
            trailing_weeks_of_cover=rate(closing, pl.col("mean")),
            velocity=rate(sold, pl.col("selling")),
            average_selling_price=rate(pl.col("amount"), pl.col("sold_units")),
        )
        .drop("mean", "sold_units", "selling", "amount")
    )


def _sold(sold: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    is_selling = pl.col("units") > 0
    if keys == KEY:
        # a fact is alone in its cell
        return sold.select(*KEY, "week_start", "amount", sold_units="units", selling=is_selling.cast(pl.UInt32))
    return sold.group_by(*keys, "week_start").agg(
        known_sum("amount"), sold_units=pl.sum("units"), selling=is_selling.sum()
    )


def _bought(facts: Facts, keys: list[str]) -> pl.LazyFrame:
    lines = facts.sell_in.drop_nulls(keys).with_columns(week_start=monday("document_date"))
    return lines.group_by(*keys, "week_start").agg(bought_units=pl.sum("units"))


def _counted(facts: Facts, keys: list[str]) -> pl.LazyFrame:
    lines = facts.stock.drop_nulls(keys).with_columns(week_start=monday("snapshot_date"))
    return lines.group_by(*keys, "week_start").agg(closing_stock_units=pl.sum("on_hand_units"))


def _unread(unread: pl.LazyFrame, pairs: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    """Cells of which a line could not be read, and whether it named the product: without it, it may be of any."""
    places = [key for key in keys if key != "product_id"]
    named = unread.join(pairs, on=keys).select(*keys, "week_start", is_named=True)
    unnamed = unread.filter(pl.col("product_id").is_null()).drop("product_id").join(pairs, on=places)
    unnamed = unnamed.select(*keys, "week_start", is_named=False)
    return pl.concat([named, unnamed]).group_by(*keys, "week_start").agg(pl.any("is_named"))
