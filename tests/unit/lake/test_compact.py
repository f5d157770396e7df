"""Compaction changes files, and never what is read: killed, or with deliveries that are read again or withdrawn."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as thoroughly
from hypothesis import strategies as st

from orchestration.contracts.model import Contract, Mapping
from orchestration.ingest.as_sent import pseudonymised_lines
from orchestration.lake import compact as compacting
from orchestration.lake import packs
from orchestration.lake.compact import compact, kinds_worth_it
from orchestration.lake.generations import generation_of, raw_folder
from orchestration.landing.ledger import Withdrawal, ledger, restore, withdraw, withdrawals
from orchestration.settings import CHECKOUT, Settings
from tests.unit.ingest.feeds import SELL_OUT, deliver, sell_out_contract, take_in
from tests.unit.lake.raw_lines import raw_lines

HEADER = "Code;Jour;Qté;CA\n"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three small deliveries are many."""
    monkeypatch.setattr(compacting, "WORTH_DELIVERIES", 3)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A feed that sent six files, one of them twice; each has a line that cannot be read."""
    settings = Settings(home=tmp_path / "home")
    for day in range(1, 7):
        deliver(settings, f"shop/{day}.csv", _file(day))
    deliver(settings, "shop/9.csv", _file(1))
    take_in(settings, sell_out_contract())
    return settings


def _file(day: int, units: int = 1) -> str:
    return f"{HEADER}A;0{day}/01/2025;{units};1\nB;0{day}/01/2025;x;1\nTOTAL;0{day}/01/2025;{units};1\n"


def _folders(settings: Settings) -> list[str]:
    names = (folder.name for folder in raw_folder(settings, "sell_out").iterdir())
    return sorted(name.split("-")[0] if name.startswith("packed-") else "single" for name in names if name != "empty")


def test_lines_of_many_files_are_read_from_one(home: Settings) -> None:
    before = raw_lines(home)
    [done] = compact(home)
    assert (done.kind, done.deliveries, done.folders_before, done.folders_after) == ("sell_out", 6, 7, 2)
    assert raw_lines(home) == before
    assert _folders(home) == ["packed"]
    assert compact(home) == []


@pytest.mark.parametrize("what", ["compact", "take_out"])
def test_killed_before_any_change_every_line_is_there_once(settings: Settings, what: str) -> None:
    home = settings
    for day in range(1, 4):
        deliver(home, f"shop/{day}.csv", _file(day))
    take_in(home, sell_out_contract())
    before = raw_lines(home)
    if what == "take_out":
        compact(home)
    command = [sys.executable, "-m", "tests.unit.lake.kill_at", str(home.home), what]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rounds = json.loads(done.stdout)
    assert len(rounds) > 10
    assert {text for texts in rounds for text in texts} == {before}


def test_small_packs_are_merged_with_what_came_since(home: Settings) -> None:
    compact(home)
    for day in range(1, 4):
        deliver(home, f"shop/1{day}.csv", _file(day, units=5))
    take_in(home, sell_out_contract())
    before = raw_lines(home)
    assert _folders(home) == ["packed", "single", "single", "single"]
    [done] = compact(home)
    assert (done.deliveries, _folders(home)) == (3, ["packed"])
    assert raw_lines(home) == before


def test_a_pack_takes_no_more_than_it_is_bounded_to(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = raw_lines(home)
    monkeypatch.setattr(compacting, "_PACK_LINES", 7)
    compact(home)
    assert _folders(home) == ["packed", "packed", "packed"]
    assert raw_lines(home) == before


def test_large_deliveries_and_those_without_an_entry_stay_as_they_are(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    [last] = [one for one in ledger(home).values() if one.file_name == "shop/6.csv"]
    (home.lake / "ledger" / "shop.sell_out" / f"{last.delivery_id}.json").unlink()
    before = raw_lines(home)
    compact(home)
    assert _folders(home) == ["packed", "single"]
    # the run that was killed before its entry is made up for: its lines are not there twice
    take_in(home, sell_out_contract())
    assert raw_lines(home) == before
    monkeypatch.setattr(compacting, "SMALL_BYTES", 10)
    assert compact(home) == []


def test_a_corrected_contract_replaces_lines_that_were_packed(home: Settings) -> None:
    compact(home)
    corrected = sell_out_contract(where="Code <> 'TOTAL'", version="1.1.0")
    entries = take_in(home, corrected)
    assert sum(entry.lines_out_of_scope for entry in entries if not entry.resent_of) == 6
    assert _readings(home) == {corrected.reading_hash: 6}
    compact(home)
    assert _readings(home) == {corrected.reading_hash: 6}
    # and back: what the first reading left must not stand beside what it gives now
    take_in(home, sell_out_contract())
    assert _readings(home) == {sell_out_contract().reading_hash: 12}


def _readings(settings: Settings) -> dict[str, int]:
    files = f"{settings.lake}/raw/sell_out/*/lines_*.parquet"
    with duckdb.connect() as connection:
        counts = connection.execute(f"select reading_hash, count(*) from read_parquet('{files}') group by 1")
        return dict(counts.fetchall())


def test_lines_that_are_read_again_under_the_same_contract_are_there_once(home: Settings) -> None:
    before = raw_lines(home)
    compact(home)
    entry = next(one for one in ledger(home).values() if one.resent_of is None)
    with duckdb.connect() as connection:
        packs.take_out(home, connection, [entry])
        assert _folders(home) == ["packed", "single"]
        packs.take_out(home, connection, [entry])
    assert raw_lines(home) == before


def test_a_withdrawn_delivery_and_its_return_touch_no_line(home: Settings) -> None:
    entry = next(one for one in ledger(home).values() if one.resent_of is None)
    withdraw(home, Withdrawal(delivery_id=entry.delivery_id, reason="wrong", withdrawn_at=datetime.now(UTC)))
    before = raw_lines(home)
    compact(home)
    assert raw_lines(home) == before
    restore(home, entry.delivery_id)
    assert withdrawals(home) == {}
    assert take_in(home, sell_out_contract()) == []
    assert raw_lines(home) == before


def test_a_filter_on_a_delivery_reads_a_part_of_a_pack(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(10, 20):
        lines = "".join(f"P{line};{day}/01/2025;1;1\n" for line in range(1_000))
        deliver(home, f"shop/{day}.csv", HEADER + lines)
    take_in(home, sell_out_contract())
    monkeypatch.setattr(packs, "_ROW_GROUP", 2_048)
    compact(home)
    [pack] = raw_folder(home, "sell_out").glob("packed-*/lines_0.parquet")
    metadata = pq.read_metadata(pack)
    place = metadata.schema.names.index("delivery_id")
    ranges = [metadata.row_group(number).column(place).statistics for number in range(metadata.num_row_groups)]
    assert len(ranges) >= 5
    assert all(before.max <= after.min for before, after in pairwise(ranges))


def test_pseudonymised_lines_are_found_in_a_pack(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    contract = _personal()
    for day in range(1, 5):
        deliver(settings, f"shop/{day}.csv", _file(day))
    entries = take_in(settings, contract)
    single = [pseudonymised_lines(settings, contract, entry.delivery_id, {2}) for entry in entries]
    compact(settings)
    assert _folders(settings) == ["packed"]
    assert [pseudonymised_lines(settings, contract, entry.delivery_id, {2}) for entry in entries] == single
    assert all(single)


def _personal() -> Contract:
    return sell_out_contract(mappings=(*SELL_OUT[:3], Mapping(name="customer_id", physical_name="CA", personal=True)))


def test_a_reader_of_a_folder_that_is_replaced_asks_again(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = next(one for one in ledger(home).values() if one.resent_of is None)
    raw = raw_folder(home, "sell_out")
    listed = packs.files_of
    looked: list[object] = []

    def compacted_meanwhile(folders: Iterator[Path], stem: str) -> list[str]:
        found = listed(folders, stem)
        if not looked:
            looked.append(1)
            compact(home)
        return found

    monkeypatch.setattr(packs, "files_of", compacted_meanwhile)
    with duckdb.connect() as connection:
        rows = packs.read_delivery(
            connection, raw, (entry.delivery_id, entry.reading_hash), "select product_code from lines order by all", {}
        )
    assert rows == [("A",), ("TOTAL",)]


def test_what_would_differ_replaces_nothing(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before, generation = raw_lines(home), generation_of(home, "sell_out")
    shutil.copyfile(next(generation.glob("*/quarantine_0.parquet")), home.home / "one_line.parquet")

    def lose_lines(written: Path) -> None:
        if written.name == "quarantine_0.parquet":
            shutil.copyfile(home.home / "one_line.parquet", written)

    monkeypatch.setattr(packs, "make_durable", lose_lines)
    with pytest.raises(packs.WouldDiffer, match="the lake is as it was"):
        compact(home)
    assert (raw_lines(home), generation_of(home, "sell_out")) == (before, generation)


def test_few_small_deliveries_are_left(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compacting, "WORTH_DELIVERIES", 8)
    assert kinds_worth_it(home) == []


def test_a_copy_in_which_links_were_followed_goes_on(home: Settings) -> None:
    raw = raw_folder(home, "sell_out")
    before, generation = raw_lines(home), generation_of(home, "sell_out")
    raw.unlink()
    generation.rename(raw)
    take_in(home, sell_out_contract())
    assert raw.is_symlink()
    assert raw_lines(home) == before


@thoroughly(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["deliver", "compact", "correct", "withdraw"]), min_size=3, max_size=5))
def test_whatever_happens_lines_are_those_of_a_lake_that_was_never_compacted(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    compacted, plain = (Settings(home=tmp_path_factory.mktemp(name)) for name in ("compacted", "plain"))
    for settings in (compacted, plain):
        contract, files = sell_out_contract(received_at="filename:%Y%m%d.csv"), 0
        for step in ["deliver", *steps]:
            if step == "deliver":
                for _ in range(3):
                    files += 1
                    deliver(settings, f"shop/202501{files:02}.csv", _file(files % 9 + 1, units=files))
            elif step == "correct":
                given = None if contract.where else "Code <> 'TOTAL'"
                contract = sell_out_contract(received_at="filename:%Y%m%d.csv", where=given)
            elif step == "withdraw":
                first = next(iter(ledger(settings)))
                withdraw(settings, Withdrawal(delivery_id=first, reason="x", withdrawn_at=datetime.now(UTC)))
            elif settings is compacted:
                compact(settings)
            take_in(settings, contract)
    assert raw_lines(compacted) == raw_lines(plain)
