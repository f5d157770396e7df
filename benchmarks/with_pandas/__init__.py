"""The same thirteen tables by pandas, as one who knows it would write them.

Belongs here: the work, a module a stage, and its order. Like the plain SQL it knows the market that is measured. Does
not belong here: comparing (`check`), timing (`bench`).
"""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pandas as pd

from benchmarks.with_pandas import availability, cohorts, facts, ingest, marts, measures, periods, reconciliation
from benchmarks.with_pandas.keys import KEY, PAIR


def work(landing: Path, out: Path) -> dict[str, float]:
    """Do the work over a landing zone, and write the tables as Parquet. Returns seconds by stage."""
    ends = {"": time.monotonic()}
    landed = ingest.read(landing)
    ends["ingest"] = time.monotonic()
    counted = facts.facts_of(landed)
    # lines are not needed beside the facts
    del landed
    tables = {
        "fct_sell_out": counted.sell_out,
        "fct_stock": counted.stock,
        "fct_sell_in": counted.sell_in,
        "delivery_ledger": counted.ledger,
    }
    ends["facts"] = time.monotonic()
    tables["reconciliation"] = reconciliation.intervals(counted)
    ends["reconciliation"] = time.monotonic()
    weekly = tables["sell_through_weekly"] = marts.weekly(counted, PAIR)
    of_locations = tables["sell_through_location_weekly"] = marts.weekly(counted, KEY)
    ends["marts"] = time.monotonic()
    met = periods.periods(weekly)
    tables["sell_through_cohorts"] = cohorts.cohorts(weekly, PAIR)
    tables["sell_through_location_cohorts"] = cohorts.cohorts(of_locations, KEY)
    tables["distribution"] = measures.distribution(counted, met)
    tables["pressure_index"] = measures.pressure_index(weekly, met)
    shelves = tables["availability_location_weekly"] = availability.availability_weekly(of_locations)
    tables["availability"] = availability.availability(shelves, met)
    ends["measures"] = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        _rounded(table).to_parquet(out / f"{name}.parquet", compression="zstd", index=False)
    ends["release"] = time.monotonic()
    return {stage: end - began for (_, began), (stage, end) in pairwise(ends.items())}


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    # units have four places: what their sums have beyond is how floats add up
    return table.assign(**{name: table[name].round(4) for name in table.columns if name.endswith("units")})
