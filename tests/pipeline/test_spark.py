"""The models on Spark: row by row what they are on DuckDB, and a release of them.

A small market, and the whole demo market run through gates and release. Minutes long: `make spark-test` runs them, and
`make test` does not.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.tables import TABLES
from orchestration.settings import Settings
from orchestration.transform.invoke import invoke_dbt
from orchestration.transform.on_spark import missing
from tests.pipeline.conftest import Release, selltrace
from tests.pipeline.small_market import AS_OF, write_small_market

pytestmark = [pytest.mark.spark, pytest.mark.skipif(missing() is not None, reason=missing() or "")]

#: the largest difference of two floats that are the same, absolute below 1 and relative above
TOLERANCE = 1e-9
#: columns that are of the release, and not of what it says
_OF_THE_RELEASE = {"release_id"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Settings]:
    """The small market run on DuckDB, and a copy of its home whose models were then built on Spark."""
    duck = Settings(home=tmp_path_factory.mktemp("duck"))
    selltrace(duck.home, "run", "--as-of", AS_OF, contracts=write_small_market(duck.home))
    spark = Settings(home=tmp_path_factory.mktemp("spark") / "home", engine="spark")
    shutil.copytree(duck.home, spark.home, symlinks=True)
    failed = {one.node.name: one.message for one in invoke_dbt(spark, ["run"]).results if one.status != "success"}
    assert not failed
    return duck, spark


def test_every_table_of_a_small_market_is_the_same(small: tuple[Settings, Settings]) -> None:
    duck, spark = small
    with duckdb.connect() as connection:
        connection.execute(f"attach '{duck.warehouse}' as duck (read_only)")
        connection.execute(f"attach '{spark.warehouse}' as spark (read_only)")
        models = _models(connection, "duck")
        assert len(models) > 100
        assert models == _models(connection, "spark", only_views=True)
        differ = {model: _differing(connection, f"duck.{model}", f"spark.{model}") for model in models}
    assert {model: rows for model, rows in differ.items() if rows} == {}


def test_what_a_contract_says_is_never_missing_is_refused(small: tuple[Settings, Settings], tmp_path: Path) -> None:
    broken = small[1].model_copy(update={"home": tmp_path / "home"})
    shutil.copytree(small[1].home, broken.home, symlinks=True)
    lines = broken.home / "spark" / "tables" / "staging" / "stg_stock"
    with duckdb.connect() as connection:
        rows = f"select * replace (cast(null as varchar) as delivery_id) from '{lines}/*.parquet'"
        connection.execute(f"create table emptied as {rows}")
        # with the checksums of what Spark wrote
        for part in (*lines.glob("*.parquet"), *lines.glob(".*.crc")):
            part.unlink()
        connection.execute(f"copy emptied to '{lines}/part-0.parquet'")
    [result] = [
        one for one in invoke_dbt(broken, ["run", "--select", "fct_stock"]).results if one.node.name == "fct_stock"
    ]
    assert result.status == "error"
    assert "delivery_id of fct_stock is missing in a row" in str(result.message)


def test_what_duckdb_kept_of_units_goes_with_the_tables(small: tuple[Settings, Settings]) -> None:
    duck, spark = small
    query = "select count(*) from duckdb_tables() where contains(table_name, '__')"
    with duckdb.connect(str(duck.warehouse), read_only=True) as connection:
        assert connection.sql(query).fetchall()[0][0] > 0
    with duckdb.connect(str(spark.warehouse), read_only=True) as connection:
        assert connection.sql(query).fetchall()[0][0] == 0


def test_the_demo_market_is_released_from_spark_as_from_duckdb(demo: Release, tmp_path: Path) -> None:
    home = tmp_path / "home"
    selltrace(home, "demo", SELLTRACE_ENGINE="spark")
    spark = Settings(home=home)
    with duckdb.connect() as connection:
        for name, settings in (("duck", demo.settings), ("spark", spark)):
            connection.execute(f"attach '{settings.warehouse}' as {name} (read_only)")
            release = settings.current.resolve()
            connection.execute(f"attach '{release / 'selltrace.duckdb'}' as {name}_release (read_only)")
        models = _models(connection, "duck")
        assert models == _models(connection, "spark", only_views=True)
        differ = {model: _differing(connection, f"duck.{model}", f"spark.{model}") for model in models}
        for table in TABLES:
            relations = (f"duck_release.{table}", f"spark_release.{table}")
            differ[f"release {table}"] = _differing(connection, *relations, same_types=True)
    assert {table: rows for table, rows in differ.items() if rows} == {}
    assert _slices(demo.settings) == _slices(spark)


def _slices(settings: Settings) -> Any:
    slices = json.loads((settings.current.resolve() / "manifest.json").read_text(encoding="utf-8"))["slices"]
    return sorted(slices, key=json.dumps)


def _models(connection: duckdb.DuckDBPyConnection, database: str, only_views: bool = False) -> list[str]:
    """Relations of the stages, less what DuckDB keeps of units; `only_views`: those that Spark computed."""
    return [
        row[0]
        for row in connection.execute(
            """
            select table_schema || '.' || table_name
            from information_schema.tables
            where
                table_catalog = $database
                and table_schema in ('staging', 'reconciliation', 'quality', 'marts')
                and not contains(table_name, '__')
                and (table_type = 'VIEW' or not $only_views)
            order by all
            """,
            {"database": database, "only_views": only_views},
        ).fetchall()
    ]


def _differing(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str, same_types: bool = False) -> list[Any]:
    """Up to three rows of two relations that are not the same; columns and their order must be."""
    columns, others = (
        {row[0]: row[1] for row in connection.execute(f"describe select * from {one}").fetchall()}
        for one in (ours, theirs)
    )
    if list(columns) != list(others) or (same_types and columns != others):
        return [columns, others]
    compared = {name: type_ for name, type_ in columns.items() if name not in _OF_THE_RELEASE}
    floats = [name for name, type_ in compared.items() if type_ in ("DOUBLE", "FLOAT")]
    # engines widen integers and sums each in their own way: values count
    values = ", ".join(f'cast("{name}" as {type_}) as "{name}"' for name, type_ in compared.items())
    order = ", ".join([f'"{name}"' for name in compared if name not in floats] + [f'"{name}"' for name in floats])
    numbered = f"(select *, row_number() over (order by {order}) as _row from (select {values} from {{}}))"
    unequal = " or ".join(_unequal(name, name in floats) for name in compared)
    return connection.execute(
        f"select a, b from {numbered.format(ours)} as a full join {numbered.format(theirs)} as b using (_row) "
        f"where a._row is null or b._row is null or {unequal} order by _row limit 3"
    ).fetchall()


def _unequal(name: str, is_float: bool) -> str:
    a, b = f'a."{name}"', f'b."{name}"'
    if not is_float:
        return f"{a} is distinct from {b}"
    return f"coalesce(abs({a} - {b}) > {TOLERANCE} * greatest(1, abs({a})), {a} is distinct from {b})"
