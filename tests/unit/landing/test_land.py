"""Which files are deliveries, and what identifies them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from orchestration.landing.land import land, modified_moment, received_moment
from orchestration.landing.ledger import Withdrawal, received_of, restore, withdraw, withdrawals
from orchestration.landing.local import Local, chunks_of
from orchestration.landing.names import moment_in_name
from orchestration.landing.sources import Listed
from orchestration.landing.store import keep, stage, stored_path, unpack
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, sell_out_contract, take_in

FILE = "Code;Jour;Qté;CA\nA;06/01/2025;1;1\n"


@pytest.mark.parametrize(
    ("pattern", "name", "moment"),
    [
        ("%Y-%m-%d.csv", "2025-01-06.csv", datetime(2025, 1, 6)),
        ("*_recu_%Y%m%dT%H%M.csv", "ventes_2025-W02_recu_20250114T0610.csv", datetime(2025, 1, 14, 6, 10)),
        ("ventes_%G-W%V_*.csv", "ventes_2025-W02_recu_20250114T0610.csv", datetime(2025, 1, 6)),
        ("%Y-%m-%d.csv", "2025-13-06.csv", None),
        ("%Y-%m-%d.csv", "2025-01-06.csv.part", None),
        ("a.b_%Y.csv", "aXb_2025.csv", None),
    ],
)
def test_moments_in_file_names(pattern: str, name: str, moment: datetime | None) -> None:
    assert moment_in_name(pattern, name) == moment


def test_a_moment_in_a_name_is_local_to_the_feed() -> None:
    contract = sell_out_contract(received_at="filename:%Y-%m-%dT%H.csv", timezone="Europe/Paris")
    modified = datetime(2025, 8, 1, tzinfo=UTC)
    assert received_moment(contract, ["2025-07-01T08.csv"], modified) == (datetime(2025, 7, 1, 6, tzinfo=UTC), None)


NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("modified", "received", "remark"),
    [
        (NOW - timedelta(days=400), NOW - timedelta(days=400), None),
        (NOW + timedelta(hours=23), NOW + timedelta(hours=23), None),
        (NOW + timedelta(hours=25), NOW, "in the future"),
        (datetime(1980, 1, 1, tzinfo=UTC), NOW, "before 1980"),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW, "before 1980"),
    ],
)
def test_a_clock_that_cannot_be_right_gives_way_to_the_moment_of_landing(
    modified: datetime, received: datetime, remark: str | None
) -> None:
    moment, told = modified_moment(int(modified.timestamp()) * 10**9, NOW)
    assert moment == received
    assert (remark or "") in (told or "")
    assert (remark is None) == (told is None)


def test_a_time_that_no_calendar_holds_is_no_error() -> None:
    assert modified_moment(2**63, NOW)[0] == NOW


def test_a_file_from_the_future_is_taken_now_and_named_once(settings: Settings) -> None:
    path = deliver(settings, "shop/a.csv", FILE)
    os.utime(path, (4_000_000_000, 4_000_000_000))
    landed = land(settings, sell_out_contract())
    assert landed.new[0].received_at <= datetime.now(UTC)
    assert landed.problems == [
        "shop/a.csv: it was last changed in the future by the clock of its server, and is taken as received now"
    ]
    assert land(settings, sell_out_contract()).problems == []


def test_a_name_that_states_no_moment_rejects_the_delivery(settings: Settings) -> None:
    deliver(settings, "shop/sales.csv", FILE)
    [entry] = take_in(settings, sell_out_contract(received_at="filename:%Y-%m-%d.csv"))
    assert "rename the file or correct the contract" in (entry.rejected_reason or "")


def test_files_that_are_not_whole_yet_and_other_folders_are_left_alone(settings: Settings) -> None:
    deliver(settings, "shop/.a.csv.part", FILE)
    deliver(settings, "shop/.b.csv", FILE)
    deliver(settings, "other/c.csv", FILE)
    assert land(settings, sell_out_contract()).new == []


def test_touching_a_file_with_a_stated_moment_makes_no_second_delivery(settings: Settings) -> None:
    contract = sell_out_contract(received_at="filename:%Y-%m-%d.csv")
    path = deliver(settings, "shop/2025-01-06.csv", FILE)
    land(settings, contract)
    os.utime(path, (1, 1))
    land(settings, contract)
    assert len(received_of(settings, contract.id)) == 1


def test_a_server_that_is_not_read_names_the_cure(settings: Settings) -> None:
    landed = land(settings, sell_out_contract({"type": "azure", "path": "abfss://shop/*.csv"}))
    [problem] = landed.problems
    assert problem.startswith("shop/sell_out.odcs.yaml: servers of type azure are not read")
    assert "type: local" in problem


def test_bytes_come_back_as_they_were_sent(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", FILE * 1000)
    [entry] = land(settings, sell_out_contract()).new
    assert stored_path(settings, entry.sha256).stat().st_size < entry.size
    unpack(settings, entry.sha256, settings.home / "back")
    assert (settings.home / "back").read_text() == FILE * 1000


def test_bytes_that_are_kept_already_are_not_kept_twice(settings: Settings) -> None:
    settings.home.mkdir()
    for name in ("one", "two"):
        keep(settings, stage([FILE.encode()], settings.home / name))
    assert [path.name for path in settings.home.iterdir()] == ["lake"]
    assert len(list((settings.lake / "files").iterdir())) == 1


def test_a_file_that_changes_while_it_is_read_is_read_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = deliver(settings, "shop/a.csv", FILE)
    changes = iter([FILE + "B;06/01/2025;1;1\n"])

    def reading(self: Local, file: Listed) -> Iterator[bytes]:
        yield from chunks_of(path)
        path.write_text(next(changes, path.read_text()))
        os.utime(path, (1_750_000_000, 1_750_000_000))

    monkeypatch.setattr(Local, "chunks", reading)
    [entry] = land(settings, sell_out_contract()).new
    assert entry.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (entry.size, entry.modified_ns) == (path.stat().st_size, path.stat().st_mtime_ns)
    assert [one.name for one in (settings.lake / "files").iterdir()] == [f"{entry.sha256}.zst"]


def test_a_file_of_which_less_came_than_was_listed_is_read_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = deliver(settings, "shop/a.csv", FILE)
    pieces = iter([b"Code;"])
    monkeypatch.setattr(Local, "chunks", lambda self, file: iter([next(pieces, path.read_bytes())]))
    [entry] = land(settings, sell_out_contract()).new
    assert entry.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_never_stops_changing_is_left_for_the_next_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = deliver(settings, "shop/a.csv", FILE)

    def reading(self: Local, file: Listed) -> Iterator[bytes]:
        yield from chunks_of(path)
        path.write_text(path.read_text() + "B;06/01/2025;1;1\n")

    monkeypatch.setattr(Local, "chunks", reading)
    landed = land(settings, sell_out_contract())
    assert landed.new == []
    assert landed.problems == ["shop/a.csv: the file is still being written; it is taken up by the next run"]
    assert not (settings.lake / "files").exists()


def test_withdrawing_and_taking_it_back(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", FILE)
    [entry] = take_in(settings, sell_out_contract())
    now = datetime(2025, 1, 10, tzinfo=UTC)
    withdraw(settings, Withdrawal(delivery_id=entry.delivery_id, reason="sent by mistake", withdrawn_at=now))
    assert withdrawals(settings)[entry.delivery_id].reason == "sent by mistake"
    restore(settings, entry.delivery_id)
    assert withdrawals(settings) == {}
    with pytest.raises(KeyError):
        withdraw(settings, Withdrawal(delivery_id="unknown", reason="", withdrawn_at=now))


def test_what_overwrites_a_file_came_later_than_the_name_says(settings: Settings) -> None:
    contract = sell_out_contract(received_at="filename:%Y-%m-%d.csv")
    path = deliver(settings, "shop/2025-01-06.csv", FILE)
    land(settings, contract)
    path.write_text(FILE.replace(";1;1", ";2;2"))
    os.utime(path, (1_750_000_000, 1_750_000_000))
    land(settings, contract)
    os.utime(path, (1_760_000_000, 1_760_000_000))
    land(settings, contract)
    first, second = received_of(settings, contract.id)
    assert first.received_at == datetime(2025, 1, 6, tzinfo=UTC)
    assert second.received_at == datetime.fromtimestamp(1_750_000_000, UTC)


def test_a_name_that_is_not_text_is_named_and_keeps_no_other_out(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", FILE)
    (settings.landing / "shop" / os.fsdecode(b"\xe9t\xe9.csv")).write_text(FILE)
    landed = land(settings, sell_out_contract())
    assert [entry.file_name for entry in landed.new] == ["shop/a.csv"]
    assert "is not UTF-8" in landed.problems[0]


def test_a_contract_that_was_corrected_takes_up_what_its_names_kept_out(settings: Settings) -> None:
    deliver(settings, "shop/2025_01_06.csv", FILE)
    assert land(settings, sell_out_contract(received_at="filename:%Y-%m-%d.csv")).new[0].problem
    corrected = sell_out_contract(received_at="filename:%Y_%m_%d.csv")
    [entry] = land(settings, corrected).new
    assert (entry.problem, entry.received_at) == (None, datetime(2025, 1, 6, tzinfo=UTC))
    assert land(settings, corrected).new == []
