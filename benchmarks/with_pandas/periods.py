"""Weeks, months and quarters. A month and a quarter have the weeks whose Thursday is theirs.

Belongs here: which weeks a period has, and partners taken together. Does not belong here: what is measured in a period
(`measures`, `availability`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

#: months of a period; a week is its own
_MONTHS = {"week": 0, "month": 1, "quarter": 3}


def first_day(days: pd.Series, period: str) -> pd.Series:
    """Start of the period of each Monday, or of each first day of a month."""
    months = _MONTHS[period]
    if not months:
        return days
    thursdays = days.to_numpy() + np.timedelta64(3, "D")
    number = thursdays.astype("datetime64[M]").astype("int64") // months * months
    return pd.Series(number.astype("datetime64[M]").astype("datetime64[s]"), days.index)


def periods(weekly: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """By name of a period, for each week that was met: start, number of weeks and last week of its period."""
    weeks = weekly["week_start"].drop_duplicates().sort_values(ignore_index=True)
    found = {}
    for period in _MONTHS:
        starts = first_day(weeks, period)
        met = weeks.groupby(starts)
        found[period] = pd.DataFrame(
            {
                "week_start": weeks,
                "period_start": starts,
                "weeks": met.transform("size"),
                "last_week": met.transform("max"),
            }
        )
    return found


def with_all_partners(of_partners: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows of partners, and their sums over all partners, whose partner is missing; of no value unknown."""
    rest = of_partners.drop(columns="partner_id")
    whole = rest.groupby(keys, observed=True, as_index=False).sum(min_count=1)
    whole["partner_id"] = pd.Categorical.from_codes([-1] * len(whole), dtype=of_partners["partner_id"].dtype)
    return pd.concat([of_partners, whole], ignore_index=True)
