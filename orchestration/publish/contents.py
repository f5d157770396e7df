"""What the warehouse holds for a release, measured: columns, checksums, control totals, slices, reconciliation.

Belongs here: questions to the warehouse, attached read-only as `warehouse`. Does not belong here: files and folders.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish import parts
from orchestration.publish.errors import WarehouseIncomplete
from orchestration.publish.manifest import (
    LongLines,
    Manifest,
    Part,
    PublishedTable,
    Reconciliation,
    Slice,
    VerdictCount,
)
from orchestration.publish.sql import name, names, text
from orchestration.publish.tables import FACTS, TEXT, Table

#: filled with the release's own id when it is written; left out of checksums, so that equal contents compare equal
RELEASE_ID = "release_id"

#: longest sell-out line, in days, that is spread over ISO weeks
LONGEST_SPREAD_DAYS = 31


@dataclass(frozen=True)
class Source:
    """A published table as the warehouse has it: the columns that go out, with their types, and how to select them."""

    table: Table
    columns: dict[str, str]
    query: str

    @property
    def order(self) -> str:
        """An order that leaves no choice between rows that differ, so that files are the same bytes again."""
        key = [column for column in self.table.key if column in self.columns]
        return names(key + [column for column in self.columns if column not in key])

    @property
    def is_sorted(self) -> bool:
        """Whether files are: to sort a large mart takes twice as long as to write it."""
        return self.table.is_fact or not self.table.month_of


def source(connection: duckdb.DuckDBPyConnection, table: Table, release_id: str) -> Source:
    """How to select `table`: published columns first, cast to their types, then (not for facts) what else there is."""
    found = _warehouse_columns(connection, table)
    missing = [column for column in table.columns if column not in found and column != RELEASE_ID]
    if missing:
        raise WarehouseIncomplete(f"{table.relation} lacks the published columns {', '.join(missing)}")
    extra = {} if table.is_fact else {column: type_ for column, type_ in found.items() if column not in table.columns}
    columns = table.columns | extra
    expressions = [
        f"{text(release_id) if column == RELEASE_ID else f'cast({name(column)} as {type_})'} as {name(column)}"
        for column, type_ in columns.items()
    ]
    return Source(table, columns, f"select {', '.join(expressions)} from warehouse.{table.relation}")


def _warehouse_columns(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[str, str]:
    try:
        described = connection.execute(f"describe warehouse.{table.relation}").fetchall()
    except duckdb.CatalogException as error:
        raise WarehouseIncomplete(f"the warehouse lacks {table.relation}") from error
    return {row[0]: row[1] for row in described}


def measure(connection: duckdb.DuckDBPyConnection, source: Source) -> PublishedTable:
    """Rows, checksum and totals of a table, in one pass; of a large one also rows and checksum of its parts."""
    table = source.table
    month = f"date_trunc('month', {name(table.month_of)})" if table.month_of else "date '0001-01-01'"
    partner = "partner_id" if table.month_of else "null"
    is_estimated = f"{name(table.estimate)} is not null" if table.estimate else "false"
    sums = table.sums
    totals = "".join(f", sum({name(column)})" for column in sums)
    columns = [name(column) for column in source.columns if column != RELEASE_ID]
    rows = connection.execute(
        f"""
        select
            strftime(month_of_row, '%Y-%m'),
            partner_of_row,
            is_estimated,
            count(*),
            sum(hash(hash({", ".join(columns)}))),
            sum(hash(hash({", ".join(reversed(columns))}, 1)))
            {totals}
        from (
            select *, {month} as month_of_row, {partner} as partner_of_row, {is_estimated} as is_estimated
            from ({source.query}) as published
        ) as dated
        group by month_of_row, partner_of_row, is_estimated
        order by month_of_row, partner_of_row, is_estimated
        """
    ).fetchall()
    if any(row[0] is None for row in rows):
        raise WarehouseIncomplete(f"{table.relation} holds lines without {table.month_of}: they belong to no month")
    whole = [sum(column) for column in zip(*(row[3:6] for row in rows), strict=True)] or [0, 0, 0]
    return PublishedTable(
        rows=whole[0],
        sha256=_checksum(source, *whole),
        sums={column: sum((row[6 + i] or Decimal(0) for row in rows), Decimal(0)) for i, column in enumerate(sums)},
        parts=_parts(source, [row[:6] for row in rows]) if table.month_of else {},
    )


def _parts(source: Source, counted: list[tuple[str, str | None, bool, int, int, int]]) -> dict[str, Part]:
    """Parts by name, of rows and hashes by month, partner and whether they are estimates."""
    totals: dict[tuple[str, str | None, bool], tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for month, partner_id, is_estimated, rows, one, other in counted:
        key = parts.cut(month, partner_id, is_estimated, rows)
        before = totals[key]
        totals[key] = before[0] + rows, before[1] + one, before[2] + other
    found = [
        Part(month=key[0], partner_id=key[1], is_estimated=key[2], rows=total[0], sha256=_checksum(source, *total))
        for key, total in totals.items()
    ]
    return {parts.name_of(part): part for part in sorted(found, key=parts.name_of)}


def _checksum(source: Source, rows: int, one: int, other: int) -> str:
    """Two hashes of every row, each added up: the same whatever the order, and equal rows do not cancel out.

    They are DuckDB's own, fifteen times as fast as a digest of the row as text. A DuckDB that hashes otherwise
    makes every part a new one, and so do other names and types, which are in it.
    """
    content = f"{source.columns}|{rows}|{one}|{other}"
    return hashlib.sha256(content.encode()).hexdigest()


def slices(connection: duckdb.DuckDBPyConnection, former: Manifest | None) -> list[Slice]:
    """Every slice of the facts, and every held one, with the release that a held one was carried from."""
    held = {
        (partner_id, kind, week_start): (reason, suites)
        for partner_id, kind, week_start, reason, suites in connection.execute(
            "select partner_id, kind, week_start, reason, suites from warehouse.gates.held_slices"
        ).fetchall()
    }
    measured: dict[tuple[Any, ...], tuple[int, Decimal]] = {key: (0, Decimal(0)) for key in held}
    for table in FACTS.values():
        rows = connection.execute(
            f"select partner_id, '{table.kind}', week_start, count(*), coalesce(sum({name(table.sums[0])}), 0) "
            f"from warehouse.{table.relation} group by partner_id, week_start"
        ).fetchall()
        measured |= {row[:3]: row[3:] for row in rows}
    before = former.slice_index() if former else {}
    marks = _marks(connection)
    return [
        _slice(key, measured[key], held.get(key), before.get(key), former, marks.get(key, ([], [])))
        for key in sorted(measured, key=lambda key: (key[1], key[0], key[2]))
    ]


def _slice(
    key: tuple[Any, ...],
    measured: tuple[int, Decimal],
    held: tuple[str, str] | None,
    before: Slice | None,
    former: Manifest | None,
    marks: tuple[list[str], list[str]],
) -> Slice:
    partner_id, kind, week_start = key
    carried_from = None
    if held and before and former:
        # a slice that was held already stays at the release in which it last passed
        carried_from = before.carried_from if before.status == "held" else former.release_id
    return Slice(
        partner_id=partner_id,
        kind=kind,
        week_start=week_start,
        status="held" if held else "published",
        lines=measured[0],
        units=measured[1],
        reason=held[0] if held else None,
        suites=held[1] if held else None,
        carried_from=carried_from,
        warnings=marks[0],
        waivers=marks[1],
    )


def _marks(connection: duckdb.DuckDBPyConnection) -> dict[tuple[Any, ...], tuple[list[str], list[str]]]:
    """Suites that warn of a slice, and what was waived in it."""
    rows = connection.execute(
        "select partner_id, kind, week_start, warnings, waivers from warehouse.gates.marked_slices"
    ).fetchall()
    return {row[:3]: (row[3].split(", ") if row[3] else [], row[4]) for row in rows}


def reconcile(connection: duckdb.DuckDBPyConnection, table: Table, carried: Path, published: int) -> Reconciliation:
    """Account for every accepted line of a fact; `carried` is the folder of carried lines, by fact."""
    accepted = _count(
        connection,
        "select coalesce(sum(accepted), 0) from warehouse.quality.delivery_ledger where kind = ?",
        [table.kind],
    )
    held_back = _count(
        connection,
        f"""
        select count(*)
        from warehouse.staging.stg_{table.kind} as lines
        where lines.line_class = 'accepted' and (
            exists (
                select 1
                from warehouse.gates.held_slices as held
                where held.kind = $kind and held.partner_id = lines.partner_id and held.week_start = lines.week_start
            )
            or exists (
                select 1
                from warehouse.marts.int_lines_carried_already as already
                where already.kind = $kind
                    and already.delivery_id = lines.delivery_id and already.line_number = lines.line_number
            )
        )
        """,
        {"kind": table.kind},
    )
    lines = carried / f"{table.name}.parquet"
    carried_lines = _count(connection, f"select count(*) from read_parquet({text(lines)})") if lines.exists() else 0
    return Reconciliation(accepted=accepted, held_back=held_back, carried=carried_lines, published=published)


def _count(connection: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> int:
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0


def long_lines(connection: duckdb.DuckDBPyConnection) -> LongLines:
    """Sell-out lines longer than a month, which the weekly marts leave out."""
    row = connection.execute(
        "select count(*), coalesce(sum(units), 0) from warehouse.marts.fct_sell_out "
        f"where period_end - period_start >= {LONGEST_SPREAD_DAYS}"
    ).fetchone()
    lines, units = row or (0, Decimal(0))
    return LongLines(lines=lines, units=units)


def verdict_counts(connection: duckdb.DuckDBPyConnection) -> list[VerdictCount]:
    """Verdicts by suite, severity and outcome."""
    rows = connection.execute(
        f"select cast(suite as {TEXT}), cast(severity as {TEXT}), cast(outcome as {TEXT}), count(*) "
        "from warehouse.gates.gate_verdicts group by 1, 2, 3 order by 1, 2, 3"
    ).fetchall()
    return [
        VerdictCount(suite=suite, severity=severity, outcome=outcome, verdicts=verdicts)
        for suite, severity, outcome, verdicts in rows
    ]
