"""Estimates stay beside what was reported: who may read them, and by which name they go."""

from __future__ import annotations

import re

from orchestration.publish.tables import TABLES
from orchestration.settings import DBT_PROJECT

_ESTIMATES = re.compile(r"ref\('(sell_out_estimates|int_weekly_estimates|(?:int_)?estimates_by_\w+)'\)")


def test_only_the_weekly_marts_read_estimates_and_only_into_columns_that_say_so() -> None:
    readers = {
        path.relative_to(DBT_PROJECT).as_posix()
        for folder in ("models", "macros")
        for path in (DBT_PROJECT / folder).rglob("*.sql")
        if _ESTIMATES.search(path.read_text(encoding="utf-8"))
    }
    assert readers == {
        "models/reconciliation/sell_out_estimates.sql",
        "models/marts/weekly/int_weekly_estimates.sql",
        "models/marts/weekly/int_estimated_weeks.sql",
        "macros/marts_sell_through.sql",
    }
    weekly = (DBT_PROJECT / "macros" / "marts_sell_through.sql").read_text(encoding="utf-8")
    assert re.findall(r".*estimates\.units.*", weekly) == [
        "        cast(estimates.units as decimal(18, 4)) as estimated_sell_out_units"
    ]
    uses = re.findall(r".*estimated_sell_out_units.*", weekly)
    assert all("+" not in line and "coalesce" not in line for line in uses)
    assert len(uses) == 1


def test_published_estimates_are_named_so() -> None:
    estimated = {
        f"{table.name}.{column}" for table in TABLES.values() for column in table.columns if "estimate" in column
    }
    assert estimated == {
        "sell_through_weekly.estimated_sell_out_units",
        "sell_through_location_weekly.estimated_sell_out_units",
    }
    assert {"lower_units", "upper_units", "method"} <= set(TABLES["sell_out_estimates"].columns)
