"""Stock rolled forward between counts, by location where stock is counted there, else by partner.

Belongs here: the intervals between counts. Does not belong here: weeks (`marts`).
"""

from __future__ import annotations

import polars as pl

from benchmarks.with_polars.facts import Facts
from benchmarks.with_polars.keys import KEY, monday


def by_location(stock: pl.LazyFrame) -> pl.LazyFrame:
    """Partners whose stock is counted, and whether it is by location."""
    return stock.group_by("partner_id").agg(is_by_location=pl.col("location_id").is_not_null().all())


def intervals(facts: Facts) -> pl.LazyFrame:
    """One row for each count but the first of a key, with what came and went since."""
    located = by_location(facts.stock)
    received = facts.sell_in.with_columns(week=monday("document_date"))
    sold = facts.sell_out.rename({"period_start": "week"})
    on = [*KEY, "week"]
    counts = facts.stock.sort("snapshot_date").with_columns(
        opening_date=pl.col("snapshot_date").shift().over(KEY),
        opening_units=pl.col("on_hand_units").shift().over(KEY),
        week=pl.col("snapshot_date") - pl.duration(days=6),
    )
    return (
        counts.rename({"snapshot_date": "closing_date", "on_hand_units": "reported_closing_units"})
        .drop_nulls("opening_date")
        .join(_moved(received, located).rename({"units": "received_units"}), on=on, how="left", nulls_equal=True)
        .join(_moved(sold, located).rename({"units": "sell_out_units"}), on=on, how="left", nulls_equal=True)
        .drop("week")
        .with_columns(pl.col("received_units", "sell_out_units").fill_null(0))
        .with_columns(
            expected_closing_units=pl.col("opening_units") + pl.col("received_units") - pl.col("sell_out_units")
        )
        .with_columns(variance_units=pl.col("reported_closing_units") - pl.col("expected_closing_units"))
    )


def _moved(lines: pl.LazyFrame, located: pl.LazyFrame) -> pl.LazyFrame:
    """Units by key and week."""
    location = pl.when("is_by_location").then("location_id").alias("location_id")
    return lines.join(located, on="partner_id").with_columns(location).group_by(*KEY, "week").agg(pl.sum("units"))
