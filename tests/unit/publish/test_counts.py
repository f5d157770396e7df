"""What is counted of a table once for every build of a partner's rows or weeks: as if all were counted at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from small_warehouse import Build

from orchestration.publish import contents, counts
from orchestration.publish.errors import WarehouseIncomplete
from orchestration.publish.manifest import PublishedTable
from orchestration.publish.source import source_of
from orchestration.publish.tables import TABLES
from orchestration.settings import Settings

PLACE = {"location_id": "1", "product_id": "P1"}
WEEKS = [
    {"partner_id": partner, "week_start": week, "sell_out_units": units, **PLACE}
    for partner, week, units in [
        ("acme", "2025-01-06", 3),
        ("acme", "2025-01-13", 3),
        ("acme", "2025-02-03", 5),
        ("bolt", "2025-01-06", 7),
    ]
]


#: what stands beside a table that is kept by partner, and beside one that is kept by week too
BESIDE = {"units": "null::date", "weeks": "week_start"}
TABLES_OF_BUILDS = ("fct_sell_out", "int_weekly_sell_through")


@pytest.fixture(params=BESIDE)
def warehouse(settings: Settings, request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    """Sell-out by line and by week, kept by partner, or by week too; one week of one partner is estimated."""
    Build(tables={"sell_through_location_weekly": WEEKS}).write(settings)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.warehouse}' as warehouse")
        connection.execute("use warehouse.marts")
        for statement in (
            "create table int_weekly_sell_through as select * exclude (estimated_sell_out_units) "
            "from sell_through_location_weekly",
            "create table estimates as select partner_id, week_start, 1.5::decimal(18, 4) as estimated_sell_out_units "
            "from int_weekly_sell_through where week_start = date '2025-02-03'",
            "drop table sell_through_location_weekly",
            "create view sell_through_location_weekly as "
            "from int_weekly_sell_through left join estimates using (partner_id, week_start)",
        ):
            connection.execute(statement)
        for table in TABLES_OF_BUILDS:
            connection.execute(
                f"create table {table}__{request.param} (unit varchar, week date, build uuid, rows bigint)"
            )
        build(connection, "acme", "bolt")
        yield connection


def beside(connection: duckdb.DuckDBPyConnection) -> str:
    """What this warehouse keeps its tables by."""
    found = connection.execute(
        "select table_name from duckdb_tables() where table_name like 'fct_sell_out__%'"
    ).fetchall()
    return str(found[0][0]).removeprefix("fct_sell_out__")


def build(connection: duckdb.DuckDBPyConnection, *partners: str, weeks: str = "true") -> None:
    """Say that the rows of partners were built, or of those `weeks` of them."""
    kept_by = beside(connection)
    for table in TABLES_OF_BUILDS:
        for partner in partners:
            connection.execute(f"delete from {table}__{kept_by} where unit = ? and coalesce({weeks}, true)", [partner])
            connection.execute(
                f"insert into {table}__{kept_by} select partner_id, {BESIDE[kept_by]} as week, uuid(), count(*) "
                f"from {table} where partner_id = ? group by all having coalesce({weeks}, true)",
                [partner],
            )


def measured(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, PublishedTable]:
    counts.load(connection, path)
    tables = {
        name: contents.measure(connection, source_of(connection, TABLES[name], "r"))
        for name in ("fct_sell_out", "sell_through_location_weekly")
    }
    counts.save(connection, path)
    return tables


def measured_whole(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, PublishedTable]:
    """As it is where the warehouse keeps nothing by partner."""
    kept_by = beside(connection)
    for table in TABLES_OF_BUILDS:
        connection.execute(f"alter table {table}__{kept_by} rename to {table}__hidden")
    tables = measured(connection, path)
    for table in TABLES_OF_BUILDS:
        connection.execute(f"alter table {table}__hidden rename to {table}__{kept_by}")
    return tables


NEWS = {
    "none": [],
    "other rows of a partner": [
        "update int_weekly_sell_through set sell_out_units = 40 where partner_id = 'bolt'",
        "update fct_sell_out set units = 40 where partner_id = 'bolt'",
    ],
    "a partner is gone": [f"delete from {table} where partner_id = 'bolt'" for table in TABLES_OF_BUILDS],
    "a partner is new": [
        f"insert into {table} select * replace ('cork' as partner_id) from {table} where partner_id = 'acme'"
        for table in TABLES_OF_BUILDS
    ],
    "estimates of all moved": ["update estimates set estimated_sell_out_units = 2"],
    "another week is estimated": ["update estimates set week_start = date '2025-01-13'"],
    "all of a month is estimated": ["insert into estimates values ('bolt', '2025-01-06', 1)"],
    "nothing is estimated": ["delete from estimates"],
}


@pytest.mark.parametrize("news", NEWS)
def test_counts_by_build_add_up_to_those_of_all_rows(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, news: str
) -> None:
    first = measured(warehouse, tmp_path / "counted.parquet")
    assert first == measured_whole(warehouse, tmp_path / "whole.parquet")
    for statement in NEWS[news]:
        warehouse.execute(statement)
    build(warehouse, "bolt", "cork")
    second = measured(warehouse, tmp_path / "counted.parquet")
    assert second == measured_whole(warehouse, tmp_path / "whole.parquet")
    assert (second == first) == (news == "none")


def test_a_build_is_counted_once(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Marked rows of a build that was counted are not seen, and those of the next one are."""
    path = tmp_path / "counted.parquet"
    first = measured(warehouse, path)
    warehouse.execute("update int_weekly_sell_through set sell_out_units = 1000")
    warehouse.execute("update fct_sell_out set units = 1000")
    assert measured(warehouse, path)["fct_sell_out"] == first["fct_sell_out"]
    build(warehouse, "acme")
    second = measured(warehouse, path)
    assert second["fct_sell_out"].sums["units"] == 3 * 1000 + 15
    assert second["sell_through_location_weekly"].sums["sell_out_units"] == 3 * 1000 + 7


def test_of_a_partner_the_weeks_that_were_built_are_counted(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """All rows are marked: those of other weeks are not seen where weeks have builds of their own."""
    path = tmp_path / "counted.parquet"
    measured(warehouse, path)
    warehouse.execute("update int_weekly_sell_through set sell_out_units = 1000")
    build(warehouse, "acme", weeks="week = date '2025-02-03'")
    units = measured(warehouse, path)["sell_through_location_weekly"].sums["sell_out_units"]
    assert units == (1000 + 3 + 3 + 7 if beside(warehouse) == "weeks" else 3 * 1000 + 7)


def test_rows_that_no_build_names_stop_a_release(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute("insert into fct_sell_out select * replace ('cork' as partner_id) from fct_sell_out")
    with pytest.raises(WarehouseIncomplete, match=r"has 10 rows, and 5 of builds.*remove warehouse\.duckdb"):
        measured(warehouse, tmp_path / "counted.parquet")


def test_other_columns_are_counted_anew(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A build names rows, and not which of their columns go out."""
    path = tmp_path / "counted.parquet"
    first = measured(warehouse, path)
    warehouse.execute("drop view sell_through_location_weekly")
    warehouse.execute("alter table int_weekly_sell_through add column note varchar default 'more'")
    warehouse.execute(
        "create view sell_through_location_weekly as "
        "from int_weekly_sell_through left join estimates using (partner_id, week_start)"
    )
    second = measured(warehouse, path)
    assert second["sell_through_location_weekly"].sha256 != first["sell_through_location_weekly"].sha256
    assert second == measured_whole(warehouse, tmp_path / "whole.parquet")


@pytest.mark.parametrize("content", [b"", b"no Parquet", None])
def test_what_cannot_be_read_is_counted_anew(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    path = tmp_path / "counted.parquet"
    first = measured(warehouse, path)
    # None: half of it, as a machine leaves it that lost its power
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if content is None else content)
    with caplog.at_level(logging.WARNING):
        assert measured(warehouse, path) == first
    assert str(path) in caplog.text
