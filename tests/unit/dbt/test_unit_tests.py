"""Runs the unit tests of the dbt project: the logic of the models on a few rows each."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.contracts.kinds import KINDS
from orchestration.gates.verdicts import create_slices
from orchestration.ingest.ingest import open_ingest, prepare_lake
from orchestration.publish.tables import FACTS
from orchestration.settings import Settings
from orchestration.transform.control import SCHEMAS, write_control
from orchestration.transform.invoke import invoke_dbt
from orchestration.transform.manifest import MANIFEST
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
        create_slices(connection)
        settings.carried.mkdir(parents=True)
        dimensions = {
            f"dim_{kind}": {name: spec.type for name, spec in KINDS[kind].columns.items()}
            for kind in ("products", "partners", "locations")
        }
        for name, columns in ({fact.name: fact.columns for fact in FACTS.values()} | dimensions).items():
            described = ", ".join(f"{column} {type_}" for column, type_ in columns.items())
            connection.execute(f"create table carried.{name} ({described})")
            connection.execute(f"copy carried.{name} to '{settings.carried}/{name}.parquet'")


def test_every_dbt_unit_test_passes(empty_warehouse: Settings) -> None:
    result = invoke_dbt(empty_warehouse, ["test", "--select", "test_type:unit"])
    tests = [one for one in result.results if one.node.resource_type == "unit_test"]
    failed = {one.node.name: one.message for one in tests if one.status != "pass"}
    assert not failed
    assert len(tests) >= 30


def test_models_without_rows_satisfy_every_data_test(empty_warehouse: Settings) -> None:
    result = invoke_dbt(empty_warehouse, ["test", "--exclude", "test_type:unit"])
    tests = [one for one in result.results if one.node.resource_type == "test"]
    failed = {one.node.name: one.message for one in tests if one.status not in ("pass", "warn")}
    assert not failed


def test_tables_refuse_what_their_contract_says_is_never_missing(empty_warehouse: Settings) -> None:
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    said = {
        (node["schema"], node["name"], column["name"])
        for node in manifest["nodes"].values()
        for column in node.get("columns", {}).values()
        # a view shows what tables refuse
        if node["config"].get("materialized") != "view"
        and any(constraint["type"] == "not_null" for constraint in column.get("constraints", []))
    }
    with duckdb.connect(str(empty_warehouse.warehouse), read_only=True) as connection:
        refused = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not is_nullable and not internal"
        ).fetchall()
    assert len(said) > 70
    assert said <= set(refused)


#: rows that no model would write, and what each table breaks by them
_BROKEN_ROWS = {
    "distribution": "'week' as period, 'partner' as scope, 'p' as partner_id, 5 as sell_out_units, "
    "1 as selling_locations, 2 as completeness, 1 as completeness_by_count",
    "pressure_index": "'week' as period, 'partner' as scope, 'p' as partner_id, 5 as sell_out_units, "
    "0.5 as share_of_stock, 0.5 as share_of_market, 1 as completeness, 2 as completeness_by_count",
    "availability": "'week' as period, 'partner' as scope, 'p' as partner_id, 2 as known_days, 1 as out_of_stock_days, "
    "-1 as completeness, 1 as completeness_by_count",
    "availability_location_weekly": "'p' as partner_id, 'l' as location_id, 9 as known_days, 0 as out_of_stock_days, "
    "1 as completeness, -1 as completeness_by_count",
    "sell_through_weekly": "'p' as partner_id, 1 as completeness, null as completeness_by_count",
    "sell_through_location_weekly": "'p' as partner_id, 'l' as location_id, 2 as completeness, "
    "1 as completeness_by_count",
    "sell_through_cohorts": "'p' as partner_id, 1 as weeks_after, 5 as received_units, 6 as sold_units, "
    "0 as returned_units, 6 as left_units, null as completeness, 0 as completeness_by_count",
    "sell_through_location_cohorts": "'p' as partner_id, 'l' as location_id, 1 as weeks_after, "
    "5 as received_units, 6 as sold_units, 0 as returned_units, 6 as left_units, 2 as completeness, "
    "1 as completeness_by_count",
}
#: where the rows of a view stand
_STANDS_IN = {"sell_through_location_weekly": "int_weekly_sell_through"}
_COMPLETENESS = "completeness is a share"
_COHORT_RULES = {
    _COMPLETENESS,
    "a cohort is what its week received",
    "what is left of cohorts is in the stock",
    "no part is above its cohort",
}
_BROKEN_RULES = {
    "distribution": {
        "all partners are the sum of the partners",
        "sell-out of a partner sums to its located lines",
        "points of sale that sell are those of the weeks",
        _COMPLETENESS,
        "one slice is as complete as its week",
    },
    "pressure_index": {
        "all partners are the sum of the partners",
        "sell-out and counted stock are those of the facts",
        "shares make a whole",
        _COMPLETENESS,
        "one slice is as complete as its week",
    },
    "availability": {"all partners are the sum of the partners", _COMPLETENESS}
    | {f"days of every {period} are those of the points of sale" for period in ("week", "month", "quarter")},
    "availability_location_weekly": {"days in stock are those of the counts", "a week has seven days", _COMPLETENESS},
    "sell_through_weekly": {_COMPLETENESS},
    "sell_through_location_weekly": {_COMPLETENESS},
    "sell_through_cohorts": _COHORT_RULES,
    "sell_through_location_cohorts": _COHORT_RULES,
}


def _offences(settings: Settings) -> dict[str, set[str]]:
    built = invoke_dbt(settings, ["run", "--select", "evidence_marts_of_partners", "evidence_marts"])
    assert {one.status for one in built.results} == {"success"}
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        found = connection.execute(
            "select table_name, invariant from quality.evidence_marts where offending_rows <> 0"
        ).fetchall()
    return {table: {rule for of, rule in found if of == table} for table, _ in found}


def test_rows_that_the_facts_do_not_tell_break_the_invariants_of_their_mart(
    empty_warehouse: Settings, tmp_path: Path
) -> None:
    assert _offences(empty_warehouse) == {}
    broken = Settings(home=tmp_path, contracts=Path("none"))
    shutil.copy(empty_warehouse.warehouse, broken.warehouse)
    (tmp_path / "lake").symlink_to(empty_warehouse.home / "lake")
    with duckdb.connect(str(broken.warehouse)) as connection:
        digests = "unit, 'of the rows below' as digest"
        for beside, says in {
            "__units": f"select 'p' as {digests}",
            # a cohort is looked at a week after its receipt
            "__weeks": f"select 'p' as {digests}, unnest([date '2025-01-06', date '2025-01-13']) as week",
        }.items():
            for (table,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts' and ends_with(table_name, $1)",
                [beside],
            ).fetchall():
                connection.execute(f"insert into marts.{table} by name {says}")
        for table, row in _BROKEN_ROWS.items():
            day = "period_start" if "period," in row else "week_start"
            stands_in = _STANDS_IN.get(table, table)
            # without the constraints that would refuse it
            connection.execute(
                f"create or replace table marts.{stands_in} as from marts.{stands_in} "
                f"union all by name select {row}, 'a' as product_id, date '2025-01-06' as {day}"
            )
    assert _offences(broken) == _BROKEN_RULES
