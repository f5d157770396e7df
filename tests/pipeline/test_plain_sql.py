"""The published tables against hand-written SQL over the same files: another way to the same figures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from benchmarks import plain
from benchmarks.check import COLUMNS, differences
from benchmarks.market import FIRST_MONDAY, Market, draw, received, restate
from tests.pipeline.conftest import selltrace

WEEKS = range(10)


@pytest.fixture(scope="module")
def release_and_plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A release of ten weeks of the market that is measured, one location a partner, and the same tables by SQL."""
    home, other = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("plain")
    market = Market(home, 1)
    draw(market, WEEKS)
    day = received(WEEKS.stop - 1, 4)
    selltrace(home, "run", "--as-of", f"{day[:4]}-{day[4:6]}-{day[6:]}", contracts=market.contracts)
    plain.run(market.landing, other, other / "plain.duckdb")
    return (home / "releases/current").resolve(), other / "plain.duckdb"


def test_every_table_holds_the_same_rows(release_and_plain: tuple[Path, Path]) -> None:
    assert differences(*release_and_plain) == dict.fromkeys(COLUMNS, 0)


def test_the_market_holds_what_could_be_told_apart(release_and_plain: tuple[Path, Path]) -> None:
    """Without dirt the comparison would say little: each class of lines, a missing report, and variances are there."""
    with duckdb.connect(str(release_and_plain[1]), read_only=True) as connection:
        classes = connection.execute("select class::varchar from sell_out_lines group by all order by all").fetchall()
        assert [name for (name,) in classes] == [
            "accepted", "duplicate", "out_of_scope", "quarantined", "superseded", "unmatched",
        ]  # fmt: skip
        weeks = "select partner_id, week_start from sell_through_weekly group by all having count(sell_out_units) = 0"
        assert connection.execute(weeks).fetchall() == [("p07", FIRST_MONDAY + timedelta(weeks=8))]
        [(varied,)] = connection.execute("select count(*) from reconciliation where variance_units <> 0").fetchall()
        assert varied > 0


def test_the_market_is_the_same_bytes_whenever_it_is_drawn(tmp_path: Path) -> None:
    """A file of so many lines is written by several threads, and other bytes would be another delivery."""
    market, drawn = Market(tmp_path, 10_000_000), set()
    for time in range(4):
        restate(market, tmp_path / str(time), 3, 50)
        [path] = (tmp_path / str(time)).rglob("*.csv")
        drawn.add(path.read_bytes())
    assert len(drawn) == 1


def test_a_figure_that_is_off_is_told(release_and_plain: tuple[Path, Path], tmp_path: Path) -> None:
    release, other = release_and_plain
    changed = tmp_path / "changed.duckdb"
    changed.write_bytes(other.read_bytes())
    with duckdb.connect(str(changed)) as connection:
        connection.execute(
            "update reconciliation set variance_units = variance_units + 1 "
            "where rowid = (select min(rowid) from reconciliation)"
        )
    assert {table: count for table, count in differences(release, changed).items() if count} == {"reconciliation": 2}
