"""Thresholds in short and in words."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.gates.suites import Expectation, Style
from orchestration.gates.wording import history_rows, threshold


def _expectation(kwargs: dict[str, Any], style: Style = "number", type_: str = "expect_x") -> Expectation:
    meta = {"name": "x", "reason": "r", "message": "m", "style": style}
    return Expectation.model_validate({"type": type_, "kwargs": kwargs, "severity": "info", "meta": meta})


@pytest.mark.parametrize(
    ("kwargs", "style", "expected"),
    [
        ({"max_value": 0.01}, "percent", ("<= 0.01", "at most 1%")),
        ({"min_value": 0.985}, "percent", (">= 0.985", "at least 98.5%")),
        ({"min_value": -0.2, "max_value": 0.2}, "percent", ("-0.2 to 0.2", "between -20% and 20%")),
        ({"min_value": 0, "max_value": 0}, "number", ("= 0", "must be 0")),
        ({"min_value": 0, "strict_min": True}, "number", ("> 0", "more than 0")),
        (
            {"min_value": 0, "max_value": 1000, "strict_max": True},
            "number",
            (">= 0 and < 1000", "at least 0 and less than 1000"),
        ),
    ],
)
def test_bounds(kwargs: dict[str, Any], style: Style, expected: tuple[str, str]) -> None:
    assert threshold(_expectation(kwargs, style)) == expected


def test_sets_and_others() -> None:
    refused = _expectation({"value_set": ["not_due", "b"]}, "text", "expect_column_values_to_not_be_in_set")
    assert threshold(refused) == ("not in not_due, b", "must not be not due or b")
    allowed = _expectation({"value_set": ["a"]}, "text", "expect_column_values_to_be_in_set")
    assert threshold(allowed) == ("in a", "must be a")
    other = _expectation({"column": "c", "regex": "^a"}, "text", "expect_column_values_to_match_regex")
    assert threshold(other) == ('expect_column_values_to_match_regex {"regex": "^a"}', "column values to match regex")


def test_the_history_of_a_threshold_is_told_from_the_latest_back() -> None:
    meta = {
        "name": "x",
        "reason": "r",
        "message": "m",
        "style": "percent",
        "history": [
            {"since": "2025-01-06", "severity": "critical", "kwargs": {"max_value": 0.01}, "change": "The default."},
            {"since": "2025-03-03", "severity": "warning", "kwargs": {"max_value": 0.02}, "change": "Tills doubled."},
        ],
    }
    kwargs = {"column": "share", "max_value": 0.02}
    one = Expectation.model_validate({"type": "expect_x", "kwargs": kwargs, "severity": "warning", "meta": meta})
    assert history_rows(one) == [
        ("2025-03-03", "warning", "at most 2%", "Tills doubled."),
        ("2025-01-06", "critical", "at most 1%", "The default."),
    ]
