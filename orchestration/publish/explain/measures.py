"""What a line of a fact counts in a figure: SQL over `line`, and over `slot`, the key and days that the figure asks of.

Belongs here: one measure a way of counting, and the relations that lines are read from. The rules are those of the dbt
models; a test re-adds random figures of every mart. Does not belong here: which figure counts what (`recipes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestration.publish.contents import LONGEST_SPREAD_DAYS
from orchestration.publish.tables import AMOUNT, UNITS

_DAYS: Final = "(line.period_end - line.period_start + 1)"
_DAYS_IN: Final = "(least(line.period_end, slot.to_day) - greatest(line.period_start, slot.from_day) + 1)"
_OVERLAPS: Final = "line.period_start <= slot.to_day and line.period_end >= slot.from_day"
_SHORT: Final = f"{_DAYS} <= {LONGEST_SPREAD_DAYS}"
_IN: Final = "greatest(line.units, 0) + greatest(coalesce(line.free_units, 0), 0)"
_BACK: Final = "-least(line.units, 0) - least(coalesce(line.free_units, 0), 0)"
_WEEK_OF_RECEIPT: Final = "line.week_start between slot.from_day and slot.to_day"
_RECEIVED: Final = "line.receipt_day between slot.from_day and slot.to_day"


@dataclass(frozen=True)
class Measure:
    """How lines of a record kind are counted.

    counted     what a line adds; null where it has no part
    belongs     whether the line is one of the slot's days
    share       part of the line's days that lie in the slot
    source      relation of `RELATIONS` that lines are read from
    joins       further joins of `line` and `slot`
    reach       days before the slot in which the week of a line that counts may begin; None: any
    is_rounded  each line is rounded by itself, and a sum may differ from the figure by that
    """

    kind: str
    counted: str
    belongs: str
    source: str
    share: str = "1.0e0"
    joins: str = ""
    reach: int | None = 7
    is_rounded: bool = False


def _nonzero(expression: str) -> str:
    return f"nullif({expression}, 0)"


def _spread(column: str, type_: str) -> str:
    """A line that crosses the slot's end is spread by days; its last day takes what rounding left over."""
    a_day = f"cast(line.{column} / {_DAYS} as {type_})"
    return (
        f"case when line.period_start >= slot.from_day and line.period_end <= slot.to_day then line.{column} "
        f"when line.period_end <= slot.to_day then line.{column} - {a_day} * ({_DAYS} - {_DAYS_IN}) "
        f"else {a_day} * {_DAYS_IN} end"
    )


def _sold(column: str, type_: str) -> Measure:
    return Measure(
        "sell_out",
        _spread(column, type_),
        f"{_OVERLAPS} and {_SHORT}",
        "sell_out",
        share=f"{_DAYS_IN} / {_DAYS}",
        reach=LONGEST_SPREAD_DAYS + 7,
    )


def _after_count(kind: str, units: str, belongs: str) -> Measure:
    """Part of a line whose days come after the last count of the slot's week."""
    first, last = ("line.period_start", "line.period_end") if kind == "sell_out" else ("line.receipt_day",) * 2
    day_after = "(coalesce(counts.counted_on, partner_counts.counted_on) + 1)"
    share = f"cast(least({last}, slot.to_day) - greatest({first}, {day_after}) + 1 as double) / ({last} - {first} + 1)"
    return Measure(
        kind,
        f"cast({_nonzero(units)} * ({share}) as {UNITS})",
        f"{belongs} and {last} >= {day_after} and {day_after} <= slot.to_day",
        kind,
        share=share,
        joins="inner join partner_counts on line.partner_id = partner_counts.partner_id "
        "and slot.from_day = partner_counts.on_week "
        "left join counts on line.partner_id = counts.partner_id "
        "and line.location_id = counts.location_id and slot.from_day = counts.on_week",
        reach=LONGEST_SPREAD_DAYS + 7,
        is_rounded=True,
    )


MEASURES: Final[dict[str, Measure]] = {
    # of weeks, as the facts have them
    "sell_in": Measure("sell_in", "line.units", _WEEK_OF_RECEIPT, "sell_in"),
    "received": Measure("sell_in", _nonzero(_IN), _WEEK_OF_RECEIPT, "sell_in"),
    "returned": Measure("sell_in", _nonzero(_BACK), _WEEK_OF_RECEIPT, "sell_in"),
    "sell_out": _sold("units", UNITS),
    "sell_out_amount": _sold("amount", AMOUNT),
    "priced_sell_out": _sold("priced_units", UNITS),
    "last_count": Measure(
        "stock", "line.on_hand_units", "line.on_week = slot.from_day and line.is_last", "weekly_stock"
    ),
    "received_after_count": _after_count("sell_in", _IN, _WEEK_OF_RECEIPT),
    "returned_after_count": _after_count("sell_in", _BACK, _WEEK_OF_RECEIPT),
    "sold_after_count": _after_count("sell_out", "line.units", f"{_OVERLAPS} and {_SHORT}"),
    # between two counts, of the lines as they are now
    "roll_sold": Measure(
        "sell_out", "line.units", "line.period_end between slot.from_day and slot.to_day", "roll_sell_out", reach=None
    ),
    "roll_received": Measure("sell_in", _nonzero(_IN), _RECEIVED, "roll_sell_in"),
    "roll_returned": Measure("sell_in", _nonzero(_BACK), _RECEIVED, "roll_sell_in"),
    "roll_counted": Measure(
        "stock", "line.on_hand_units", "line.snapshot_on between slot.from_day and slot.to_day", "roll_stock", reach=14
    ),
    "roll_adjusted": Measure(
        "stock",
        "nullif(line.adjustment_units, 0)",
        "line.snapshot_on between slot.from_day and slot.to_day",
        "roll_stock",
        reach=14,
    ),
}

_LEDGER: Final = "left join delivery_ledger as ledger on line.delivery_id = ledger.delivery_id"
_RECEIPT_DAY: Final = (
    "coalesce(line.received_on, "
    "line.document_date + cast(coalesce(ledger.lead_time_days, partner.lead_time_days, 0) as integer))"
)
_SNAPSHOT_ON: Final = "line.snapshot_date - case when ledger.is_counted_before_opening then 1 else 0 end"
_KEY: Final = "line.partner_id, line.location_id, line.product_id, line.delivery_id, line.line_number"


def _now(kind: str) -> str:
    """Lines of a fact that are accepted now: without those that a held slice keeps of an earlier release."""
    return (
        f"(select * from fct_{kind} where {{weeks}}) as line anti join (select * from left_out_lines "
        f"where kind = '{kind}' and line_class = 'carried') as carried "
        "on line.delivery_id = carried.delivery_id and line.line_number = carried.line_number"
    )


def _held(kind: str, columns: str) -> str:
    return (
        f"select {_KEY}, {columns} from left_out_lines as line {_LEDGER} "
        f"where line.kind = '{kind}' and line.line_class = 'held'"
    )


_SELL_IN: Final = (
    f"select line.*, line.net_amount as amount, {_RECEIPT_DAY} as receipt_day "
    f"from (select * from fct_sell_in where {{weeks}}) as line {_LEDGER} "
    "left join dim_partners as partner on line.partner_id = partner.partner_id"
)

#: relations of lines, with `{weeks}` for the condition on the week of a fact's lines
RELATIONS: Final[dict[str, str]] = {
    "sell_in": _SELL_IN,
    "sell_out": "select *, case when amount is not null then units end as priced_units from fct_sell_out where {weeks}",
    "weekly_stock": f"select line.*, line.on_hand_units as units, cast(null as {AMOUNT}) as amount, "
    "days.on_week, days.is_last from (select * from fct_stock where {weeks}) as line inner join stock_days as days "
    "on line.delivery_id = days.delivery_id and line.partner_id = days.partner_id "
    "and line.location_id is not distinct from days.location_id and line.snapshot_date = days.snapshot_date",
    "roll_sell_out": f"select {_KEY}, line.period_start, line.period_end, line.units, line.amount "
    f"from {_now('sell_out')} union all "
    + _held("sell_out", f"line.first_day, line.last_day, line.units, cast(null as {AMOUNT})"),
    "roll_sell_in": f"select {_KEY}, line.units, line.free_units, line.net_amount as amount, "
    f"{_RECEIPT_DAY} as receipt_day from {_now('sell_in')} {_LEDGER} "
    "left join dim_partners as partner on line.partner_id = partner.partner_id union all "
    + _held("sell_in", f"line.units, line.free_units, cast(null as {AMOUNT}), line.first_day"),
    "roll_stock": f"select {_KEY}, line.on_hand_units, line.on_hand_units as units, cast(null as {AMOUNT}) as amount, "
    f"line.adjustment_units, {_SNAPSHOT_ON} as snapshot_on from {_now('stock')} {_LEDGER} union all "
    + _held(
        "stock",
        f"line.units, line.units, cast(null as {AMOUNT}), line.adjustment_units, "
        "line.first_day - case when ledger.is_counted_before_opening then 1 else 0 end",
    ),
}

#: when the partners of the slots counted their stock, and which count is the last of its week
STOCK_DAYS: Final = f"""
    stock_days as (
        select *, snapshot_on = max(snapshot_on) over (
            partition by partner_id, location_id, contract_id, on_week
        ) as is_last
        from (
            select line.*, ledger.contract_id, {_SNAPSHOT_ON} as snapshot_on,
                cast(date_trunc('week', {_SNAPSHOT_ON}) as date) as on_week
            from (
                select distinct partner_id, location_id, delivery_id, snapshot_date
                from fct_stock
                where partner_id in (select partner_id from slots) and {{weeks}}
            ) as line {_LEDGER}
        ) as dated
    ),
    counts as (
        select partner_id, location_id, on_week, max(snapshot_on) as counted_on
        from stock_days where is_last group by all
    ),
    partner_counts as (
        select partner_id, on_week, max(counted_on) as counted_on
        from counts group by all having min(counted_on) < on_week + 6
    )
"""
