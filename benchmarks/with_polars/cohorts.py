"""What becomes of a week's receipts.

Belongs here: cohorts by their age. Does not belong here: other measures (`measures`, `availability`).
"""

from __future__ import annotations

import polars as pl

_AGES = [1, 2, 4, 8, 13, 26]
_FLOWS = ["pair", "week_start", "closing_stock_units", "received_so_far", "sold_so_far", "unknown_so_far"]


def cohorts(weekly: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    """What of a week's receipts was sold and what is left some weeks after, first in first out."""
    sold = pl.when(~pl.col("is_partial")).then("sell_out_units")
    received = weekly.filter(pl.col("sell_in_units") > 0).select("pair").unique()
    flows = (
        weekly.join(received, on="pair", how="semi", maintain_order="left")
        .with_columns(sold=sold)
        .with_columns(
            received_so_far=pl.col("sell_in_units").cum_sum().over("pair"),
            sold_so_far=pl.col("sold").fill_null(0).cum_sum().over("pair"),
            unknown_so_far=pl.col("sold").is_null().cum_sum().over("pair"),
        )
    )
    ages = pl.LazyFrame({"weeks_after": _AGES})
    older = pl.col("opening_stock_units").clip(0)
    left_over = pl.col("closing_stock_units_later") - (pl.col("received_so_far_later") - pl.col("received_so_far"))
    sold_since = pl.col("sold_so_far_later") - pl.col("sold_so_far") + pl.col("sold")
    is_known = pl.col("unknown_so_far_later") == pl.col("unknown_so_far")
    return (
        flows.filter(pl.col("sell_in_units") > 0)
        .rename({"sell_in_units": "received_units"})
        .join(ages, how="cross")
        .with_columns(later=pl.col("week_start") + pl.duration(weeks="weeks_after"))
        .join(flows.select(_FLOWS), left_on=["pair", "later"], right_on=["pair", "week_start"], suffix="_later")
        .select(
            *keys,
            "week_start",
            "weeks_after",
            "received_units",
            pl.when(is_known).then((sold_since - older).clip(0, pl.col("received_units"))).alias("sold_units"),
            left_over.clip(0, pl.col("received_units")).alias("left_units"),
        )
    )
