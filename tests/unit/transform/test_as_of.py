"""What was known at a moment: the same as a run of that moment gave, asked for afterwards."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.contracts.load import require_contracts
from orchestration.lake import compact as compacting
from orchestration.publish.tables import TABLES
from orchestration.transform import as_of as asking
from orchestration.transform.as_of import ASKED, CannotTell, known_at
from tests.pipeline.later_world import Home, Tables, differences, feed, read
from tests.pipeline.small_market import deliver, write_small_market

LINE = "product_code period_start units"
FEEDS = (
    feed("weeks.sell_out", f"{LINE} deleted", "product_code period_start", partner="b", delivery="keyed",
         period="week"),
    feed("days.sell_out", LINE, "product_code period_start", partner="c", delivery="replace_period", period="day"),
    feed("brand.sell_in", "document_id document_date partner_code product_code units", "document_id product_code",
         delivery="keyed"),
    feed("counts.stock", "product_code snapshot_date on_hand_units", "product_code snapshot_date", partner="b",
         delivery="keyed"),
    feed("brand.products", "product_id product_name", "product_id", delivery="snapshot"),
    feed("brand.product_codes", "code product_id", "code", delivery="snapshot"),
)  # fmt: skip

#: by day of January 2025 on which they were received, deliveries of each feed
NEWS: dict[int, dict[str, list[str]]] = {
    8: {
        "brand.sell_in": ["D1,2025-01-06,b,A,100", "D1,2025-01-06,b,X,10"],
        "counts.stock": ["A,2025-01-07,90", "X,2025-01-07,10"],
        "weeks.sell_out": ["A,2025-01-06,10,", "X,2025-01-06,1,"],
    },
    13: {
        "brand.products": ["A,cream", "B,soap"],
        "days.sell_out": ["A,2025-01-06,3", "B,2025-01-06,4", "A,2025-01-07,5"],
        "weeks.sell_out": ["A,2025-01-06,12,", "B,2025-01-06,7,"],
        "counts.stock": ["A,2025-01-12,80", "X,2025-01-12,10"],
    },
    20: {
        "brand.product_codes": ["X,B"],
        "days.sell_out": ["A,2025-01-06,2"],
        "weeks.sell_out": ["B,2025-01-06,7,true", "A,2025-01-13,4,x"],
        "counts.stock": ["A,2025-01-12,81", "A,2025-01-19,75"],
    },
    27: {
        "brand.products": ["A,cream", "C,oil"],
        "weeks.sell_out": ["B,2025-01-06,7,", "A,2025-01-06,10,"],
    },
}  # fmt: skip

COMPARED = ("fct_sell_in", "fct_sell_out", "fct_stock", "reconciliation", "delivery_ledger", "duplicates",
            "unmatched_codes", "quarantine")  # fmt: skip


def _noon(day: int) -> datetime:
    return datetime(2025, 1, day, 12, tzinfo=UTC)


def _receive(home: Home, day: int) -> None:
    for feed_id, lines in NEWS[day].items():
        columns = ",".join(mapping.name for mapping in home.feeds[feed_id].mappings)
        home.deliver(f"{feed_id}/a-202501{day:02}T0900.csv", "\n".join([columns, *lines, ""]))
    home.take_in()


def _withdraw(home: Home) -> None:
    home.withdraw("days.sell_out/a-20250113T0900.csv", _noon(26))


@pytest.fixture(scope="module")
def final(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that received everything, the last deliveries first."""
    home = Home(tmp_path_factory.mktemp("final"), FEEDS)
    for day in reversed(NEWS):
        _receive(home, day)
    _withdraw(home)
    return home


def _known(home: Home, moment: datetime, names: Iterator[str] | tuple[str, ...] = COMPARED) -> Tables:
    tables = [ASKED[name] for name in names]
    with known_at(home.settings, list(home.feeds.values()), moment, tables) as known:
        return {
            table.name: [
                {key: row[key] for key in table.columns or row}
                for row in read(known.connection, f"({known.source(table).query})")
            ]
            for table in tables
        }


def test_answers_equal_the_runs_of_their_moments(final: Home, tmp_path: Path) -> None:
    """Restatements, deletions, replaced periods, late mappings, a shorter product list, a withdrawal."""
    replayed = Home(tmp_path, FEEDS)
    for day in NEWS:
        if day == 27:
            _withdraw(replayed)
        _receive(replayed, day)
        assert not differences(replayed.published(_noon(day), COMPARED), _known(final, _noon(day))), day


def test_superseded_lines_stay_to_be_asked_for(final: Home) -> None:
    for day, classes in {8: ["accepted"], 13: ["superseded", "accepted"]}.items():
        lines = _known(final, _noon(day), ("stg_sell_out",))["stg_sell_out"]
        found = [
            line["line_class"]
            for line in lines
            if (line["product_code"], line["contract_id"]) == ("A", "weeks.sell_out")
        ]
        assert sorted(found, reverse=True) == classes


def test_every_table_can_be_asked_for_with_the_columns_of_a_release(final: Home) -> None:
    with known_at(final.settings, list(final.feeds.values()), _noon(20), list(ASKED.values())) as known:
        for table in ASKED.values():
            assert list(known.source(table).columns)[: len(table.columns)] == list(table.columns)
    assert set(TABLES) - set(ASKED) == {"gate_verdicts"}


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_home_is_as_it_was_also_where_no_answer_can_be_given(final: Home, tmp_path: Path) -> None:
    before = _state(final.settings.home)
    _known(final, _noon(13), ("fct_stock",))
    assert _state(final.settings.home) == before

    empty = Home(tmp_path, FEEDS)
    with pytest.raises(CannotTell, match="nothing was ingested yet"):
        _known(empty, _noon(13), ("fct_stock",))
    _receive(empty, 8)
    (empty.settings.lake / "raw").rename(empty.settings.lake / "lost")
    before = _state(tmp_path)
    with pytest.raises(CannotTell, match="stg_codes_met"):
        _known(empty, _noon(13), ("fct_stock",))
    assert _state(tmp_path) == before


def test_an_answer_is_refused_where_a_run_reads_deliveries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path, FEEDS)
    _receive(home, 8)
    question = list(home.feeds.values())
    invoke_dbt = asking.invoke_dbt

    def meanwhile(*arguments: Any) -> Any:
        home.feeds["counts.stock"] = home.feeds["counts.stock"].model_copy(update={"where": "product_code <> 'X'"})
        home.take_in()
        return invoke_dbt(*arguments)

    monkeypatch.setattr(asking, "invoke_dbt", meanwhile)
    with (
        pytest.raises(CannotTell, match="a run read deliveries again"),
        known_at(home.settings, question, _noon(8), [ASKED["fct_stock"]]),
    ):
        pass


def test_an_answer_is_refused_where_the_lake_is_compacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path, FEEDS)
    _receive(home, 8)
    invoke_dbt = asking.invoke_dbt
    monkeypatch.setattr(compacting, "WORTH_DELIVERIES", 1)

    def meanwhile(*arguments: Any) -> Any:
        assert compacting.compact(home.settings)
        return invoke_dbt(*arguments)

    monkeypatch.setattr(asking, "invoke_dbt", meanwhile)
    with pytest.raises(CannotTell, match="the lake was compacted"):
        _known(home, _noon(8), ("fct_stock",))
    monkeypatch.setattr(asking, "invoke_dbt", invoke_dbt)
    assert _known(home, _noon(8), ("fct_stock",))


def test_what_a_killed_call_left_is_cleared_and_what_another_one_uses_is_not(final: Home) -> None:
    left, used = (final.settings.home / f"{asking._SCRATCH}{name}" for name in ("left", "used"))
    for folder in (left, used):
        folder.mkdir()
    in_use = os.open(used, os.O_RDONLY)
    fcntl.flock(in_use, fcntl.LOCK_EX)
    _known(final, _noon(13), ("fct_stock",))
    assert (left.exists(), used.exists()) == (False, True)
    os.close(in_use)
    used.rmdir()


class Asked:
    """The small market, asked by the command line."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.contracts = write_small_market(home)
        deliver(home, "sell_out/2025-01-28.csv", "code,week,units\nA,2025-01-20,6\n")
        Home(home, require_contracts(self.contracts)).take_in()

    def ask(self, *arguments: str) -> Result:
        return CliRunner().invoke(
            app, ["--home", str(self.home), "--contracts", str(self.contracts), "as-of", *arguments]
        )


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    environment = dict(os.environ)
    yield Asked(tmp_path_factory.mktemp("market"))
    os.environ.clear()
    os.environ.update(environment)


def test_rows_and_columns_can_be_chosen(market: Asked) -> None:
    question = [
        "fct_sell_out",
        "--where",
        "product_id=A",
        "--where",
        "period_start=2025-01-20",
        "--where",
        "location_id=",
    ]
    question += ["--columns", "period_start, units", "--json"]
    assert json.loads(market.ask("2025-01-27", *question).stdout) == [{"period_start": "2025-01-20", "units": "5.0000"}]
    assert json.loads(market.ask("2025-01-28", *question).stdout) == [{"period_start": "2025-01-20", "units": "6.0000"}]


def test_what_is_shown_says_of_how_many_it_is(market: Asked) -> None:
    shown = market.ask("2025-01-20", "fct_sell_out", "--limit", "1")
    assert "fct_sell_out as known at 2025-01-20 23:59:59 UTC" in shown.stdout
    assert "1 of 4 rows, of 5 deliveries received by then." in shown.stdout


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_answers_are_written_to_files(market: Asked, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"sold.{ending}"
    told = market.ask("2025-01-20", "fct_sell_out", "--output", str(target))
    assert told.exit_code == 0, told.output
    with duckdb.connect() as connection:
        found = connection.execute(f"select sum(units)::int, count(*) from '{target}'").fetchone()
    assert found == (40, 4)


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        (["20/01/2025", "fct_sell_out"], "20/01/2025 is not a moment; write 2025-01-06 or"),
        (["2025-01-20", "fct_sellout"], "there is no table fct_sellout; did you mean fct_sell_out?"),
        (["2025-01-20", "gate_verdicts"], "the run's release holds it"),
        (["2025-01-20", "fct_sell_out", "--where", "units"], "--where units: write COLUMN=VALUE"),
        (["2025-01-20", "fct_sell_out", "--where", "unit=1"], "there is no column unit; did you mean units?"),
        (["2025-01-20", "fct_sell_out", "--where", "units=many"], "fct_sell_out: a value does not fit its column"),
        (["2025-01-20", "fct_sell_out", "--output", "sold.xlsx"], "end it with .parquet or .csv"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_cure(market: Asked, question: list[str], refusal: str) -> None:
    asked = market.ask(*question)
    assert asked.exit_code == 2
    assert refusal in " ".join(asked.stderr.split())


def test_before_the_first_delivery_nothing_was_known(market: Asked) -> None:
    assert "fct_sell_out as known at 2025-01-01 23:59:59 UTC: none" in market.ask("2025-01-01", "fct_sell_out").stdout
