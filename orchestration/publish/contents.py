"""What the warehouse holds for a release, measured: columns, checksums, control totals, slices, reconciliation.

Belongs here: questions to the warehouse, attached read-only as `warehouse`. Does not belong here: files and folders.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish import counts, parts
from orchestration.publish.counts import Count, Group
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
from orchestration.publish.source import Source
from orchestration.publish.sql import name, text
from orchestration.publish.tables import FACTS, TEXT, Table

#: longest sell-out line, in days, that is spread over ISO weeks
LONGEST_SPREAD_DAYS = 31


def measure(connection: duckdb.DuckDBPyConnection, source: Source) -> PublishedTable:
    """Rows, checksum and totals of a table; of a large one also rows and checksum of its parts."""
    table = source.table
    counted = counts.count(connection, source)
    if table.is_fact and any(group.month is None for group in counted):
        raise WarehouseIncomplete(f"{table.relation} holds lines without {table.month_of}: they belong to no month")
    whole = sum(counted.values(), start=Count())
    return PublishedTable(
        rows=whole.rows,
        sha256=_checksum(source, whole),
        sums=dict(zip(table.sums, whole.sums or [Decimal(0)] * len(table.sums), strict=True)),
        parts=_parts(source, counted) if table.month_of else {},
    )


def _parts(source: Source, counted: dict[Group, Count]) -> dict[str, Part]:
    """Parts by name."""
    totals: dict[tuple[str, str | None, bool], Count] = defaultdict(Count)
    for group, count in counted.items():
        totals[parts.cut(group.month or parts.NO_MONTH, group.partner_id, group.is_estimated, count.rows)] += count
    found = [
        Part(month=key[0], partner_id=key[1], is_estimated=key[2], rows=count.rows, sha256=_checksum(source, count))
        for key, count in totals.items()
    ]
    return {parts.name_of(part): part for part in sorted(found, key=parts.name_of)}


def _checksum(source: Source, count: Count) -> str:
    """Of rows whatever their order.

    Their hashes are DuckDB's own, fifteen times as fast as a digest of the row as text. A DuckDB that hashes otherwise
    makes every part a new one, and so do other names and types, which are in it.
    """
    content = f"{source.columns}|{count.rows}|{count.one}|{count.other}"
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
        from (
            select delivery_id, line_number
            from warehouse.staging.stg_{table.kind}
            semi join (from warehouse.gates.held_slices where kind = $kind) using (partner_id, week_start)
            where line_class = 'accepted'
            union
            select delivery_id, line_number
            from warehouse.staging.stg_{table.kind}
            semi join (from warehouse.marts.int_lines_carried_already where kind = $kind)
                using (delivery_id, line_number)
            where line_class = 'accepted'
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
