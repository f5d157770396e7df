"""Where the shelf was empty, and what that cost.

Belongs here: availability by week and by period. Does not belong here: other measures (`measures`, `cohorts`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.with_pandas.keys import KEY, PAIR, WEEK, packed
from benchmarks.with_pandas.periods import with_all_partners

#: a product that was neither sold nor stocked for so long is no longer expected on the shelf
_RANGED = 7 * WEEK


def availability_weekly(weekly: pd.DataFrame) -> pd.DataFrame:
    """Shelves of locations whose stock is counted, once a week: of each week one day is known."""
    columns = [*KEY, "week_start", "sell_out_units", "is_partial", "closing_stock_units"]
    counted = weekly.loc[weekly["closing_stock_units"].notna(), "location_id"].unique()
    sales = weekly.loc[weekly["location_id"].isin(counted), columns]
    is_seen = (sales["sell_out_units"] > 0) | (sales["closing_stock_units"] > 0)
    last_seen = sales["week_start"].where(is_seen).groupby(packed(sales, KEY)).ffill()
    is_ranged = (sales["week_start"] - last_seen <= _RANGED) & sales["closing_stock_units"].notna()
    table = sales[is_ranged].reset_index(drop=True)
    sold = table["sell_out_units"].mask(table["is_partial"])
    is_empty = table["closing_stock_units"] <= 0
    product_week = packed(table, [*PAIR, "week_start"])
    siblings = sold[~is_empty].groupby(product_week[~is_empty]).agg(["count", "mean"])
    siblings = siblings.reindex(product_week).set_axis(table.index)
    lost = (siblings["mean"] - sold).clip(lower=0).where(is_empty, 0)
    return table[[*KEY, "week_start"]].assign(
        known_days=1,
        out_of_stock_days=is_empty.astype("int64"),
        sell_out_units=sold,
        stocked_siblings=siblings["count"].fillna(0),
        # half of the last place goes up, as with decimals
        lost_sales_units=np.floor(lost * 1e4 + 0.5 + 1e-9) / 1e4,
    )


def availability(of_weeks: pd.DataFrame, periods: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Locations at which a product was expected, and at how many of them it ran out, by period."""
    parts = []
    days = ["known_days", "out_of_stock_days", "lost_sales_units"]
    for period, weeks in periods.items():
        met = of_weeks[[*KEY, "week_start", *days]].merge(weeks[["week_start", "period_start"]], on="week_start")
        places = met.groupby(["period_start", *KEY], observed=True, sort=False)[days].sum(min_count=1)
        places = places.assign(
            authorised_locations=1, out_of_stock_locations=(places["out_of_stock_days"] > 0).astype("int64")
        )
        of_partners = places.groupby(["period_start", *PAIR], observed=True).sum(min_count=1).reset_index()
        parts.append(with_all_partners(of_partners, ["period_start", "product_id"]).assign(period=period))
    return pd.concat(parts, ignore_index=True)
