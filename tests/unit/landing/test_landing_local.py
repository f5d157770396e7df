"""Which files of the landing folder a path selects, what links may lead to, and what waits to be landed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.automation.news import waiting_files
from orchestration.landing.land import land
from orchestration.landing.local import Local
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, sell_out_contract, take_in

FILE = "Code;Jour;Qté;CA\nA;06/01/2025;1;1\n"
TREE = ["a.csv", "b.txt", "x/a.csv", "x/y/a.csv", "x/y/z/a.csv", ".hidden/a.csv", "x/.a.csv", "x/a.csv.part", "x/a.tmp"]


def found(settings: Settings, path: str) -> list[str]:
    look = land(settings, sell_out_contract({"path": path}))
    assert look.problems == []
    return [entry.file_name.removeprefix("shop/") for entry in look.new]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("shop/*.csv", ["a.csv"]),
        ("shop/a.csv", ["a.csv"]),
        ("shop/*", ["a.csv", "b.txt"]),
        ("shop/?.[ct]*", ["a.csv", "b.txt"]),
        ("shop/*/*.csv", ["x/a.csv"]),
        ("*/x/*.csv", ["x/a.csv"]),
        ("./shop//x/*.csv", ["x/a.csv"]),
        ("shop/**/*.csv", ["a.csv", "x/a.csv", "x/y/a.csv", "x/y/z/a.csv"]),
        ("shop/**/y/*.csv", ["x/y/a.csv"]),
        ("shop/x/**/a.csv", ["x/a.csv", "x/y/a.csv", "x/y/z/a.csv"]),
        ("**/z/**", ["x/y/z/a.csv"]),
        ("shop/x/**", ["x/a.csv", "x/y/a.csv", "x/y/z/a.csv"]),
        ("shop/absent/*.csv", []),
        ("shop/a.csv/*.csv", []),
    ],
)
def test_a_path_selects_files(settings: Settings, path: str, names: list[str]) -> None:
    for name in TREE:
        deliver(settings, f"shop/{name}", FILE)
    assert found(settings, path) == names


def test_a_link_that_leads_out_is_named_and_not_followed(settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(FILE)
    deliver(settings, "shop/a.csv", FILE)
    (settings.landing / "shop" / "b.csv").symlink_to(outside / "secret.csv")
    (settings.landing / "shop" / "c").symlink_to(outside)
    (settings.landing / "shop" / "d.txt").symlink_to(outside / "secret.csv")
    (settings.landing / "shop" / ".e").symlink_to(outside)
    look = land(settings, sell_out_contract({"path": "shop/*.csv"}))
    assert [entry.file_name for entry in look.new] == ["shop/a.csv"]
    assert look.problems == ["shop/b.csv is a link that leads out of the landing folder; put the files there"]
    look = land(settings, sell_out_contract({"path": "shop/*/*.csv"}))
    assert look.new == []
    assert look.problems == ["shop/c is a link that leads out of the landing folder; put the files there"]
    look = land(settings, sell_out_contract({"path": "shop/c/*.csv"}))
    assert look.new == []
    assert look.problems == ["shop/c is a link that leads out of the landing folder; put the files there"]


def test_links_within_the_landing_folder_are_followed_and_loops_end(settings: Settings) -> None:
    deliver(settings, "shop/2025/a.csv", FILE)
    (settings.landing / "shop" / "now").symlink_to("2025")
    (settings.landing / "shop" / "2025" / "loop").symlink_to("..")
    (settings.landing / "shop" / "2025" / "gone.csv").symlink_to("nowhere.csv")
    (settings.landing / "shop" / "2025" / "self.csv").symlink_to("self.csv")
    (settings.landing / "round").symlink_to("round")
    assert found(settings, "round/*.csv") == []
    assert found(settings, "shop/now/*.csv") == ["now/a.csv"]
    assert found(settings, "shop/**/*.csv") == ["2025/a.csv"]


def test_the_landing_folder_itself_may_be_a_link(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "drive" / "shop").mkdir(parents=True)
    (tmp_path / "drive" / "shop" / "a.csv").write_text(FILE)
    settings.home.mkdir()
    settings.landing.symlink_to(tmp_path / "drive")
    (settings.landing / "shop" / "b.csv").symlink_to("a.csv")
    assert found(settings, "shop/*.csv") == ["a.csv", "b.csv"]


def test_a_file_that_leaves_while_others_are_listed_is_passed_over(settings: Settings) -> None:
    names = {f"shop/{number}.csv" for number in range(9)}
    for name in names:
        deliver(settings, name, FILE)
    problems: list[str] = []
    listing = Local(settings.landing).listed("shop/*.csv", problems)
    first = next(listing)
    for name in names - {first.name}:
        (settings.landing / name).unlink()
    assert list(listing) == problems == []


def test_what_is_no_file_is_left_alone(settings: Settings) -> None:
    (settings.landing / "shop" / "folder.csv").mkdir(parents=True)
    os.mkfifo(settings.landing / "shop" / "pipe.csv")
    assert found(settings, "shop/*.csv") == []


@pytest.mark.parametrize("name", ["line\nbreak.csv", "bell\a.csv"])
def test_a_name_with_control_characters_is_named_and_not_read(settings: Settings, name: str) -> None:
    deliver(settings, f"shop/{name}", FILE)
    look = land(settings, sell_out_contract())
    assert look.new == []
    shown = name.translate({7: "?", 10: "?"})
    assert look.problems == [f"the name shop/{shown} holds control characters, and the file is not read; rename it"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named_and_keeps_no_other_out(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", FILE).chmod(0)
    deliver(settings, "shop/b.csv", FILE)
    deliver(settings, "shop/x/c.csv", FILE)
    deliver(settings, "shop/y/d.csv", FILE)
    (settings.landing / "shop" / "x").chmod(0)
    (settings.landing / "shop" / "y").chmod(0o400)
    look = land(settings, sell_out_contract({"path": "shop/**/*.csv"}))
    (settings.landing / "shop" / "x").chmod(0o700)
    (settings.landing / "shop" / "y").chmod(0o700)
    assert [entry.file_name for entry in look.new] == ["shop/b.csv"]
    assert sorted(look.problems) == [
        "shop/a.csv: the file may not be read; let selltrace read it",
        "shop/x cannot be listed (Permission denied); let selltrace read it",
        "shop/y/d.csv cannot be looked at (Permission denied); let selltrace read it",
    ]


def test_a_file_waits_until_it_is_landed_and_again_when_it_changes(settings: Settings) -> None:
    contract = sell_out_contract()
    path = deliver(settings, "shop/a b.csv", FILE)
    [(contract_id, file)] = waiting_files(settings, [contract])
    assert (contract_id, file.name, file.size) == (contract.id, "shop/a b.csv", path.stat().st_size)
    take_in(settings, contract)
    assert list(waiting_files(settings, [contract])) == []
    os.utime(path, (1_750_000_000, 1_750_000_000))
    assert len(list(waiting_files(settings, [contract]))) == 1
    assert list(waiting_files(settings, [sell_out_contract(status="draft")])) == []


def test_a_server_that_is_not_read_keeps_no_other_feed_from_being_asked(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", FILE)
    azure = sell_out_contract({"type": "azure", "path": "abfss://shop/*.csv"}, id="azure")
    wrong = sell_out_contract({"type": "sftp", "path": "no URL"}, id="wrong")
    assert [name for name, _ in waiting_files(settings, [azure, wrong, sell_out_contract()])] == ["shop.sell_out"]
