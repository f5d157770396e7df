"""Random figures of every mart of the demo: the lines told are added up again, and come to what is published."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

import pytest

from orchestration.publish.explain.explain import Explanation, Line, explain, explainable_columns, why_untold
from orchestration.publish.explain.recipes import RECIPES
from orchestration.publish.tables import RATE, TABLES, UNITS
from tests.pipeline.conftest import Release

SEED: Final = 8
ROWS_A_COLUMN: Final = 1
DAYS_A_COLUMN: Final = 2
EVERY: Final = 1_000_000
TOLD: Final = [(table, column) for table, columns in explainable_columns().items() for column in columns]

#: what of the key names the figures of all partners and products of a week, an interval or a period
DAY_OF: Final = {
    "fct_sell_in": ("week_start",),
    "fct_sell_out": ("week_start",),
    "fct_stock": ("week_start",),
    "reconciliation": ("closing_date",),
    "distribution": ("period", "period_start", "scope"),
    "pressure_index": ("period", "period_start", "scope"),
}


def _drawn(demo: Release, table: str, column: str, key: tuple[str, ...], how_many: int) -> list[dict[str, str]]:
    """Keys that hash and seed draw: first those whose figures are neither unknown nor 0."""
    names = ", ".join(key)
    rows = demo.rows(
        f"select {names} from {table} group by {names} "
        f"order by max(coalesce({column}, 0) <> 0) desc, hash({names}, '{column}', {SEED}) limit {how_many}"
    )
    return [{k: "" if v is None else str(v) for k, v in zip(key, row, strict=True)} for row in rows]


def _literal(value: str) -> str:
    return f"'{value}'" if value else "null"


def _by_term(told: Explanation) -> dict[str, list[Line]]:
    return {term.name: [line for line in told.lines if line.term == term.name] for term in told.terms}


def _sold_places(lines: list[Line], demo: Release) -> int:
    """Locations of which the lines sold more than none, the location read from the fact by the line's own name."""
    places: dict[Any, Decimal] = {}
    for line in lines:
        (place,) = demo.rows(
            "select location_id from fct_sell_out where delivery_id = ? and line_number = ?",
            [line.delivery_id, line.line_number],
        )
        places[place] = places.get(place, Decimal(0)) + line.counted
    return sum(1 for (place,), sold in places.items() if place and sold > 0)


def _added_up(told: Explanation, table: str, column: str, demo: Release) -> float:
    recipe = RECIPES.get(table, {}).get(column)
    lines = _by_term(told)
    sums = {"": 0.0, "numerator": 0.0, "denominator": 0.0}
    for term in told.terms:
        of_term = [line for line in lines[term.name] if line.role == term.role]
        counts = recipe and any(t.counts_places and t.name == term.name and t.role == term.role for t in recipe.terms)
        total = _sold_places(of_term, demo) if counts else sum(float(line.counted) for line in of_term)
        sums[term.role] += term.sign * total
    if not recipe or not recipe.is_ratio:
        return sums[""]
    return sums["numerator"] / (sums["denominator"] or 1.0)


@pytest.mark.parametrize(("table", "column"), TOLD, ids=lambda name: name)
def test_the_lines_told_add_up_to_the_figure(demo: Release, table: str, column: str) -> None:
    recipe = RECIPES.get(table, {}).get(column)
    keys = _drawn(demo, table, column, TABLES[table].key, ROWS_A_COLUMN)
    if recipe is None or recipe.is_additive:
        keys += _drawn(demo, table, column, DAY_OF.get(table, ("week_start",)), DAYS_A_COLUMN)
    for where in keys:
        told = explain(demo.settings, table, where, column, listed_lines=EVERY)
        conditions = " and ".join(f"{k} is not distinct from {_literal(v)}" for k, v in where.items())
        assert told.published == demo.value(f"select sum({column}) from {table} where {conditions}")
        assert told.agrees, (where, told.published, told.total, told.terms)
        assert len(told.lines) == told.line_count
        if told.published is not None and (recipe is None or recipe.factor in (None, "1")):
            tolerance = float(told.tolerance) + 1e-6
            assert math.isclose(_added_up(told, table, column, demo), float(told.published), abs_tol=tolerance), where


#: columns of which all figures at once are cheap to explain
ADDITIVE: Final = [
    *(
        ("sell_through_weekly", column)
        for column, recipe in RECIPES["sell_through_weekly"].items()
        if recipe.is_additive
    ),
    ("reconciliation", "sell_out_units"),
    ("reconciliation", "received_units"),
]


@pytest.mark.parametrize(("table", "column"), ADDITIVE, ids=lambda name: name)
def test_all_figures_of_a_column_are_the_sum_of_all_their_lines(demo: Release, table: str, column: str) -> None:
    told = explain(demo.settings, table, {}, column, listed_lines=0)
    assert told.published == demo.value(f"select sum({column}) from {table}")
    assert told.line_count > 0
    assert told.agrees, (told.published, told.total, told.terms)


@pytest.mark.parametrize("table", [name for name, table in TABLES.items() if "marts" in table.relation])
def test_every_number_of_a_mart_is_told_or_says_why_not(table: str) -> None:
    measures = [column for column, type_ in TABLES[table].columns.items() if type_ in (UNITS, RATE)]
    silent = [column for column in measures if column not in explainable_columns().get(table, [])]
    assert all(why_untold(table, column) for column in silent) or table.startswith(("dim_", "left_out")), silent


def test_every_line_that_no_figure_counts_is_in_the_ledger(demo: Release) -> None:
    classes = "duplicate, superseded, unmatched, out_of_scope, quarantined"
    told = demo.rows(
        "select delivery_id, line_class, cast(sum(lines) as bigint) from left_out_lines "
        "where line_class not in ('held', 'carried') group by all order by all"
    )
    ledger = demo.rows(
        f"select delivery_id, line_class, lines from (unpivot (select delivery_id, {classes} from delivery_ledger "
        f"where kind in ('sell_in', 'sell_out', 'stock')) on {classes} into name line_class value lines) "
        "where lines > 0 order by all"
    )
    assert told == ledger
    assert {line_class for _, line_class, _ in told} == set(classes.split(", "))
