"""Rows of a published table counted, hashed and totalled by month and partner, once for every build of them.

Belongs here: what of the warehouse is read for that, and what the home keeps of it. Does not belong here: what a
release says of a table (`contents`).

The warehouse builds a large table a partner and week at a time, and gives every build of such rows an id of its own.
What was counted of a build holds as long as the warehouse names it, so that a release reads the weeks that were built
since the one before, and not the history. Estimates are no build's: they move with the sales of every partner, and are
joined to the rows of the builds.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from operator import add, sub
from pathlib import Path
from typing import Final, NamedTuple

import duckdb

from orchestration.files import written_aside
from orchestration.publish.errors import WarehouseIncomplete
from orchestration.publish.source import RELEASE_ID, Source
from orchestration.publish.sql import name, text

LOG = logging.getLogger(__name__)

_COLUMNS: Final = {
    "table_name": "VARCHAR",
    "counted_by": "VARCHAR",
    "build": "UUID",
    "month": "VARCHAR",
    "partner_id": "VARCHAR",
    "rows": "BIGINT",
    "one": "DECIMAL(38, 0)",
    "other": "DECIMAL(38, 0)",
    "sums": "VARCHAR[]",
}


class Group(NamedTuple):
    """Rows that stand together: of a month (YYYY-MM; None where a row has no date), a partner, estimates or others."""

    month: str | None
    partner_id: str | None
    is_estimated: bool


@dataclass(frozen=True)
class Count:
    """Rows; two hashes of every row, each added up: equal rows do not cancel out; totals of units and amounts."""

    rows: int = 0
    one: int = 0
    other: int = 0
    sums: tuple[Decimal, ...] = ()

    def __add__(self, more: Count) -> Count:
        """Of the rows of both."""
        sums = tuple(map(add, self.sums, more.sums)) if self.rows and more.rows else self.sums or more.sums
        return Count(self.rows + more.rows, self.one + more.one, self.other + more.other, sums)

    def __sub__(self, less: Count) -> Count:
        """Of its rows without those of the other, which are among them."""
        sums = tuple(map(sub, self.sums, less.sums))
        return Count(self.rows - less.rows, self.one - less.one, self.other - less.other, sums)


Counts = dict[Group, Count]


def load(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Give the connection what was counted before; a file that cannot be read is counted anew."""
    columns = ", ".join(f"{name(column)} {type_}" for column, type_ in _COLUMNS.items())
    connection.execute(f"create or replace temp table counted ({columns})")
    if not path.exists():
        return
    try:
        connection.execute(f"insert into counted by name select * from read_parquet({text(path)})")
    except duckdb.Error as error:
        LOG.warning("%s cannot be read, all rows are counted anew: %s", path, error)


def save(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Keep what was counted, for the next release."""
    with written_aside(path) as aside:
        connection.execute(f"copy (select * from counted order by table_name, build) to {text(aside)} (format parquet)")


def count(connection: duckdb.DuckDBPyConnection, source: Source) -> Counts:
    """Rows of a table by group; between `load` and `save`."""
    if source.builds is None:
        return _counted(connection, _count(source, source.query))
    built = _count_builds(connection, source, source.builds)
    if source.table.estimate is None or source.estimated is None:
        return built
    without = f"cast(null as {source.columns[source.table.estimate]}) as {name(source.table.estimate)}"
    as_built = f"select * replace ({without}) from ({source.estimated}) as estimated"
    others = {group: built[group] - more for group, more in _counted(connection, _count(source, as_built)).items()}
    estimated = _counted(connection, _count(source, source.estimated))
    return {group: more for group, more in (built | others | estimated).items() if more.rows}


def _count_builds(connection: duckdb.DuckDBPyConnection, source: Source, builds: str) -> Counts:
    table = text(source.table.name)
    query = _count(source, _built(source), source.built_week)
    counted_by = hashlib.sha256(f"{duckdb.__version__} {query}".encode()).hexdigest()
    connection.execute(
        f"delete from counted where table_name = {table} "
        f"and (counted_by <> {text(counted_by)} or build not in (select build from ({builds}) as builds))"
    )
    connection.execute(
        f"create or replace temp table uncounted as from ({builds}) as builds "
        f"where rows > 0 and build not in (select build from counted where table_name = {table})"
    )
    connection.execute(
        f"""
        insert into counted by name
        select
            {table} as table_name, {text(counted_by)} as counted_by, uncounted.build,
            built.* exclude (week, is_estimated)
        from ({query}) as built
        inner join uncounted on built.partner_id = uncounted.unit and built.week is not distinct from uncounted.week
        """
    )
    found = _counted(connection, f"select *, false as is_estimated from counted where table_name = {table}")
    _refuse_uncounted(connection, source, sum(count.rows for count in found.values()))
    return found


def _refuse_uncounted(connection: duckdb.DuckDBPyConnection, source: Source, counted: int) -> None:
    """A row that no build names would be published, and told by no checksum: a change of it would be no news."""
    (rows,) = connection.execute(f"select count(*) from ({source.built}) as built").fetchone() or (0,)
    if rows != counted:
        raise WarehouseIncomplete(
            f"{source.table.relation} has {rows} rows, and {counted} of builds that the warehouse names: "
            "remove warehouse.duckdb of the home, and run again"
        )


def _built(source: Source) -> str:
    """SQL of the rows that were built and not counted.

    Rows of weeks are asked for by themselves: the engine skips the others by their bounds, and with `or` reads all.
    """
    rows = f"select * from ({source.built}) as built where"
    return f"""
        {rows} (partner_id, {source.built_week}) in (select unit, week from uncounted where week is not null)
        union all
        {rows} {source.built_week} is null and partner_id in (select unit from uncounted where week is null)
    """


def _count(source: Source, query: str, week: str = "cast(null as date)") -> str:
    """SQL that counts the rows of `query` by group and `week`."""
    table = source.table
    month = f"date_trunc('month', {name(table.month_of)})" if table.month_of else "date '0001-01-01'"
    partner = "partner_id" if "partner_id" in source.columns else "cast(null as varchar)"
    sums = ", ".join(f"cast(coalesce(sum({name(column)}), 0) as varchar)" for column in table.sums)
    columns = [name(column) for column in source.columns if column != RELEASE_ID]
    # months are spelled once a group: once a row takes half as long again
    return f"""
        with groups as (
            select
                {month} as month_start,
                {partner} as partner_id,
                {week} as week,
                {f"{name(table.estimate)} is not null" if table.estimate else "false"} as is_estimated,
                count(*) as rows,
                cast(sum(hash(hash({", ".join(columns)}))) as decimal(38, 0)) as one,
                cast(sum(hash(hash({", ".join(reversed(columns))}, 1))) as decimal(38, 0)) as other,
                cast([{sums}] as varchar[]) as sums
            from ({query}) as published
            group by all
            having count(*) > 0
        )

        select strftime(month_start, '%Y-%m') as month, * exclude (month_start) from groups
    """


def _counted(connection: duckdb.DuckDBPyConnection, query: str) -> Counts:
    """What a query counted, by group."""
    counts: Counts = defaultdict(Count)
    columns = "month, partner_id, is_estimated, rows, one, other, sums"
    for month, partner_id, is_estimated, rows, one, other, sums in connection.execute(
        f"select {columns} from ({query}) as counts"
    ).fetchall():
        counts[Group(month, partner_id, is_estimated)] += Count(rows, int(one), int(other), tuple(map(Decimal, sums)))
    return dict(counts)
