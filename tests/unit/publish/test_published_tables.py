"""The table of published tables holds together."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.contracts.kinds import KINDS, SALES_KINDS
from orchestration.files import read_json
from orchestration.publish.tables import DATE, FACTS, TABLES, Table
from orchestration.transform.manifest import MANIFEST, write_manifest


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_key_stands_among_the_columns(table: Table) -> None:
    assert set(table.key) <= set(table.columns)
    assert table.relation.endswith(f".{table.name}")


def test_facts_are_the_sales_kinds() -> None:
    assert [table.kind for table in FACTS.values()] == list(SALES_KINDS)
    assert [name.removeprefix("fct_") for name in FACTS] == list(SALES_KINDS)


@pytest.mark.parametrize("table", FACTS.values(), ids=FACTS)
def test_facts_are_dated_like_their_kind_and_end_with_the_week(table: Table) -> None:
    assert table.month_of == KINDS[str(table.kind)].date_column
    assert list(table.columns.items())[-1] == ("week_start", DATE)


def test_control_totals_leave_prices_out() -> None:
    assert TABLES["fct_sell_in"].sums == ["units", "free_units", "net_amount", "net_amount_reporting"]
    assert TABLES["dim_products"].sums == []
    assert TABLES["fct_stock"].sums[0] == "on_hand_units"


@pytest.fixture(scope="module")
def models() -> dict[str, dict[str, Any]]:
    """dbt's models by relation."""
    write_manifest()
    return {
        f"{node['schema']}.{node['name']}": node
        for node in read_json(MANIFEST)["nodes"].values()
        if node["resource_type"] == "model"
    }


def test_models_that_are_published_keep_a_contract(models: dict[str, dict[str, Any]]) -> None:
    published = {table.relation for table in TABLES.values()} & models.keys()
    # verdicts are written by the gates
    assert {table.relation for table in TABLES.values()} - published == {"gates.gate_verdicts"}
    assert [relation for relation in published if not models[relation]["config"]["contract"]["enforced"]] == []


def test_what_is_counted_by_build_is_built_by_partner(models: dict[str, dict[str, Any]]) -> None:
    """Builds are named by the unit and its weeks, and rows found by their partner and week."""
    kept_by = {}
    for table in TABLES.values():
        model = models.get(table.shows or table.relation)
        if model and model["config"]["materialized"] == "by_unit":
            meta = model["config"]["meta"]
            kept_by[table.name] = meta["unit"], meta.get("week_of_rows", meta.get("week"))
    assert any(table.built_week for table in TABLES.values())
    assert kept_by == {name: ("partner_id", TABLES[name].built_week) for name in kept_by}
    shown = {table.relation: (table.shows or "").split(".")[-1] or None for table in TABLES.values()}
    told = {relation: models[relation]["config"]["meta"].get("units_of") for relation in shown.keys() & models.keys()}
    assert {relation: shown[relation] for relation in told} == told
