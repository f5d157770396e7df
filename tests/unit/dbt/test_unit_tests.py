"""Runs the unit tests of the dbt project: the logic of the models on a few rows each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.contracts.kinds import KINDS
from orchestration.ingest.ingest import open_ingest, prepare_lake
from orchestration.publish.tables import FACTS
from orchestration.settings import Settings
from orchestration.transform.control import SCHEMAS, write_control
from orchestration.transform.invoke import invoke_dbt
from orchestration.transform.suggestions import SCHEMA as SUGGESTIONS


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose models are built on no rows at all: unit tests take the columns of their inputs from there."""
    settings = Settings(home=tmp_path_factory.mktemp("empty"), contracts=Path("none"))
    with open_ingest() as connection:
        prepare_lake(settings, connection)
    write_control(settings, (), datetime(2025, 3, 1, tzinfo=UTC))
    _create_sources(settings)
    built = invoke_dbt(settings, ["run"])
    assert {one.status for one in built.results} == {"success"}, [one.message for one in built.results]
    return settings


def _create_sources(settings: Settings) -> None:
    """Sources as relations of the warehouse, where unit tests look for their columns."""
    sources = {f"raw.{kind}": f"lake/raw/{kind}/*/lines_*.parquet" for kind in KINDS}
    sources |= {f"control.{table}": f"lake/control/{table}.parquet" for table in SCHEMAS}
    sources["raw.quarantine"] = "lake/raw/*/*/quarantine_*.parquet"
    sources["quality.code_suggestions"] = "lake/control/code_suggestions.parquet"
    pq.write_table(SUGGESTIONS.empty_table(), settings.control / "code_suggestions.parquet")
    with duckdb.connect(str(settings.warehouse)) as connection:
        for schema in ("raw", "control", "quality", "gates", "carried"):
            connection.execute(f"create schema if not exists {schema}")
        for relation, pattern in sources.items():
            connection.execute(f"create view {relation} as from read_parquet('{settings.home}/{pattern}')")
        connection.execute(
            "create table gates.held_slices "
            "(partner_id varchar, kind varchar, week_start date, suites varchar, reason varchar)"
        )
        settings.carried.mkdir(parents=True)
        for fact in FACTS.values():
            columns = ", ".join(f"{name} {type_}" for name, type_ in fact.columns.items())
            connection.execute(f"create table carried.{fact.name} ({columns})")
            connection.execute(f"copy carried.{fact.name} to '{settings.carried}/{fact.name}.parquet'")


def test_every_dbt_unit_test_passes(empty_warehouse: Settings) -> None:
    result = invoke_dbt(empty_warehouse, ["test", "--select", "test_type:unit"])
    failed = {one.node.name: one.message for one in result.results if one.status != "pass"}
    assert not failed
    assert len(result.results) >= 30


def test_models_without_rows_satisfy_every_data_test(empty_warehouse: Settings) -> None:
    result = invoke_dbt(empty_warehouse, ["test", "--exclude", "test_type:unit"])
    failed = {one.node.name: one.message for one in result.results if one.status not in ("pass", "warn")}
    assert not failed
