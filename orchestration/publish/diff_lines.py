"""Lines of a fact that differ between two releases, added up by slice and reason, in DuckDB.

Belongs here: from Parquet files to changes. Does not belong here: what the reasons mean (`diff_reasons`), or which
releases are compared (`diff`).

Files of equal bytes are not read. Of the others only those lines are joined whose delivery changed within a slice,
which one pass of sums tells; so a release after a normal day costs what changed, and not what is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import duckdb

from orchestration.publish.diff_reasons import evidence_sql, reason_sql
from orchestration.publish.sql import name, names, text
from orchestration.publish.tables import Table

#: columns by which a later delivery is seen to speak of the same sale, document or count
_SAME_LINE: Final[dict[str, tuple[str, ...]]] = {
    "sell_in": ("partner_id", "document_id", "document_line", "product_id"),
    "sell_out": ("partner_id", "location_id", "product_id", "period_start", "transaction_id"),
    "stock": ("partner_id", "location_id", "product_id", "snapshot_date"),
}


@dataclass(frozen=True)
class Change:
    """What changed of a slice (partner x ISO week x kind) for one reason.

    `sums` are the changes of units and amounts by column: newer less older. A line that went from one slice to another
    is removed there and added here.
    """

    table: str
    kind: str
    partner_id: str
    week_start: date
    reason: str
    evidence: str | None
    rows_added: int
    rows_removed: int
    rows_changed: int
    sums: Mapping[str, Decimal]

    @property
    def rows(self) -> int:
        """By how many rows the slice grew."""
        return self.rows_added - self.rows_removed


def changes_of(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    older: Sequence[str],
    newer: Sequence[str],
    whole: Sequence[str],
) -> list[Change]:
    """Changes between the files `older` and `newer` of a fact; `whole` are all files of the older release.

    The connection holds `ledger` (a delivery, as both releases knew it), `slice_status` and `versions` (see `diff`).
    """
    _load(connection, table, older, newer)
    connection.execute(_last_days(table, whole))
    connection.execute(_lines(table))
    rows = connection.execute(_added_up(table)).fetchall()
    return [_change(table, row) for row in rows]


def _change(table: Table, row: tuple[Any, ...]) -> Change:
    partner_id, week_start, reason, evidence, added, removed, changed, *totals = row
    sums = dict(zip(table.sums, totals, strict=True))
    return Change(table.name, str(table.kind), partner_id, week_start, reason, evidence, added, removed, changed, sums)


def _load(connection: duckdb.DuckDBPyConnection, table: Table, older: Sequence[str], newer: Sequence[str]) -> None:
    """Leave in `older_lines` and `newer_lines` the lines of every delivery that changed within a slice."""
    known = {side: _read(connection, table, files) for side, files in (("older", older), ("newer", newer))}
    digest = f"cast(hash({names(list(table.columns))}) as hugeint)"
    slice_of = "delivery_id, partner_id, week_start"
    connection.execute(
        f"""
        create or replace temp table touched as
        select {slice_of}
        from (
            select {slice_of}, 1 as side, {digest} as digest from ({known["newer"]})
            union all
            select {slice_of}, -1 as side, {digest} as digest from ({known["older"]})
        ) as lines
        group by {slice_of}
        having sum(side) <> 0 or sum(side * digest) <> 0
        """
    )
    for side, query in known.items():
        connection.execute(
            f"create or replace temp table {side}_lines as "
            f"select lines.* from ({query}) as lines semi join touched using (delivery_id, partner_id, week_start)"
        )


def _read(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str]) -> str:
    """Select the fact's columns from files; one that an earlier release lacks is null."""
    if not files:
        nothing = ", ".join(f"cast(null as {type_}) as {name(column)}" for column, type_ in table.columns.items())
        return f"select {nothing} where false"
    source = f"read_parquet([{', '.join(map(text, files))}], union_by_name = true, hive_partitioning = false)"
    found = {row[0] for row in connection.execute(f"describe select * from {source}").fetchall()}
    columns = ", ".join(
        f"cast({name(column) if column in found else 'null'} as {type_}) as {name(column)}"
        for column, type_ in table.columns.items()
    )
    return f"select {columns} from {source}"


def _last_days(table: Table, whole: Sequence[str]) -> str:
    """The last day of which the older release had a line, by contract: what comes after it is a new period."""
    if not whole:
        return "create or replace temp table last_days (contract_id varchar, last_day date)"
    return f"""
        create or replace temp table last_days as
        select ledger.contract_id, max(lines.last_day) as last_day
        from (
            select delivery_id, max({name(table.month_of or "")}) as last_day
            from read_parquet([{", ".join(map(text, whole))}], hive_partitioning = false)
            group by delivery_id
        ) as lines
        inner join ledger on ledger.delivery_id = lines.delivery_id
        group by ledger.contract_id
    """


def _lines(table: Table) -> str:
    """One row a changed line, with everything that the reasons ask for.

    Line of the older release: `a`; of the newer: `b`. Both where the line is in both, and differs.
    """
    values = [column for column in table.columns if column not in table.key]
    reporting = [column for column in values if column.endswith("_reporting")]
    others = [column for column in values if column not in reporting]
    day = name(table.month_of or "")
    keys = _SAME_LINE[str(table.kind)]
    same = " and ".join(f"compared.b.{name(key)} is not distinct from gone.{name(key)}" for key in keys)
    return f"""
        create or replace temp table changed_lines as
        with compared as (
            select
                a, b,
                a.delivery_id is not null as in_older,
                b.delivery_id is not null as in_newer,
                in_older and in_newer as in_both,
                in_both and ({_differ(["product_id", "location_id"])}) as ids_changed,
                in_both and {f"not ({_differ(others)})" if reporting else "false"} as only_reporting_changed,
                coalesce(b.delivery_id, a.delivery_id) as delivery_id
            from older_lines as a
            full join newer_lines as b on a.delivery_id = b.delivery_id and a.line_number = b.line_number
            where {_differ([*table.key, *values])}
        ),
        gone as (
            select distinct {", ".join(f"compared.a.{name(key)}" for key in keys)}
            from compared
            inner join ledger on ledger.delivery_id = compared.delivery_id
            where compared.in_older and not compared.in_newer and ledger.known_now and not ledger.is_withdrawn
        )
        select
            compared.* exclude (delivery_id),
            ledger.*,
            ledger.known_now and not ledger.known_before as is_new_delivery,
            coalesce(compared.b.{day}, compared.a.{day}) as line_day,
            last_days.last_day,
            compared.in_newer and gone.{name(keys[0])} is not null as replaces_line,
            coalesce(compared.b.product_id, compared.a.product_id) as product_id,
            compared.a.product_id as product_id_before
        from compared
        left join ledger on ledger.delivery_id = compared.delivery_id
        left join last_days on last_days.contract_id = ledger.contract_id
        left join gone on {same}
    """


def _differ(columns: Sequence[str]) -> str:
    return " or ".join(f"a.{name(column)} is distinct from b.{name(column)}" for column in columns) or "false"


def _added_up(table: Table) -> str:
    """Changes by slice and reason. A line counts in its slice of each release, and the status of that slice decides."""
    sums = ", ".join(
        f"coalesce(sum(b_counts * coalesce(b.{name(column)}, 0) - a_counts * coalesce(a.{name(column)}, 0)), 0)"
        for column in table.sums
    )
    return f"""
        with sides as (
            select *, b.partner_id as partner_id, b.week_start as week_start, 1 as b_counts,
                case when a.partner_id = b.partner_id and a.week_start = b.week_start then 1 else 0 end as a_counts
            from changed_lines where in_newer
            union all
            select *, a.partner_id, a.week_start, 0, 1
            from changed_lines
            where in_older and (a.partner_id, a.week_start) is distinct from (b.partner_id, b.week_start)
        ),
        told as (
            select sides.*, versions.*,
                coalesce(slice_status.is_held, false) as slice_is_held,
                coalesce(slice_status.was_held, false) as slice_was_held,
                slice_status.held_reason, slice_status.held_reason_before
            from sides
            cross join versions
            left join slice_status on slice_status.kind = {text(table.kind)}
                and slice_status.partner_id = sides.partner_id and slice_status.week_start = sides.week_start
        ),
        reasoned as (select *, {reason_sql()} as reason from told)
        select
            partner_id, week_start, reason, {evidence_sql("reason")} as evidence,
            count(*) filter (a_counts = 0), count(*) filter (b_counts = 0),
            count(*) filter (a_counts = 1 and b_counts = 1)
            {", " + sums if sums else ""}
        from reasoned
        group by partner_id, week_start, reason
        order by partner_id, week_start, reason
    """
