"""The tables of pandas and polars against hand-written SQL over the same files: who is timed makes all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks import plain
from benchmarks.check import COLUMNS, differences
from benchmarks.market import Market, draw
from orchestration.settings import CHECKOUT


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """Ten weeks of the market that is measured, one location a partner."""
    market = Market(tmp_path_factory.mktemp("market"), 1)
    draw(market, range(10))
    return market


@pytest.fixture(scope="module")
def by_sql(market: Market) -> Path:
    out = market.folder / "plain"
    plain.run(market.landing, out, out / "plain.duckdb")
    return out / "plain.duckdb"


@pytest.fixture(scope="module")
def by_pandas(market: Market) -> Path:
    return _made_by("with_pandas", market)


def _made_by(package: str, market: Market) -> Path:
    # in a process of its own, as it is timed
    out = market.folder / package
    command = [sys.executable, "-m", f"benchmarks.{package}", str(market.landing), str(out)]
    subprocess.run(command, check=True, cwd=CHECKOUT)
    return out


def test_pandas_makes_the_same_rows_in_the_same_stages(by_sql: Path, by_pandas: Path) -> None:
    assert differences(by_pandas, by_sql) == dict.fromkeys(COLUMNS, 0)
    stages = json.loads((by_pandas / "stages.json").read_text(encoding="utf-8"))
    assert list(stages) == [stage.stem[2:] for stage in plain.STAGES]


def test_polars_makes_the_same_rows(by_sql: Path, market: Market) -> None:
    pytest.importorskip("polars", reason="polars is not installed: it is in the group `dev` of pyproject.toml")
    assert differences(_made_by("with_polars", market), by_sql) == dict.fromkeys(COLUMNS, 0)


@pytest.mark.parametrize(
    ("table", "change", "rows"),
    [
        ("delivery_ledger", "update changed set accepted = accepted + 1 where rowid = 0", 2),
        ("reconciliation", "update changed set variance_units = variance_units + 0.0001 where rowid = 0", 2),
        ("availability", "delete from changed where rowid = 0", 1),
        # unknown is not zero
        (
            "sell_through_weekly",
            "update changed set velocity = 0 where rowid = (select min(rowid) from changed where velocity is null)",
            2,
        ),
    ],
)
def test_a_figure_that_is_off_is_told(
    by_sql: Path, by_pandas: Path, tmp_path: Path, table: str, change: str, rows: int
) -> None:
    for path in by_pandas.glob("*.parquet"):
        (tmp_path / path.name).symlink_to(path)
    changed = tmp_path / f"{table}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table changed as from '{changed}'")
        connection.execute(change)
        changed.unlink()
        connection.execute(f"copy changed to '{changed}'")
    assert {name: count for name, count in differences(tmp_path, by_sql).items() if count} == {table: rows}
