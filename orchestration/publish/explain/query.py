"""The queries behind an explanation: figures that a key names, the slots of their terms, lines and totals.

Belongs here: putting the SQL together, and reading only the weeks that are asked of. Does not belong here: what a
figure is made of (`recipes`, `measures`), or what was left out (`left_out`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from orchestration.publish.errors import UnknownFigure
from orchestration.publish.explain.measures import MEASURES, RELATIONS, STOCK_DAYS, Measure
from orchestration.publish.explain.recipes import Recipe, Term
from orchestration.publish.explain.rows import key_condition
from orchestration.publish.sql import name, text
from orchestration.publish.tables import AMOUNT, Table

#: units and amount shown of a fact's line
_SHOWN = {
    "fct_sell_in": ("line.units", "line.net_amount"),
    "fct_sell_out": ("line.units", "line.amount"),
    "fct_stock": ("line.on_hand_units", f"cast(null as {AMOUNT})"),
}

#: of units and of amounts alike: a union of both would cut decimals off
_COUNTED = "decimal(28, 6)"


@dataclass(frozen=True)
class Total:
    """Lines of a term, their sum, and the locations of which more than 0 was sold."""

    lines: int
    units: Any
    places: int


def load_figures(
    connection: duckdb.DuckDBPyConnection, table: Table, where: Mapping[str, str], column: str, recipe: Recipe | None
) -> Any:
    """Leave in `figure` the rows that `where` names, and return what is published of them; raises UnknownFigure."""
    condition, values = key_condition(table, where)
    source = f"select * from {name(table.name)} where {condition}"
    named = ", ".join(f"{key}={value}" for key, value in where.items())
    try:
        # a fact's figures are its lines, and may be many: they are not copied
        if table.is_fact:
            row = connection.execute(f"select count(*), sum({name(column)}) from ({source})", values).fetchone()
        else:
            connection.execute(f"create or replace temp table figure as {source}", values)
            row = connection.execute(f"select count(*), sum({name(column)}) from figure").fetchone()
    except duckdb.ConversionException as error:
        raise UnknownFigure(f"{table.name}: a value of the key does not fit its column: {error}") from error
    count, published = row or (0, None)
    if not count:
        raise UnknownFigure(f"{table.name} has no row with {named}")
    if recipe and not recipe.is_additive and count > 1:
        raise UnknownFigure(
            f"{table.name}.{column} does not add up over rows, and {named} names {count}: "
            f"name one row by {', '.join(table.key)}"
        )
    if recipe and len(recipe.terms) > 1 and published is not None:
        # what is unknown of other rows has parts, and no sum
        connection.execute(f"delete from figure where {name(column)} is null")
    return published


def load_slots(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> tuple[date, date] | None:
    """Leave in `slots` the keys and days that the terms ask of; returns the first and the last day, if any."""
    each = " union all ".join(
        f"select {number} as term, {text(MEASURES[term.measure].kind)} as kind, * from ({term.slots})"
        for number, term in enumerate(recipe.terms)
    )
    connection.execute(f"create or replace temp table slots as {each}")
    row = connection.execute("select min(from_day), max(to_day) from slots where from_day <= to_day").fetchone()
    return row if row and row[0] else None


def lines_of(connection: duckdb.DuckDBPyConnection, recipe: Recipe, days: tuple[date, date]) -> str:
    """A query of the lines that the terms count, one row a term and line."""
    asked = {row[0] for row in connection.execute("select distinct term from slots").fetchall()}
    parts = [_lines_of_term(number, term, days) for number, term in enumerate(recipe.terms) if number in asked]
    stock_days = STOCK_DAYS.format(weeks=_weeks(days, 14))
    return f"with {stock_days} " + " union all ".join(parts)


def lines_of_fact(table: Table, where: Mapping[str, str], column: str) -> tuple[str, list[str]]:
    """A query of a fact's own lines, and its parameters."""
    condition, values = key_condition(table, where)
    units, amount = _SHOWN[table.name]
    return (
        "select 0 as term, line.partner_id, line.location_id, line.delivery_id, line.line_number, "
        f"{units} as units, {amount} as amount, line.{name(column)} as counted, 1.0e0 as share "
        f"from {table.name} as line where line.{name(column)} is not null and {condition}",
        values,
    )


def totals(connection: duckdb.DuckDBPyConnection, lines: str, parameters: list[str]) -> dict[int, Total]:
    """Totals by term."""
    rows = connection.execute(
        f"""
        select term, sum(lines), sum(counted), count(*) filter (counted > 0 and location_id is not null)
        from (
            select term, partner_id, location_id, count(*) as lines, sum(counted) as counted
            from ({lines}) as told
            group by term, partner_id, location_id
        ) as by_place
        group by term
        """,
        parameters,
    ).fetchall()
    return {term: Total(int(lines_), counted, places) for term, lines_, counted, places in rows}


def first_lines(
    connection: duckdb.DuckDBPyConnection, lines: str, parameters: list[str], limit: int
) -> list[tuple[Any, ...]]:
    """The first lines, by term, delivery and line number, with the file that they stand in."""
    return connection.execute(
        f"""
        select
            told.term, told.delivery_id, ledger.contract_id, ledger.file_name, ledger.sha256,
            ledger.kind, told.line_number, told.units, told.amount, told.counted, told.share
        from (
            select * from ({lines}) as told
            order by term, delivery_id, line_number
            limit {int(limit)}
        ) as told
        left join delivery_ledger as ledger on told.delivery_id = ledger.delivery_id
        order by told.term, told.delivery_id, told.line_number
        """,
        parameters,
    ).fetchall()


def _lines_of_term(number: int, term: Term, days: tuple[date, date]) -> str:
    measure = MEASURES[term.measure]
    location = "slot.location_id is null or line.location_id = slot.location_id"
    place = " and line.location_id is not null" if term.counts_places else ""
    return f"""
        select
            {number} as term, line.partner_id, line.location_id, line.delivery_id, line.line_number,
            line.units, line.amount, cast({measure.counted} as {_COUNTED}) as counted, {measure.share} as share
        from ({_relation(measure, days)}) as line
        inner join (select * from slots where term = {number}) as slot
            on line.partner_id = slot.partner_id and line.product_id = slot.product_id
        {measure.joins}
        where ({location}) and (line.location_id is not null or not slot.needs_location){place}
            and {measure.belongs} and {measure.counted} is not null
    """


def _relation(measure: Measure, days: tuple[date, date]) -> str:
    return RELATIONS[measure.source].replace("{weeks}", _weeks(days, measure.reach))


def _weeks(days: tuple[date, date], reach: int | None) -> str:
    """Condition on the week of a line: months of which nothing is asked are not read."""
    last = f"week_start <= date '{days[1]}' + 7"
    return last if reach is None else f"week_start >= date '{days[0]}' - {reach} and {last}"
