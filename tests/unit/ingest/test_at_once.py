"""Feeds that are taken in at once leave what they would leave one after the other, also where folders are replaced."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.contracts.model import Contract
from orchestration.ingest.at_once import take_in
from orchestration.ingest.ingest import open_ingest, prepare_lake
from orchestration.lake import compact as compacting
from orchestration.lake.compact import compact
from orchestration.lake.generations import MOVING, generation_of
from orchestration.landing.ledger import ledger
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, lines, sell_out_contract
from tests.unit.ingest.feeds import take_in as take_in_one

HEADER = "Code;Jour;Qté;CA\n"


def _feeds(settings: Settings, count: int, files: int = 3) -> list[Contract]:
    """Feeds whose files have as many lines as the feed has a number."""
    for feed in range(1, count + 1):
        for day in range(1, files + 1):
            rows = "".join(f"A{row};0{day}/01/2025;1;1\n" for row in range(feed))
            deliver(settings, f"shop{feed}/{day}.csv", HEADER + rows)
    return [
        sell_out_contract({"path": f"shop{feed}/*.csv"}, id=f"shop{feed}.sell_out", file=Path(f"{feed}.odcs.yaml"))
        for feed in range(1, count + 1)
    ]


def test_what_came_is_told_in_the_order_of_the_contracts(settings: Settings) -> None:
    contracts = _feeds(settings, 7)
    came = list(take_in(settings, contracts))
    assert [one.contract for one in came] == contracts
    assert [[entry.lines_parsed for entry in one.entries] for one in came] == [[feed] * 3 for feed in range(1, 8)]
    assert all(entry.contract_id == one.contract.id for one in came for entry in one.entries)
    assert {entry.delivery_id for one in came for entry in one.entries} == ledger(settings).keys()
    told = lines(settings, "feed_contract_id, line_number")
    assert Counter(contract_id for contract_id, _ in told) == {f"shop{feed}.sell_out": 3 * feed for feed in range(1, 8)}


def test_an_error_that_is_no_fault_of_a_file_is_raised_where_its_feed_stands(settings: Settings) -> None:
    contracts = _feeds(settings, 40)
    (settings.lake / "ledger").mkdir(parents=True)
    in_the_way = settings.lake / "ledger" / contracts[1].id
    in_the_way.touch()
    came = take_in(settings, contracts)
    assert next(came).contract is contracts[0]
    with pytest.raises(NotADirectoryError):
        next(came)
    in_the_way.unlink()
    assert len(ledger(settings)) < 3 * 30


def test_what_is_closed_waits_for_the_feeds_under_way_and_begins_none(settings: Settings) -> None:
    came = take_in(settings, _feeds(settings, 40))
    next(came)
    closing = threading.Thread(target=came.close)
    with MOVING:
        closing.start()
        closing.join(0.5)
        assert closing.is_alive()
    closing.join()
    entered = ledger(settings)
    assert len(entered) < 3 * 40
    time.sleep(0.5)
    assert ledger(settings) == entered


def test_the_homes_secret_stands_before_feeds_are_read(settings: Settings) -> None:
    with open_ingest() as connection:
        prepare_lake(settings, connection)
    assert len((settings.home / "pseudonym.key").read_text(encoding="ascii")) == 64


@pytest.mark.parametrize("moves", ["a delivery that comes", "a delivery that leaves a pack"])
def test_folders_are_moved_by_one_feed_at_a_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, moves: str
) -> None:
    monkeypatch.setattr(compacting, "WORTH_DELIVERIES", 3)
    [contract] = _feeds(settings, 1)
    if moves == "a delivery that leaves a pack":
        take_in_one(settings, contract)
        assert compact(settings)
        contract = contract.model_copy(update={"version": "2.0.0", "where": "Code <> 'A9'"})
    with open_ingest() as connection:
        prepare_lake(settings, connection)
    before = ledger(settings), generation_of(settings, "sell_out")
    work = threading.Thread(target=_taking_in(settings, contract))
    with MOVING:
        work.start()
        work.join(1.0)
        assert work.is_alive()
        assert (ledger(settings), generation_of(settings, "sell_out")) == before
    work.join()
    assert len(ledger(settings)) == 3
    assert ledger(settings) != before[0]


def _taking_in(settings: Settings, contract: Contract) -> Callable[[], object]:
    return lambda: list(take_in(settings, [contract]))
