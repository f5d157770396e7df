"""Which files are deliveries, and what identifies them."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from orchestration.landing.land import UnreadableServer, land, received_moment
from orchestration.landing.ledger import Withdrawal, received_of, restore, withdraw, withdrawals
from orchestration.landing.names import moment_in_name
from orchestration.landing.store import FileIsChanging, keep, settled_fingerprint, stored_path, unpack
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
    assert received_moment(contract, "2025-07-01T08.csv", 0) == (datetime(2025, 7, 1, 6, tzinfo=UTC), None)


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
    with pytest.raises(UnreadableServer, match="type: local"):
        land(settings, sell_out_contract({"type": "s3"}))


def test_bytes_come_back_as_they_were_sent(settings: Settings) -> None:
    path = deliver(settings, "shop/a.csv", FILE * 1000)
    sha256, *_ = settled_fingerprint(path)
    keep(settings, path, sha256)
    assert stored_path(settings, sha256).stat().st_size < path.stat().st_size
    unpack(settings, sha256, settings.home / "back")
    assert (settings.home / "back").read_bytes() == path.read_bytes()


def test_bytes_that_are_not_those_that_were_hashed_are_not_kept(settings: Settings) -> None:
    path = deliver(settings, "shop/a.csv", FILE)
    with pytest.raises(FileIsChanging):
        keep(settings, path, "0" * 64)
    assert not stored_path(settings, "0" * 64).exists()


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
    first, second = received_of(settings, contract.id)
    assert first.received_at == datetime(2025, 1, 6, tzinfo=UTC)
    assert second.received_at == datetime.fromtimestamp(1_750_000_000, UTC)


def test_a_name_that_is_not_text_is_named_and_keeps_no_other_out(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", FILE)
    (settings.landing / "shop" / os.fsdecode(b"\xe9t\xe9.csv")).write_text(FILE)
    landed = land(settings, sell_out_contract())
    assert [entry.file_name for entry in landed.new] == ["shop/a.csv"]
    assert "is not UTF-8" in landed.problems[0]
