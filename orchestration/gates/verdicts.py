"""What follows from the verdicts: waivers, held slices, what is recorded, and whether a release may go out.

Belongs here: the tables of the warehouse schema `gates`. Does not belong here: judging (`evaluate`), lines (`carry`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import duckdb

from orchestration.contracts.kinds import SALES_KINDS
from orchestration.gates.contract_suite import all_suites, read_stated
from orchestration.gates.errors import GateInputError
from orchestration.gates.evaluate import columns_sql
from orchestration.gates.suites import Suite
from orchestration.settings import EXPECTATIONS, Settings

VERDICTS: Final = "gates.gate_verdicts"
HELD_SLICES: Final = "gates.held_slices"

#: a slice: partner x ISO week (its Monday) x record kind
_SLICE: Final[dict[str, str]] = {"partner_id": "VARCHAR", "kind": "VARCHAR", "week_start": "DATE"}

#: what is told of a slice that is held
HELD_COLUMNS: Final[dict[str, str]] = _SLICE | {
    "suites": "VARCHAR",
    "reason": "VARCHAR",
}

#: what else is told of a slice: suites that warn of it, and what a person accepted in it, who, until when, and why
MARKED_SLICES: Final = "gates.marked_slices"
MARKED_COLUMNS: Final[dict[str, str]] = _SLICE | {
    "warnings": "VARCHAR",
    "waivers": "VARCHAR[]",
}

#: the suites that warn of a slice, one row each: what marts that draw on several slices add up
WARNED_SLICES: Final = "gates.warned_slices"
WARNED_COLUMNS: Final[dict[str, str]] = _SLICE | {
    "suite": "VARCHAR",
}

#: reasons spelled out on a held slice, and rows quoted for a release that is stopped
_REASONS_SPELLED: Final = 3


@dataclass(frozen=True)
class Build:
    """The run whose evidence is judged."""

    build_id: str
    as_of: datetime

    @property
    def day(self) -> date:
        """The day by which waivers expire."""
        return self.as_of.date()


def _control(settings: Settings, table: str) -> Path:
    path = settings.control / f"{table}.parquet"
    if not path.exists():
        raise GateInputError(f"control table {table} is not there: a run writes it before the gates, start one")
    return path


def current_build(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Build:
    """The build that the control tables describe.

    Raises:
        GateInputError: no run has written them.
    """
    path = _control(settings, "build")
    row = connection.execute("select build_id, as_of from read_parquet(?)", [str(path)]).fetchone()
    if row is None:
        raise GateInputError("control table build has no row: start a run")
    return Build(*row)


def settle(connection: duckdb.DuckDBPyConnection, settings: Settings, suites: Iterable[Suite], build: Build) -> None:
    """Turn what `evaluate` left into final outcomes: waive what a person accepted, stop on what cannot be placed."""
    invariants = [suite.name for suite in suites if suite.meta.invariant]
    _waive(connection, settings, invariants, build.day)
    _stop_on_unplaced(connection, invariants)


def _waive(connection: duckdb.DuckDBPyConnection, settings: Settings, invariants: list[str], day: date) -> None:
    # a row without a contract falls to the contracts of its partner and kind
    connection.execute(
        """
        create or replace temp table accepted as
        with units (unit, part, length) as (
            values
                ('d', 'day', interval 1 day),
                ('w', 'week', interval 7 day),
                ('m', 'month', interval 1 month),
                ('y', 'year', interval 1 year)
        ),

        waivers as (
            select
                waivers.*,
                contracts.partner_id,
                contracts.kind,
                case when units.unit = 'w' then contracts.week_begins_on - 1 else 0 end as days_behind,
                date_trunc(units.part, waivers.period_start - days_behind)::date + days_behind as first_day,
                first_day + coalesce(contracts.frequency_value, 1) * units.length as day_after
            from read_parquet($waivers) as waivers
            left join read_parquet($contracts) as contracts
                on contracts.contract_id = waivers.contract_id
            -- a feed that says no frequency is judged by weeks
            inner join units
                on units.unit = coalesce(contracts.frequency_unit, 'w')
            where waivers.until >= $day
        )

        select
            verdicts.rowid as verdict_row,
            max_by(
                concat('. Waived by ', waivers.waived_by, ' until ', waivers.until, ': ', waivers.reason),
                (waivers.until, waivers.waived_by, waivers.reason)
            ) as words,
        from verdicts
        join waivers
            on
                verdicts.period_start < waivers.day_after
                and coalesce(verdicts.period_end, verdicts.period_start) >= waivers.first_day
        where
            verdicts.outcome = 'failed'
            and not list_contains($invariants, verdicts.suite)
            and (
                verdicts.contract_id = waivers.contract_id
                or (
                    verdicts.contract_id is null
                    and verdicts.partner_id = waivers.partner_id
                    and verdicts.kind = waivers.kind
                )
            )
        group by verdicts.rowid
        """,
        {
            "waivers": str(_control(settings, "contract_waivers")),
            "contracts": str(_control(settings, "contracts")),
            "day": day,
            "invariants": invariants,
        },
    )
    connection.execute(
        "update verdicts set outcome = 'waived', reason = concat(verdicts.reason, accepted.words) "
        "from accepted where verdicts.rowid = accepted.verdict_row"
    )


def _stop_on_unplaced(connection: duckdb.DuckDBPyConnection, invariants: list[str]) -> None:
    # a critical failure that holds no slice would be published
    connection.execute(
        """
        update verdicts
        set
            outcome = 'errored',
            reason = concat(reason, '. The row names no partner, week and sales kind, so no slice can be held, '
                'and the release is stopped'),
        where
            outcome = 'failed'
            and severity = 'critical'
            and not list_contains($invariants, suite)
            and (partner_id is null or period_start is null or kind is null or not list_contains($kinds, kind))
        """,
        {"invariants": invariants, "kinds": list(SALES_KINDS)},
    )


_KEPT_SQL: Final = f"select * from {VERDICTS} where build_id = $build_id and not list_contains($suites, suite)"

#: the ISO weeks that a verdict's days touch, a row each
_WEEKS_SQL: Final = """
            cast(
                unnest(
                    generate_series(
                        date_trunc('week', period_start),
                        greatest(period_start, coalesce(period_end, period_start)),
                        interval 7 day
                    )
                ) as date
            ) as week_start"""

_HELD_SQL: Final = f"""
    with failed as (
        select
            partner_id,
            kind,
            suite,
            reason,{_WEEKS_SQL},
        from verdicts
        where
            outcome = 'failed'
            and severity = 'critical'
            and not list_contains($invariants, suite)
    ),
    slices as (
        select
            partner_id,
            kind,
            week_start,
            string_agg(distinct suite, ', ' order by suite) as suites,
            list_sort(list(distinct reason)) as reasons,
        from failed
        group by partner_id, kind, week_start
    )
    select
        partner_id,
        kind,
        week_start,
        suites,
        concat(
            array_to_string(reasons[:$spelled], '; '),
            case when len(reasons) > $spelled then concat('; and ', len(reasons) - $spelled, ' more') end
        ) as reason,
    from slices
    order by partner_id, kind, week_start
"""

_MARKED_SQL: Final = f"""
    with marking as (
        select
            partner_id,
            kind,
            suite,
            outcome,
            reason,{_WEEKS_SQL},
        from verdicts
        where
            partner_id is not null
            and kind is not null
            and period_start is not null
            and (outcome = 'waived' or (outcome = 'failed' and severity = 'warning'))
    )
    select
        partner_id,
        kind,
        week_start,
        string_agg(distinct suite, ', ' order by suite) filter (outcome = 'failed') as warnings,
        list_sort(
            coalesce(list(distinct concat(suite, ': ', reason)) filter (outcome = 'waived'), [])
        ) as waivers,
    from marking
    group by partner_id, kind, week_start
    order by partner_id, kind, week_start
"""

_WARNED_SQL: Final = f"""
    select
        partner_id,
        kind,
        week_start,
        unnest(string_split(warnings, ', ')) as suite,
    from {MARKED_SLICES}
    where warnings is not null
"""


def _ensure_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists gates")
    connection.execute(f"create table if not exists {VERDICTS} as select * from verdicts limit 0")
    create_slices(connection)


def create_slices(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of slices where they are not there; before anything is judged, none is held or marked."""
    connection.execute("create schema if not exists gates")
    connection.execute(f"create table if not exists {HELD_SLICES} ({columns_sql(HELD_COLUMNS)})")
    connection.execute(f"create table if not exists {MARKED_SLICES} ({columns_sql(MARKED_COLUMNS)})")
    connection.execute(f"create table if not exists {WARNED_SLICES} ({columns_sql(WARNED_COLUMNS)})")


def forget(connection: duckdb.DuckDBPyConnection, suites: Iterable[Suite]) -> None:
    """Drop what was recorded of `suites`: until they are judged again, nothing can be published."""
    if _is_recorded(connection):
        connection.execute(
            f"delete from {VERDICTS} where list_contains($suites, suite)", {"suites": [suite.name for suite in suites]}
        )


def record(connection: duckdb.DuckDBPyConnection, suites: Iterable[Suite], build: Build) -> None:
    """Record the settled verdicts of `suites`, beside those of other suites of the same build; call in a transaction.

    Verdicts of other builds are dropped.
    """
    _ensure_tables(connection)
    connection.execute(
        f"create or replace table {VERDICTS} as {_KEPT_SQL} union all by name select * from verdicts",
        {"build_id": build.build_id, "suites": [suite.name for suite in suites]},
    )


def hold(connection: duckdb.DuckDBPyConnection, suites: Iterable[Suite]) -> None:
    """Record the slices that failed critical verdicts hold, every ISO week that a verdict's days touch."""
    _ensure_tables(connection)
    connection.execute(f"create or replace table {HELD_SLICES} ({columns_sql(HELD_COLUMNS)})")
    connection.execute(
        f"insert into {HELD_SLICES} by name {_HELD_SQL}",
        {"invariants": [suite.name for suite in suites if suite.meta.invariant], "spelled": _REASONS_SPELLED},
    )


def mark(connection: duckdb.DuckDBPyConnection) -> None:
    """Record the slices that failed warnings and waived verdicts mark, every ISO week that a verdict's days touch."""
    _ensure_tables(connection)
    connection.execute(f"create or replace table {MARKED_SLICES} ({columns_sql(MARKED_COLUMNS)})")
    connection.execute(f"insert into {MARKED_SLICES} by name {_MARKED_SQL}")
    connection.execute(f"create or replace table {WARNED_SLICES} ({columns_sql(WARNED_COLUMNS)})")
    connection.execute(f"insert into {WARNED_SLICES} by name {_WARNED_SQL}")


def _is_recorded(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute(
        "select count(*) from information_schema.tables "
        "where table_catalog = current_database() and table_schema = 'gates' and table_name = 'gate_verdicts'"
    ).fetchone()
    return found is not None and found[0] > 0


def publishable(
    connection: duckdb.DuckDBPyConnection, settings: Settings, expectations: Path = EXPECTATIONS
) -> list[str]:
    """Why a release must not go out, read from the verdicts as they are recorded; empty when it may.

    It may go out when every expectation of every suite was evaluated for the current build, none errored, and no
    invariant failed. Held slices do not stop a release.

    Raises:
        GateInputError: no run has written the control tables.
        SuiteError: a suite cannot be read, so it is not known what should have been judged.
    """
    build = current_build(connection, settings)
    suites = all_suites(expectations, read_stated(settings))
    recorded = _recorded(connection, build) if _is_recorded(connection) else []
    if not recorded:
        return [f"no verdict is recorded for build {build.build_id}: run the gates"]
    judged = {(suite, expectation) for suite, expectation, *_ in recorded}
    invariants = {suite.name for suite in suites if suite.meta.invariant}
    reasons = [
        f"{suite.name}.{expectation.name} was not evaluated for build {build.build_id}: run the gates"
        for suite in suites
        for expectation in suite.expectations
        if (suite.name, expectation.name) not in judged
    ]
    for suite, expectation, outcome, rows, first in recorded:
        if outcome == "errored" or (outcome == "failed" and suite in invariants):
            reasons.append(f"{suite}.{expectation} {outcome} for {rows} rows, first: {first}")
    return reasons


def _recorded(connection: duckdb.DuckDBPyConnection, build: Build) -> list[tuple[str, str, str, int, str]]:
    return connection.execute(
        f"select suite, expectation, outcome, count(*), min(reason) from {VERDICTS} where build_id = ? "
        "group by suite, expectation, outcome order by suite, expectation, outcome",
        [build.build_id],
    ).fetchall()
