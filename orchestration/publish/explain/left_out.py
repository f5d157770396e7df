"""What a figure does not count, and why: lines of its key, and of its slice where a line does not say its key.

Belongs here: finding them by the slots of the figure. Does not belong here: the lines that count (`query`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from orchestration.publish.contents import LONGEST_SPREAD_DAYS
from orchestration.publish.explain.rows import key_condition
from orchestration.publish.tables import Table

_CLASSES_OF_FACTS: Final = "line_class <> 'carried'"
_CLASSES_OF_ROLL_FORWARD: Final = "line_class <> 'held'"
_DAYS: Final = "lines.first_day <= slot.to_day and lines.last_day >= slot.from_day"
_PLACE: Final = "(slot.location_id is null or lines.location_id is null or lines.location_id = slot.location_id)"


@dataclass(frozen=True)
class LeftOut:
    """A line that the figure does not count, or `lines` of a file of which only the number is known.

    `concerns` is `figure` where the line is of the figure's own key, and `slice` where it speaks of the same partner
    and days, and its product or location is not known.
    """

    delivery_id: str
    contract_id: str | None
    file_name: str | None
    sha256: str | None
    kind: str | None
    line_number: int | None
    lines: int
    units: Any
    line_class: str
    reason: str
    concerns: str
    raw_text: str | None = None


def load_slots_of_fact(
    connection: duckdb.DuckDBPyConnection, table: Table, where: Mapping[str, str], days: tuple[str, str]
) -> None:
    """Leave in `slots` the partners, products and days of a fact's lines."""
    condition, values = key_condition(table, where)
    location = "location_id" if where.get("location_id") else "cast(null as varchar)"
    connection.execute(
        f"create or replace temp table slots as select 0 as term, '{table.kind}' as kind, partner_id, "
        f"{location} as location_id, product_id, false as needs_location, "
        f"min({days[0]}) as from_day, max({days[1]}) as to_day from {table.name} "
        f"where {condition} group by all",
        values,
    )


def left_out(
    connection: duckdb.DuckDBPyConnection, of_roll_forward: bool, of_weeks: bool, limit: int
) -> tuple[dict[str, int], list[LeftOut]]:
    """Lines left out by class, and the first of them: those of the figure's own key first."""
    classes = _CLASSES_OF_ROLL_FORWARD if of_roll_forward else _CLASSES_OF_FACTS
    connection.execute(f"create or replace temp table left_out as {_query(classes, of_roll_forward, of_weeks)}")
    counts = connection.execute(
        "select line_class, cast(sum(lines) as bigint) from left_out group by line_class order by line_class"
    ).fetchall()
    rows = connection.execute(
        f"""
        select
            lines.delivery_id, ledger.contract_id, ledger.file_name, ledger.sha256, ledger.kind,
            lines.line_number, lines.lines, lines.units,
            lines.line_class, lines.reason, lines.concerns, lines.raw_line
        from left_out as lines
        left join delivery_ledger as ledger on lines.delivery_id = ledger.delivery_id
        order by lines.concerns, lines.line_class, lines.delivery_id, lines.line_number
        limit {int(limit)}
        """
    ).fetchall()
    return dict(counts), [LeftOut(*row) for row in rows]


def _query(classes: str, of_roll_forward: bool, of_weeks: bool) -> str:
    columns = "lines.delivery_id, lines.line_number, lines.lines, lines.units, lines.line_class, lines.reason"
    shown = f"{columns}, lines.raw_line"
    # a held line that the facts carry as it was is counted
    carried = (
        ""
        if of_roll_forward
        else "and not (lines.line_class = 'held' and exists (select 1 from left_out_lines as carried where "
        "carried.line_class = 'carried' and carried.kind = lines.kind and carried.delivery_id = lines.delivery_id "
        "and carried.line_number = lines.line_number))"
    )
    parts = [
        f"""
        select {shown},
            case when slot.location_id is null or lines.location_id is not null then 'figure' else 'slice' end
                as concerns
        from (select * from left_out_lines where {classes}) as lines
        inner join slots as slot
            on lines.kind = slot.kind and lines.partner_id = slot.partner_id and lines.product_id = slot.product_id
        where {_DAYS} and {_PLACE} {carried}
        """,
        f"""
        select {shown}, 'slice' as concerns
        from (select * from left_out_lines where {classes} and product_id is null) as lines
        inner join (select distinct kind, partner_id, location_id, from_day, to_day from slots) as slot
            on lines.kind = slot.kind and lines.partner_id = slot.partner_id
        where {_DAYS} and {_PLACE}
        """,
        f"""
        select {shown}, 'slice' as concerns
        from (select * from left_out_lines where {classes} and partner_id is null) as lines
        inner join (select distinct kind, from_day, to_day from slots) as slot
            on lines.kind = slot.kind
        where {_DAYS}
        """,
    ]
    if of_weeks:
        parts += [_too_long(), _without_place("sell_out", "period_start", "period_end"), _sell_in_without_place()]
    return " union ".join(parts)


def _too_long() -> str:
    return f"""
        select delivery_id, line_number, 1 as lines, units, 'too_long' as line_class,
            'it speaks of more than a month, and stands in fct_sell_out alone' as reason,
            cast(null as varchar) as raw_line, 'figure' as concerns
        from fct_sell_out as line
        inner join slots as slot
            on slot.kind = 'sell_out' and line.partner_id = slot.partner_id and line.product_id = slot.product_id
        where line.period_end - line.period_start >= {LONGEST_SPREAD_DAYS}
            and line.period_start <= slot.to_day and line.period_end >= slot.from_day
            and (slot.location_id is null or line.location_id = slot.location_id)
    """


def _without_place(kind: str, first_day: str, last_day: str) -> str:
    return f"""
        select delivery_id, line_number, 1 as lines, units, 'no_location' as line_class,
            'it names no location' as reason, cast(null as varchar) as raw_line, 'slice' as concerns
        from fct_{kind} as line
        inner join slots as slot
            on slot.kind = '{kind}' and line.partner_id = slot.partner_id and line.product_id = slot.product_id
        where line.location_id is null and (slot.location_id is not null or slot.needs_location)
            and line.{first_day} <= slot.to_day and line.{last_day} >= slot.from_day
    """


def _sell_in_without_place() -> str:
    return _without_place("sell_in", "week_start", "week_start")
