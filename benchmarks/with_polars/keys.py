"""What the tables are keyed by.

Belongs here: what every stage needs of keys. Does not belong here: what a table says.
"""

from __future__ import annotations

import polars as pl

PAIR = ["partner_id", "product_id"]
PLACE = ["partner_id", "location_id"]
KEY = ["partner_id", "location_id", "product_id"]


def monday(day: str) -> pl.Expr:
    """Monday of the week of each day."""
    return pl.col(day).dt.truncate("1w")


def rate(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Part of a whole; of nothing unknown."""
    return part / pl.when(whole != 0).then(whole)


def known_sum(column: str) -> pl.Expr:
    """Sum of what is known; of no value unknown."""
    return pl.when(pl.col(column).count() > 0).then(pl.sum(column)).alias(column)
