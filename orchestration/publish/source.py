"""A published table as the warehouse has it: its columns, and how to select them.

Belongs here: names of relations and columns. Does not belong here: what is counted of the rows (`counts`, `contents`),
or where they are written (`files`, `database`).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.publish.errors import WarehouseIncomplete
from orchestration.publish.sql import name, names, text
from orchestration.publish.tables import Table

#: filled with the release's own id when it is written; left out of checksums, so that equal contents compare equal
RELEASE_ID = "release_id"


@dataclass(frozen=True)
class Source:
    """A published table: the columns that go out, with their types, and how to select them.

    `estimated` selects the rows that tell an estimate: few, which to find among all costs as much as to read all.
    Where the warehouse keeps the table by partner, `builds` selects every build of a partner's rows (unit, week, build,
    rows), `built` what such builds made: everything but estimates, which are joined to it, and `built_week` says for
    which week a row was built; null where the table is kept by partner alone.
    """

    table: Table
    columns: dict[str, str]
    query: str
    estimated: str | None
    built: str
    builds: str | None
    built_week: str

    @property
    def order(self) -> str:
        """An order that leaves no choice between rows that differ, so that files are the same bytes again."""
        key = [column for column in self.table.key if column in self.columns]
        return names(key + [column for column in self.columns if column not in key])

    @property
    def is_sorted(self) -> bool:
        """Whether files are: lines, and what is small. To sort a large mart takes twice as long as to write it."""
        return "line_number" in self.table.key or not self.table.month_of


def source_of(connection: duckdb.DuckDBPyConnection, table: Table, release_id: str) -> Source:
    """How to select `table`: published columns first, cast to their types, then (not for facts) what else there is."""
    found = _warehouse_columns(connection, table.relation)
    if table.estimated:
        _warehouse_columns(connection, table.estimated)
    missing = [column for column in table.columns if column not in found and column != RELEASE_ID]
    if missing:
        raise WarehouseIncomplete(f"{table.relation} lacks the published columns {', '.join(missing)}")
    extra = {} if table.is_fact else {column: type_ for column, type_ in found.items() if column not in table.columns}
    columns = table.columns | extra
    values = {column: name(column) for column in columns} | {RELEASE_ID: text(release_id)}
    shown = table.shows or table.relation
    builds, built_week = _builds(connection, shown, table.built_week)
    return Source(
        table,
        columns,
        query=_select(columns, values, table.relation),
        estimated=_select(columns, values, table.estimated) if table.estimated else None,
        built=_select(columns, values | ({table.estimate: "null"} if table.estimate else {}), shown),
        builds=builds,
        built_week=built_week,
    )


def _select(columns: dict[str, str], values: dict[str, str], relation: str) -> str:
    expressions = [f"cast({values[column]} as {type_}) as {name(column)}" for column, type_ in columns.items()]
    return f"select {', '.join(expressions)} from warehouse.{relation}"


def _warehouse_columns(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    try:
        described = connection.execute(f"describe warehouse.{relation}").fetchall()
    except duckdb.CatalogException as error:
        raise WarehouseIncomplete(f"the warehouse lacks {relation}") from error
    return {row[0]: row[1] for row in described}


def _builds(connection: duckdb.DuckDBPyConnection, relation: str, week: str | None) -> tuple[str | None, str]:
    """What names the builds of `relation`, as the materialization `by_unit` writes it, and the week of its rows."""
    schema, table = relation.split(".")
    found = {
        beside
        for (beside,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = ?", [schema]
        ).fetchall()
    }
    if week and f"{table}__weeks" in found:
        return f"select unit, week, build, rows from warehouse.{relation}__weeks", week
    none = "cast(null as date)"
    if f"{table}__units" in found:
        return f"select unit, {none} as week, build, rows from warehouse.{relation}__units", none
    return None, none
