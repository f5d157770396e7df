"""The same thirteen tables by polars, as one who knows it would write them.

Belongs here: the work, a module a stage, and its order. Like the plain SQL it knows the market that is measured. Does
not belong here: comparing (`check`), timing (`bench`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from benchmarks.with_polars import availability, cohorts, facts, ingest, marts, measures, periods, reconciliation
from benchmarks.with_polars.keys import KEY, PAIR


def work(landing: Path, out: Path) -> None:
    """Do the work over a landing zone, and write the tables as Parquet. What many tables are made of is held."""
    counted = facts.facts_of(ingest.scan(landing))
    # the streaming engine takes twice as long for joins that keep an order
    weekly, of_locations = (
        mart.lazy() for mart in pl.collect_all([marts.weekly(counted, keys) for keys in (PAIR, KEY)])
    )
    met = periods.periods(weekly)
    shelves = availability.availability_weekly(of_locations)
    tables = {
        "fct_sell_out": counted.sell_out,
        "fct_stock": counted.stock,
        "fct_sell_in": counted.sell_in,
        "delivery_ledger": counted.ledger,
        "reconciliation": reconciliation.intervals(counted),
        "sell_through_weekly": weekly.drop("pair"),
        "sell_through_location_weekly": of_locations.drop("pair"),
        "sell_through_cohorts": cohorts.cohorts(weekly, PAIR),
        "sell_through_location_cohorts": cohorts.cohorts(of_locations, KEY),
        "distribution": measures.distribution(counted, met),
        "pressure_index": measures.pressure_index(weekly, met),
        "availability_location_weekly": shelves,
        "availability": availability.availability(shelves, met),
    }
    out.mkdir(parents=True, exist_ok=True)
    sinks = [_rounded(table).sink_parquet(out / f"{name}.parquet", lazy=True) for name, table in tables.items()]
    pl.collect_all(sinks, engine="streaming")


def _rounded(table: pl.LazyFrame) -> pl.LazyFrame:
    # units have four places: what their sums have beyond is how floats add up
    return table.with_columns(pl.col("^.*units$").round(4))
