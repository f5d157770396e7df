"""The build that a release is made of, and the moment at which its lateness goes stale.

Belongs here: reading what the run wrote about itself. Does not belong here: the contents of the published tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.publish.sql import text


@dataclass(frozen=True)
class Build:
    """One run's own record; `current_release_id` is the release whose lines of held slices were carried."""

    build_id: str
    as_of: datetime
    reporting_currency: str
    current_release_id: str | None


def read_build(connection: duckdb.DuckDBPyConnection, control: Path) -> Build:
    """The one row of `control/build.parquet`; moments are UTC."""
    row = connection.execute(
        "select build_id, cast(as_of as timestamp), reporting_currency, current_release_id "
        f"from read_parquet({text(control / 'build.parquet')})"
    ).fetchone()
    if row is None:
        raise ValueError("control/build.parquet is empty: the run has not said what it works on")
    build_id, as_of, reporting_currency, current_release_id = row
    return Build(str(build_id), utc(as_of), reporting_currency, current_release_id or None)


def next_due_at(connection: duckdb.DuckDBPyConnection, control: Path, as_of: datetime) -> datetime | None:
    """The first moment after `as_of` at which a due date or a waiver has passed, so that verdicts may change by time.

    Due dates and waivers are valid to the end of their second or day: what is told is the moment after that.
    """
    row = connection.execute(
        f"""
        select min(moment)
        from (
            select due_at + interval 1 second as moment from warehouse.quality.expected_periods
            union all
            select cast(until as timestamp) + interval 1 day
            from read_parquet({text(control / "contract_waivers.parquet")})
        ) as expiries
        where moment > ?
        """,
        [as_of.replace(tzinfo=None)],
    ).fetchone()
    return utc(row[0]) if row and row[0] else None


def utc(moment: datetime) -> datetime:
    """A naive UTC moment of the warehouse, said to be UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
