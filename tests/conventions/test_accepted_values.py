"""What a model writes by name, its own test accepts: else the first data that shows it stops a release."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.conventions.documents import MODELS, models


def _accepted() -> Iterator[tuple[str, str, frozenset[str]]]:
    for model, declared in models().items():
        for column in declared.get("columns", []):
            for test in column.get("data_tests", []):
                if isinstance(test, dict) and "accepted_values" in test:
                    yield model, column["name"], frozenset(map(str, test["accepted_values"]["arguments"]["values"]))


def _written(sql: str, column: str) -> set[str]:
    """Literals that a query gives a column, alone or in the branches of a `case`."""
    alone = re.findall(rf"'(\w+)'\s+as\s+{column}\b", sql)
    cases = re.findall(rf"\bcase\b(?:(?!\bcase\b).)*?\bend\s+as\s+{column}\b", sql, re.DOTALL)
    return {*alone, *(value for case in cases for value in re.findall(r"\b(?:then|else)\s+'(\w+)'", case))}


@pytest.mark.parametrize(("model", "column", "accepted"), list(_accepted()))
def test_values_that_a_model_writes_are_accepted(model: str, column: str, accepted: frozenset[str]) -> None:
    [source] = MODELS.rglob(f"{model}.sql")
    assert _written(source.read_text(encoding="utf-8"), column) <= accepted


def test_literals_are_found_alone_and_in_cases() -> None:
    sql = "select case when a then 'x' else 'y' end as class union all select 'z' as class, 'w' as level"
    assert _written(sql, "class") == {"x", "y", "z"}
