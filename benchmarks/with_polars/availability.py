"""Where the shelf was empty, and what that cost.

Belongs here: availability by week and by period. Does not belong here: other measures (`measures`, `cohorts`).
"""

from __future__ import annotations

import polars as pl

from benchmarks.with_polars.keys import KEY, PAIR, known_sum
from benchmarks.with_polars.periods import with_all_partners

#: a product that was neither sold nor stocked for so long is no longer expected on the shelf
_RANGED = pl.duration(weeks=7)


def availability_weekly(weekly: pl.LazyFrame) -> pl.LazyFrame:
    """Shelves of locations whose stock is counted, once a week: of each week one day is known."""
    counted = weekly.filter(pl.col("closing_stock_units").is_not_null()).select("location_id").unique()
    is_seen = (pl.col("sell_out_units").fill_null(0) > 0) | (pl.col("closing_stock_units") > 0)
    last_seen = pl.when(is_seen).then("week_start").forward_fill().over("pair")
    ranged = (
        weekly.join(counted, on="location_id", how="semi", maintain_order="left")
        .with_columns(last_seen=last_seen)
        .filter(pl.col("week_start") - pl.col("last_seen") <= _RANGED, pl.col("closing_stock_units").is_not_null())
        .select(
            *KEY,
            "week_start",
            known_days=pl.lit(1),
            out_of_stock_days=(pl.col("closing_stock_units") <= 0).cast(pl.Int64),
            sell_out_units=pl.when(~pl.col("is_partial")).then("sell_out_units"),
        )
    )
    siblings = (
        ranged.filter(pl.col("out_of_stock_days") == 0, pl.col("sell_out_units").is_not_null())
        .group_by(*PAIR, "week_start")
        .agg(stocked_siblings=pl.len(), sibling_rate=pl.mean("sell_out_units"))
    )
    lost = (pl.col("sibling_rate") - pl.col("sell_out_units")).clip(0)
    # half of the last place goes up, as with decimals
    lost = (lost * 1e4 + 0.5 + 1e-9).floor() / 1e4
    return (
        ranged.join(siblings, on=[*PAIR, "week_start"], how="left")
        .with_columns(
            pl.col("stocked_siblings").fill_null(0),
            lost_sales_units=pl.when(pl.col("out_of_stock_days") == 0).then(0.0).otherwise(lost),
        )
        .drop("sibling_rate")
    )


def availability(of_weeks: pl.LazyFrame, periods: dict[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Locations at which a product was expected, and at how many of them it ran out, by period."""
    return pl.concat(_of_period(of_weeks, weeks).with_columns(period=pl.lit(name)) for name, weeks in periods.items())


def _of_period(of_weeks: pl.LazyFrame, weeks: pl.LazyFrame) -> pl.LazyFrame:
    days = ["known_days", "out_of_stock_days", "lost_sales_units"]
    places = (
        of_weeks.join(weeks, on="week_start").group_by("period_start", *KEY).agg(known_sum(column) for column in days)
    )
    of_partners = places.group_by("period_start", *PAIR).agg(
        *(known_sum(column) for column in days),
        authorised_locations=pl.len(),
        out_of_stock_locations=(pl.col("out_of_stock_days") > 0).sum(),
    )
    sums = [*days, "authorised_locations", "out_of_stock_locations"]
    return with_all_partners(of_partners, ["period_start", "product_id"], sums)
