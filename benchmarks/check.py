"""Holds two results of the same work equal, row by row: a benchmark of unequal work says nothing.

Belongs here: which columns both make, and how they compare. Does not belong here: making them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

_RATES: Final = (
    "sell_through_rate", "sell_out_to_sell_in_ratio", "trailing_weeks_of_cover", "velocity", "average_selling_price",
)  # fmt: skip
_SHARES: Final = (
    "numeric_distribution", "weighted_distribution", "share_of_stock", "share_of_market", "pressure_index",
)  # fmt: skip
_WEEKLY: Final = (
    "product_id", "week_start", "sell_in_units", "sell_out_units", "opening_stock_units", "closing_stock_units",
    *_RATES,
)  # fmt: skip
_COHORT: Final = ("product_id", "week_start", "weeks_after", "received_units", "sold_units", "left_units")
_OF_PERIOD: Final = ("period", "period_start", "partner_id", "product_id")

#: what is compared, by table; a delivery is named by its file, whose folder differs
COLUMNS: Final = {
    "fct_sell_out": ("partner_id", "location_id", "product_id", "period_start", "units", "amount"),
    "fct_stock": ("partner_id", "location_id", "product_id", "snapshot_date", "on_hand_units"),
    "fct_sell_in": ("partner_id", "location_id", "product_id", "document_date", "units", "net_amount"),
    "delivery_ledger": (
        "contract_id", "file_name", "lines_read", "accepted", "duplicate", "superseded", "unmatched", "out_of_scope",
        "quarantined",
    ),
    "reconciliation": (
        "partner_id", "location_id", "product_id", "opening_date", "closing_date", "opening_units", "received_units",
        "sell_out_units", "expected_closing_units", "reported_closing_units", "variance_units",
    ),
    "sell_through_weekly": ("partner_id", *_WEEKLY),
    "sell_through_location_weekly": ("partner_id", "location_id", *_WEEKLY),
    "sell_through_cohorts": ("partner_id", *_COHORT),
    "sell_through_location_cohorts": ("partner_id", "location_id", *_COHORT),
    "distribution": (
        *_OF_PERIOD, "universe_locations", "selling_locations", "stocking_locations", "sell_out_units",
        "numeric_distribution", "weighted_distribution", "velocity",
    ),
    "pressure_index": (
        *_OF_PERIOD, "sell_out_units", "closing_stock_units", "share_of_stock", "share_of_market", "pressure_index",
    ),
    "availability_location_weekly": (
        "partner_id", "location_id", "product_id", "week_start", "known_days", "out_of_stock_days", "sell_out_units",
        "stocked_siblings", "lost_sales_units",
    ),
    "availability": (
        *_OF_PERIOD, "authorised_locations", "out_of_stock_locations", "known_days", "out_of_stock_days",
        "lost_sales_units",
    ),
}  # fmt: skip
#: the plain SQL keeps a ledger of sell-out only
_ROWS: Final = {"delivery_ledger": "where contract_id like '%.sell_out'"}


def differences(one: Path, other: Path) -> dict[str, int]:
    """Rows of either result that the other lacks, by table; 0 where both hold the same."""
    with duckdb.connect() as connection:
        _attach(connection, "one", one)
        _attach(connection, "other", other)
        found = {}
        for table, columns in COLUMNS.items():
            sides = [_side(f"{name}.main.{table}", columns, _ROWS.get(table, "")) for name in ("one", "other")]
            [(count,)] = connection.execute(
                f"select (select count(*) from ({sides[0]} except all {sides[1]})) + "
                f"(select count(*) from ({sides[1]} except all {sides[0]}))"
            ).fetchall()
            found[table] = count
    return found


def _attach(connection: duckdb.DuckDBPyConnection, name: str, result: Path) -> None:
    """A result is a release, a DuckDB file, or a folder of Parquet files named after their tables."""
    database = result / "selltrace.duckdb" if result.is_dir() else result
    if database.exists():
        connection.execute(f"attach '{database}' as {name} (read_only)")
        return
    connection.execute(f"attach ':memory:' as {name}")
    for table in COLUMNS:
        connection.execute(f"create view {name}.main.{table} as from '{result / table}.parquet'")


def _side(relation: str, columns: tuple[str, ...], rows: str) -> str:
    return f"select {', '.join(_value(column) for column in columns)} from {relation} {rows}"


def _value(column: str) -> str:
    if column in _RATES + _SHARES:
        # to nine digits, as two engines add up in another order; zero has none, and is not unknown
        digits = f"9 - ceil(log10(abs(nullif({column}, 0))))::integer"
        return f"case when {column} = 0 then 0 else round({column}, {digits}) end as {column}"
    return f"regexp_extract({column}, '[^/]+$') as {column}" if column == "file_name" else column
