"""The table of published tables holds together."""

from __future__ import annotations

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


def test_models_that_are_published_keep_a_contract() -> None:
    write_manifest()
    models = {
        f"{node['schema']}.{node['name']}": node
        for node in read_json(MANIFEST)["nodes"].values()
        if node["resource_type"] == "model"
    }
    published = {table.relation for table in TABLES.values()} & models.keys()
    # verdicts are written by the gates
    assert {table.relation for table in TABLES.values()} - published == {"gates.gate_verdicts"}
    assert [relation for relation in published if not models[relation]["config"]["contract"]["enforced"]] == []
