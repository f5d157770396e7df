"""Random figures of every mart of the demo: the lines told are added up again, and come to what is published."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

import pytest

from orchestration.publish.explain.explain import Explanation, Line, explain, explainable_columns
from orchestration.publish.explain.recipes import RECIPES
from orchestration.publish.tables import TABLES
from tests.pipeline.conftest import Release

FIGURES_A_COLUMN: Final = 3
SEED: Final = 8
EVERY: Final = 1_000_000
TOLD: Final = [(table, column) for table, columns in explainable_columns().items() for column in columns]


def _some_rows(demo: Release, table: str, column: str) -> list[tuple[Any, ...]]:
    """Keys and values of figures that hash and seed draw: first those that are neither unknown nor 0."""
    key = ", ".join(TABLES[table].key)
    return demo.rows(
        f"select {key}, {column} from {table} "
        f"order by coalesce({column}, 0) <> 0 desc, hash({key}, '{column}', {SEED}) limit {FIGURES_A_COLUMN}"
    )


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
    key = TABLES[table].key
    for *values, published in _some_rows(demo, table, column):
        where = {name: "" if value is None else str(value) for name, value in zip(key, values, strict=True)}
        told = explain(demo.settings, table, where, column, listed_lines=EVERY)
        assert told.published == published
        assert told.agrees, (where, told.total, published, told.terms)
        assert len(told.lines) == told.line_count
        recipe = RECIPES.get(table, {}).get(column)
        if recipe and recipe.factor not in (None, "1"):
            continue
        tolerance = float(told.tolerance) + 1e-6
        if published is not None:
            assert math.isclose(_added_up(told, table, column, demo), float(published), abs_tol=tolerance), where
