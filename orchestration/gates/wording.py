"""How a verdict is said: thresholds in short and in words, and the SQL that fills a message for every row at once.

Belongs here: text made from an expectation alone. Does not belong here: deciding an outcome.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from string import Formatter
from typing import Any, Final

from orchestration.gates.suites import PLACING, Expectation, Style

_PERIOD_SQL: Final = (
    "case when period_end > period_start then concat(period_start, ' to ', period_end) "
    "else cast(period_start as varchar) end"
)

#: who and when a row is about, as a partner manager says it; parts that the row does not know are left out
SLICE_SQL: Final = f"concat_ws(' ', partner_id, kind, {_PERIOD_SQL})"


def text_sql(text: str) -> str:
    """`text` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def column_sql(column: str) -> str:
    """`column` as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def _plain(number: float) -> str:
    # round first: -0.000001 must not read -0
    return f"{round(number, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _spoken_value(value: Any, style: Style) -> str:
    if style == "text" or not isinstance(value, int | float):
        return str(value).replace("_", " ")
    return f"{_plain(100 * value)}%" if style == "percent" else _plain(value)


def _spoken_sql(expression: str, style: Style) -> str:
    if style == "text":
        return f"replace(cast({expression} as varchar), '_', ' ')"
    factor, unit = ("100", "'%'") if style == "percent" else ("1", "''")
    rounded = f"round({factor} * cast({expression} as double), 2) + 0.0"
    return f"rtrim(rtrim(printf('%.2f', {rounded}), '0'), '.') || {unit}"


def _bounds(kwargs: dict[str, Any], say: Callable[[Any], str]) -> tuple[str, str] | None:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    over, under = kwargs.get("strict_min", False), kwargs.get("strict_max", False)
    if low is None and high is None:
        return None
    if low == high:
        return f"= {low}", f"must be {say(low)}"
    if low is not None and high is not None and not over and not under:
        return f"{low} to {high}", f"between {say(low)} and {say(high)}"
    parts = []
    if low is not None:
        parts.append((f"{'>' if over else '>='} {low}", f"{'more than' if over else 'at least'} {say(low)}"))
    if high is not None:
        parts.append((f"{'<' if under else '<='} {high}", f"{'less than' if under else 'at most'} {say(high)}"))
    return " and ".join(short for short, _ in parts), " and ".join(spoken for _, spoken in parts)


def threshold(expectation: Expectation) -> tuple[str, str]:
    """What the expectation allows: in short (`<= 0.01`), and in words (`at most 1%`)."""
    kwargs = expectation.kwargs

    def say(value: Any) -> str:
        return _spoken_value(value, expectation.meta.style)

    bounds = _bounds(kwargs, say)
    if bounds:
        return bounds
    if "value_set" in kwargs:
        values = ", ".join(str(value) for value in kwargs["value_set"])
        spoken = " or ".join(say(value) for value in kwargs["value_set"])
        refused = "not_be_in_set" in expectation.type
        return (f"not in {values}", f"must not be {spoken}") if refused else (f"in {values}", f"must be {spoken}")
    rest = expectation.allows
    words = expectation.type.removeprefix("expect_").replace("_", " ")
    return f"{expectation.type} {json.dumps(rest, sort_keys=True)}", words


def history_rows(expectation: Expectation) -> list[tuple[str, str, str, str]]:
    """The settings of the threshold, the latest first: since when, the severity, what it allowed, what changed."""
    columns = {key: value for key, value in expectation.kwargs.items() if key not in expectation.allows}
    return [
        (
            str(setting.since),
            setting.severity,
            threshold(expectation.model_copy(update={"kwargs": columns | setting.kwargs}))[1],
            setting.change,
        )
        for setting in reversed(expectation.meta.history)
    ]


def observed_sql(expectation: Expectation) -> str:
    """The measure of a row as it is, as text; several columns are named."""
    columns = expectation.measured
    if len(columns) == 1:
        return f"cast({column_sql(columns[0])} as varchar)"
    named = [f"concat({text_sql(column + ' = ')}, {column_sql(column)})" for column in columns]
    return f"concat_ws(', ', {', '.join(named)})"


def _field_sql(field: str, expectation: Expectation) -> str:
    if field == "slice":
        return SLICE_SQL
    if field == "threshold":
        return text_sql(threshold(expectation)[1])
    if field == "observed":
        columns = expectation.measured
        single = len(columns) == 1
        return _spoken_sql(column_sql(columns[0]), expectation.meta.style) if single else observed_sql(expectation)
    return f"coalesce(cast({column_sql(field)} as varchar), 'none')"


def message_sql(expectation: Expectation) -> str:
    """SQL expression over an evidence row that says the expectation's verdict on it as a sentence."""
    parts = []
    for literal, field, _, _ in Formatter().parse(expectation.meta.message):
        if literal:
            parts.append(text_sql(literal))
        if field:
            parts.append(_field_sql(field, expectation))
    return f"concat({', '.join(parts)})"


def unknown_sql(expectation: Expectation) -> str:
    """SQL expression that says that a row's measure is not known."""
    measure = " or ".join(expectation.measured).replace("_", " ")
    return f"concat({SLICE_SQL}, {text_sql(f': {measure} is not known, so it was not judged')})"


def message_of_table(expectation: Expectation, observed: object) -> str:
    """The sentence of an expectation that judges the table as a whole."""
    said = {"slice": "all", "observed": str(observed), "threshold": threshold(expectation)[1]}
    return expectation.meta.message.format_map({**dict.fromkeys((*PLACING, *expectation.told), "all"), **said})
