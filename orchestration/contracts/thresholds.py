"""Thresholds of the gates that a contract tightens or loosens for its own slices.

Belongs here: reading them, each with its expectation, bound or severity, and reason. Does not belong here: judging by
them (`gates`).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from orchestration.contracts.model import Threshold
from orchestration.contracts.problems import Report, write_one_of
from orchestration.contracts.values import Entry
from orchestration.gates.suites import Expectation, load_suites

_SHAPE: Final = "{suite: …, expectation: …, max_value: …, reason: …}"
_BOUNDS: Final = ("min_value", "max_value")
_WORDS: Final = ("suite", "expectation", *_BOUNDS, "severity", "reason")
_SEVERITIES: Final = ("critical", "warning", "info")


@cache
def _judged_by_slice() -> dict[str, dict[str, Expectation]]:
    """Expectations on slices, by suite: no contract touches an invariant, or what judges the marts."""
    return {
        suite.name: {expectation.name: expectation for expectation in suite.expectations}
        for suite in load_suites(stage="slices")
        if not suite.meta.invariant
    }


@cache
def _invariants() -> frozenset[str]:
    return frozenset(suite.name for suite in load_suites() if suite.meta.invariant)


def read_thresholds(entry: Entry, report: Report) -> tuple[Threshold, ...]:
    """Read a list of thresholds; those that are wrong are reported and left out."""
    if not isinstance(entry.value, list):
        report.error(entry.place, "`thresholds` is not a list", f"Write `[{_SHAPE}]`")
        return ()
    read = [_threshold(entry.inner(position, "threshold"), report) for position in range(len(entry.value))]
    return tuple(threshold for threshold in read if threshold is not None)


def _threshold(entry: Entry, report: Report) -> Threshold | None:
    if not isinstance(entry.value, dict):
        report.error(entry.place, "the threshold is not a mapping", f"Write `{_SHAPE}`")
        return None
    expectation = _expectation(entry, report)
    if expectation is None:
        return None
    for word in entry.value.keys() - set(_WORDS):
        report.error((*entry.place, word), f"a threshold has no word `{word}`", write_one_of(word, _WORDS))
        return None
    given: dict[str, Any] = {word: entry.value[word] for word in _WORDS if word in entry.value}
    bounds: list[str] = [word for word in _BOUNDS if word in given]
    if not given.get("reason"):
        report.error(entry.place, "the threshold lacks `reason`", "Write `reason: …`, and why this feed is different")
        return None
    if not bounds and "severity" not in given:
        report.error(entry.place, "the threshold changes nothing", "Write `min_value`, `max_value` or `severity`")
        return None
    return Threshold(**given) if _fits(entry, expectation, given, bounds, report) else None


def _expectation(entry: Entry, report: Report) -> Expectation | None:
    suites = _judged_by_slice()
    suite, name = entry.value.get("suite"), entry.value.get("expectation")
    if suite in _invariants():
        report.error((*entry.place, "suite"), f"{suite} is an invariant, which no feed is excepted from", "Take it out")
        return None
    if suite not in suites:
        report.error((*entry.place, "suite"), f"no suite `{suite}` judges slices", write_one_of(suite, tuple(suites)))
        return None
    if name not in suites[suite]:
        message = f"the suite {suite} has no expectation `{name}`"
        report.error((*entry.place, "expectation"), message, write_one_of(name, tuple(suites[suite])))
        return None
    return suites[suite][name]


def _fits(entry: Entry, expectation: Expectation, given: dict[str, Any], bounds: list[str], report: Report) -> bool:
    for word in bounds:
        if word not in expectation.kwargs:
            own = tuple(bound for bound in _BOUNDS if bound in expectation.kwargs)
            cure = f"Write {' or '.join(f'`{bound}`' for bound in own)}" if own else "Write `severity` alone"
            report.error((*entry.place, word), f"{expectation.name} has no `{word}`", cure)
            return False
        if isinstance(given[word], bool) or not isinstance(given[word], int | float):
            report.error((*entry.place, word), f"`{word}` is no number: {given[word]}", "Write a number, such as 0.02")
            return False
    if given.get("severity", "info") not in _SEVERITIES:
        message = f"unknown severity `{given['severity']}`"
        report.error((*entry.place, "severity"), message, write_one_of(given["severity"], _SEVERITIES))
        return False
    return True
