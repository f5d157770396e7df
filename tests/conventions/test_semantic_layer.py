"""Metrics add up what may be added up: the semantic layer is held to what the columns say of themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conventions.documents import additivity, documents, models

_MEASURED = sorted(name for name in models() if additivity(name))
_GUARD = re.compile(r"[Nn]ot additive|[Nn]ever summed|[Nn]ever to be summed|read the row")


def _simple(model: str) -> list[dict[str, Any]]:
    metrics: list[dict[str, Any]] = models()[model]["metrics"]
    return metrics


def _summed(metric: dict[str, Any]) -> str:
    """The column that a metric sums, also where it sums it under a condition."""
    found = re.fullmatch(r"(?:case when .* then )?(\w+)(?: end)?", metric["expr"])
    assert found, metric["name"]
    return found[1]


@pytest.mark.parametrize("model", _MEASURED)
def test_every_measured_mart_is_a_semantic_model(model: str) -> None:
    assert models()[model].get("semantic_model") is True
    time = models()[model]["agg_time_dimension"]
    assert time in {column["name"] for column in models()[model]["columns"] if "granularity" in column}


@pytest.mark.parametrize("model", _MEASURED)
def test_a_metric_sums_only_what_its_column_allows(model: str) -> None:
    stated = additivity(model)
    for metric in _simple(model):
        meta = stated[_summed(metric)]
        assert metric["agg"] == "sum"
        assert meta["additivity"] != "non_additive", metric["name"]
        window = metric.get("non_additive_dimension")
        if meta["additivity"] == "additive":
            assert window is None, metric["name"]
        elif window:
            assert window["name"] == meta["not_over"] == models()[model]["agg_time_dimension"]
            assert window["window_agg"] in ("min", "max")
        else:
            assert f"{meta['not_over']} = " in metric["expr"], metric["name"]


@pytest.mark.parametrize("model", _MEASURED)
def test_every_additive_column_has_its_metric(model: str) -> None:
    plain = [metric["expr"] for metric in _simple(model)]
    assert len(plain) == len(set(plain))
    additive = {name for name, meta in additivity(model).items() if meta["additivity"] == "additive"}
    assert additive <= set(plain)


def test_a_rate_is_a_quotient_of_sums_of_one_mart() -> None:
    """Rates stand apart: below a model, dbt finds two of each when it parses in part (dbt-core issue 13004)."""
    assert not [name for name in _MEASURED if {metric["type"] for metric in models()[name]["metrics"]} != {"simple"}]
    mart = {metric["name"]: name for name in _MEASURED for metric in _simple(name)}
    rates = [rate for document in documents() for rate in document.get("metrics", [])]
    assert rates
    for rate in rates:
        assert rate["type"] == "ratio"
        assert mart[rate["numerator"]] == mart[rate["denominator"]], rate["name"]


@pytest.mark.parametrize("model", _MEASURED)
def test_rows_that_repeat_others_are_filtered_out(model: str) -> None:
    if "scope" not in {column["name"] for column in models()[model]["columns"]}:
        assert not [metric for metric in _simple(model) if "filter" in metric]
        return
    entity = models()[model]["primary_entity"]
    wanted = f"{{{{ Dimension('{entity}__scope') }}}} = 'partner' and {{{{ Dimension('{entity}__period') }}}} = 'week'"
    assert {metric["filter"].strip() for metric in _simple(model)} == {wanted}


@pytest.mark.parametrize("model", _MEASURED)
def test_what_does_not_add_up_says_so_in_its_description(model: str) -> None:
    stated = additivity(model)
    assert {meta["additivity"] for meta in stated.values()} <= {"additive", "semi_additive", "non_additive"}
    assert not [
        name for name, meta in stated.items() if (meta["additivity"] == "semi_additive") != ("not_over" in meta)
    ]
    described = {column["name"]: column["description"] for column in models()[model]["columns"]}
    silent = [name for name, meta in stated.items() if meta["additivity"] == "non_additive"]
    assert not [name for name in silent if not _GUARD.search(described[name])]
