"""A home with a tiny warehouse, made from the table of published tables itself.

Belongs here: what stands in for ingest, dbt and gates, so that publishing can be tested alone: candidate lines become
facts slice by slice, as dbt composes them. Does not belong here: assertions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from orchestration.gates.verdicts import HELD_COLUMNS, HELD_SLICES, MARKED_COLUMNS, MARKED_SLICES
from orchestration.publish.release import Published, publish
from orchestration.publish.tables import FACTS, TABLES, Table
from orchestration.settings import Settings

Row = dict[str, Any]
HeldSlice = tuple[str, str, str]
CLASSES = ("accepted", "duplicate", "superseded", "unmatched", "out_of_scope", "quarantined")


def home(folder: Path, keep_releases: int = 10) -> Settings:
    """Settings of an empty home in `folder`, in which retention waits for no reader."""
    settings = Settings(home=folder, keep_releases=keep_releases, keep_minutes=0)
    for needed in (settings.control, settings.carried, settings.releases):
        needed.mkdir(parents=True)
    return settings


def monday(day: str) -> str:
    """The Monday of a day's ISO week."""
    of = date.fromisoformat(day)
    return (of - timedelta(days=of.weekday())).isoformat()


def sold(partner: str, day: str, units: float, line: int, **more: Any) -> Row:
    """A sell-out line of one day."""
    row: Row = {"partner_id": partner, "location_id": f"{partner}_1", "product_id": "P1", "period_start": day}
    row |= {"period_end": day, "units": units, "amount": units * 2, "currency": "EUR", "amount_reporting": units * 2}
    row |= {"delivery_id": f"{partner}_out", "line_number": line, "week_start": monday(day)}
    return row | more


def bought(partner: str, day: str, units: float, line: int, **more: Any) -> Row:
    """A sell-in line, received the day of its document."""
    row: Row = {"partner_id": partner, "product_id": "P1", "document_id": f"D{line}", "document_date": day}
    row |= {"received_on": day, "units": units, "free_units": 0, "net_amount": units, "currency": "EUR"}
    row |= {"delivery_id": f"{partner}_in", "line_number": line, "week_start": monday(day)}
    return row | more


def counted(partner: str, day: str, units: float, line: int) -> Row:
    """A stock line."""
    row: Row = {"partner_id": partner, "product_id": "P1", "snapshot_date": day, "on_hand_units": units}
    return row | {"delivery_id": f"{partner}_stock", "line_number": line, "week_start": monday(day)}


def usual_lines() -> dict[str, list[Row]]:
    """Candidate lines of two partners: sell-out of January and February, one purchase, one count."""
    return {
        "sell_out": [
            sold("acme", "2025-01-07", 3, 1),
            sold("acme", "2025-01-15", 4, 2),
            sold("acme", "2025-02-04", 5, 3),
            sold("bolt", "2025-01-08", 7, 1),
            sold("bolt", "2025-02-05", 8, 2),
        ],
        "sell_in": [bought("acme", "2025-01-06", 20, 1)],
        "stock": [counted("acme", "2025-01-31", 13, 1)],
    }


@dataclass
class Build:
    """What a run left in the warehouse."""

    build_id: str = "b1"
    as_of: str = "2025-03-01 12:00:00"
    lines: dict[str, list[Row]] = field(default_factory=usual_lines)
    held: list[HeldSlice] = field(default_factory=list)
    marked: list[Row] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    contract_version: str = "1.0.0"

    def write(self, settings: Settings) -> None:
        """Write warehouse and control tables, carrying lines of held slices from the current release."""
        settings.warehouse.unlink(missing_ok=True)
        current = settings.current.resolve() if settings.current.exists() else None
        with duckdb.connect(str(settings.warehouse)) as connection:
            for schema in ("staging", "reconciliation", "quality", "gates", "marts"):
                connection.execute(f"create schema {schema}")
            self._control(connection, settings, current)
            self._gates(connection)
            columns = {"kind": "VARCHAR", "partner_id": "VARCHAR", "delivery_id": "VARCHAR", "line_number": "BIGINT"}
            _create(connection, "marts.int_lines_carried_already", columns, [])
            for table in FACTS.values():
                self._fact(connection, table, settings, current)
            for table in TABLES.values():
                if not table.is_fact and table.name not in ("delivery_ledger", "gate_verdicts"):
                    _create(connection, table.relation, table.columns, self.tables.get(table.name, []))
                if table.estimated:
                    connection.execute(
                        f"create view {table.estimated} as from {table.relation} where {table.estimate} is not null"
                    )
            verdicts = TABLES["gate_verdicts"]
            columns = verdicts.columns | {"kind": "VARCHAR", "period_end": "DATE"}
            _create(connection, verdicts.relation, columns, self.tables.get(verdicts.name, []))
            connection.execute("alter table reconciliation.reconciliation add column level varchar default 'partner'")
            self._ledger(connection)

    def _control(self, connection: duckdb.DuckDBPyConnection, settings: Settings, current: Path | None) -> None:
        name = f"'{current.name}'" if current else "cast(null as varchar)"
        connection.execute(
            f"copy (select '{self.build_id}' as build_id, timestamp '{self.as_of}' as as_of, "
            f"'EUR' as reporting_currency, {name} as current_release_id) to '{settings.control / 'build.parquet'}'"
        )
        connection.execute(
            "copy (select 'c' as contract_id, date '2025-01-06' as period_start, 'strike' as reason, "
            "'ops' as waived_by, date '2025-03-04' as until) "
            f"to '{settings.control / 'contract_waivers.parquet'}'"
        )
        connection.execute(
            "create table quality.expected_periods as select 'c' as contract_id, due_at from (values "
            "(timestamp '2025-02-28 23:59:59'), (timestamp '2025-03-02 22:59:59')) as dues (due_at)"
        )

    def _gates(self, connection: duckdb.DuckDBPyConnection) -> None:
        held = [
            dict(partner_id=partner, kind=kind, week_start=week, suites="delays", reason="overdue")
            for partner, kind, week in self.held
        ]
        _create(connection, HELD_SLICES, HELD_COLUMNS, held)
        _create(connection, MARKED_SLICES, MARKED_COLUMNS, self.marked)

    def _fact(
        self, connection: duckdb.DuckDBPyConnection, table: Table, settings: Settings, current: Path | None
    ) -> None:
        staged = f"staging.stg_{table.kind}"
        lines = [{"line_class": "accepted"} | row for row in self.lines.get(str(table.kind), [])]
        _create(connection, staged, table.columns | {"line_class": "VARCHAR"}, lines)
        _create(connection, "carried_lines", table.columns, [])
        held = f"select partner_id, week_start from gates.held_slices where kind = '{table.kind}'"
        if current:
            connection.execute(
                "insert into carried_lines select lines.* from "
                f"read_parquet('{current}/{table.name}/*/*.parquet', hive_partitioning = false) as lines "
                f"semi join ({held}) as held using (partner_id, week_start)"
            )
        connection.execute(f"copy carried_lines to '{settings.carried / table.name}.parquet' (format parquet)")
        connection.execute(
            "insert into marts.int_lines_carried_already "
            f"select '{table.kind}', partner_id, delivery_id, line_number from carried_lines"
        )
        connection.execute(
            f"create table {table.relation} as select * exclude (line_class) from {staged} anti join ({held}) as held "
            "using (partner_id, week_start) anti join carried_lines using (delivery_id, line_number) "
            "where line_class = 'accepted' union all select * from carried_lines"
        )
        connection.execute("drop table carried_lines")

    def _ledger(self, connection: duckdb.DuckDBPyConnection) -> None:
        table = TABLES["delivery_ledger"]
        _create(connection, table.relation, table.columns, [])
        counted = ", ".join(f"count(*) filter (line_class = '{line_class}') as {line_class}" for line_class in CLASSES)
        for kind in self.lines:
            connection.execute(
                "insert into quality.delivery_ledger by name select delivery_id, 'c' as contract_id, "
                f"'{kind}' as kind, delivery_id || '.csv' as file_name, 'hash_of_' || delivery_id as sha256, "
                f"count(*) as lines_read, $version as contract_version, {counted}, "
                "list_contains($withdrawn, delivery_id) as is_withdrawn "
                f"from staging.stg_{kind} group by delivery_id",
                {"version": self.contract_version, "withdrawn": self.withdrawn},
            )


def _create(connection: duckdb.DuckDBPyConnection, relation: str, columns: dict[str, str], rows: Iterable[Row]) -> None:
    spelled = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
    connection.execute(f"create table {relation} ({spelled})")
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join("?" * len(row))
        connection.execute(f"insert into {relation} ({names}) values ({places})", list(row.values()))


def release_of(settings: Settings, build: Build | None = None, **more: Any) -> Published:
    """Write the build and publish it, the gates having nothing against it."""
    (build or Build()).write(settings)
    return publish_again(settings, **more)


def publish_again(settings: Settings, **more: Any) -> Published:
    """Publish what stands in the warehouse."""
    made_from = {"code_version": "1.0", "contract_versions": {"c": "1.0.0"}, "inputs_fingerprint": "inputs"}
    return publish(settings, **(made_from | {"publishable": lambda connection: []} | more))


def row_hashes(published: Published) -> dict[str, str]:
    """Content checksums of all tables."""
    return {name: table.sha256 for name, table in published.manifest.tables.items()}
