"""Weeks, months and quarters. A month and a quarter have the weeks whose Thursday is theirs.

Belongs here: which weeks a period has, and partners taken together. Does not belong here: what is measured in a period
(`measures`, `availability`).
"""

from __future__ import annotations

import polars as pl

from benchmarks.with_polars.keys import known_sum

_LENGTHS = {"week": "1w", "month": "1mo", "quarter": "1q"}


def first_day(day: str, period: str) -> pl.Expr:
    """Start of the period of each Monday, or of each first day of a month."""
    return pl.col(day) if period == "week" else (pl.col(day) + pl.duration(days=3)).dt.truncate(_LENGTHS[period])


def periods(weekly: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    """By name of a period, for each week that was met: start, number of weeks and last week of its period."""
    weeks = weekly.select("week_start").unique()
    start = pl.col("period_start")
    return {
        period: weeks.select(first_day("week_start", period).alias("period_start"), "week_start").with_columns(
            weeks=pl.len().over(start), last_week=pl.col("week_start").max().over(start)
        )
        for period in _LENGTHS
    }


def with_all_partners(of_partners: pl.LazyFrame, keys: list[str], sums: list[str]) -> pl.LazyFrame:
    """Rows of partners, and their sums over all partners, whose partner is missing; of no value unknown."""
    whole = of_partners.group_by(keys).agg(known_sum(column) for column in sums)
    return pl.concat([of_partners, whole], how="diagonal")
