"""What becomes of a week's receipts.

Belongs here: cohorts by their age. Does not belong here: other measures (`measures`, `availability`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.with_pandas.keys import WEEK, packed

_AGES = [1, 2, 4, 8, 13, 26]
_COLUMNS = ["week_start", "weeks_after", "received_units", "sold_units", "left_units"]


def cohorts(weekly: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """What of a week's receipts was sold and what is left some weeks after, first in first out."""
    pair = packed(weekly, keys)
    has_received = pd.Series(pair).isin(pair[weekly["sell_in_units"] > 0])
    flows, pair = weekly[has_received].reset_index(drop=True), pair[has_received]
    sold = flows["sell_out_units"].mask(flows["is_partial"])
    so_far = pd.DataFrame({"received": flows["sell_in_units"], "sold": sold.fillna(0), "unknown": sold.isna()})
    so_far = so_far.groupby(pair).cumsum()
    weeks = flows["week_start"].to_numpy()
    parts = []
    for age in _AGES:
        rows = np.flatnonzero(flows["sell_in_units"][: max(len(flows) - age, 0)] > 0)
        # a pair has every week from its first, in order
        is_later = (pair[rows + age] == pair[rows]) & (weeks[rows + age] - weeks[rows] == age * WEEK)
        parts.append(_aged(flows, sold, so_far, rows[is_later], age)[[*keys, *_COLUMNS]])
    return pd.concat(parts, ignore_index=True)


def _aged(flows: pd.DataFrame, sold: pd.Series, so_far: pd.DataFrame, rows: np.ndarray, age: int) -> pd.DataFrame:
    cohort = flows.take(rows).rename(columns={"sell_in_units": "received_units"})
    then, now = so_far.take(rows), so_far.take(rows + age).set_index(cohort.index)
    sold_since = (now["sold"] - then["sold"] + sold.take(rows)).where(now["unknown"] == then["unknown"])
    older = cohort["opening_stock_units"].clip(lower=0)
    closing = flows["closing_stock_units"].take(rows + age).set_axis(cohort.index)
    left_over = closing - (now["received"] - then["received"])
    cohort["weeks_after"] = age
    cohort["sold_units"] = (sold_since - older).clip(0, cohort["received_units"])
    cohort["left_units"] = left_over.clip(0, cohort["received_units"])
    return cohort
