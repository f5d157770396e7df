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


def made_by_another_user(link: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        os.lchown(link, 65534, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: link.lstat().st_uid + 1)


def test_a_link_of_another_user_that_leads_out_is_named_and_not_followed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(FILE)
    deliver(settings, "shop/a.csv", FILE)
    for name, target in (("b.csv", "secret.csv"), ("c", ""), ("d.txt", "secret.csv"), (".e", "")):
        link = settings.landing / "shop" / name
        link.symlink_to(outside / target)
        made_by_another_user(link, monkeypatch)
    refused = "link of another user that leads out of the landing folder"
    for path, taken, problem in (
        ("shop/*.csv", ["shop/a.csv"], f"shop/b.csv is a {refused}"),
        ("shop/*/*.csv", [], f"shop/c is a {refused}"),
        ("shop/c/*.csv", [], f"shop/c is a {refused}"),
    ):
        look = land(settings, sell_out_contract({"path": path}))
        assert [entry.file_name for entry in look.new] == taken
        [said] = look.problems
        assert said.startswith(problem)


def test_a_link_that_the_operator_made_may_lead_anywhere(settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.csv").write_text(FILE)
    settings.landing.mkdir(parents=True)
    (settings.landing / "shop").symlink_to(outside)
    (outside / "b.csv").symlink_to(outside / "a.csv")
    assert found(settings, "shop/*.csv") == ["a.csv", "b.csv"]


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


def test_what_cannot_be_read_is_named_and_keeps_no_other_out(settings: Settings) -> None:
    deliver(settings, "shop/b.csv", FILE)
    # a file that opens and fails at the first byte, whoever reads it
    (settings.landing / "shop" / "a.csv").symlink_to("/proc/self/mem")
    look = land(settings, sell_out_contract())
    assert [entry.file_name for entry in look.new] == ["shop/b.csv"]
    [problem] = look.problems
    assert problem.startswith("shop/a.csv: ")


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
