"""Going back is one rename: nothing is lost, and later runs know what to carry from."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_warehouse import Build, release_of, sold, usual_lines

from orchestration.publish import files
from orchestration.publish.errors import UnknownRelease
from orchestration.publish.releases import (
    current_release_id,
    damaged_files,
    is_pinned,
    list_releases,
    rolled_back_ids,
    show_release,
)
from orchestration.publish.rollback import rollback, unpin
from orchestration.settings import Settings


def three(settings: Settings) -> list[str]:
    """Three releases, oldest first."""
    return [release_of(settings, Build(f"b{number}")).release_id for number in (1, 2, 3)]


def test_rolls_back_to_the_release_before(settings: Settings) -> None:
    first, second, third = three(settings)
    done = rollback(settings)
    assert (done.former_release_id, done.release_id, done.is_pinned) == (third, second, False)
    assert current_release_id(settings) == second
    assert rolled_back_ids(settings) == [third]
    rollback(settings)
    assert current_release_id(settings) == first
    assert rolled_back_ids(settings) == [second, third]
    assert damaged_files(settings) == []


def test_rolls_back_to_a_given_release_and_forward_again(settings: Settings) -> None:
    first, second, third = three(settings)
    rollback(settings, first)
    assert (current_release_id(settings), rolled_back_ids(settings)) == (first, [second, third])
    rollback(settings, third)
    assert (current_release_id(settings), rolled_back_ids(settings)) == (third, [second])


def test_listing_shows_current_pinned_and_rolled_back(settings: Settings) -> None:
    first, second, third = three(settings)
    rollback(settings, pin=True)
    marks = [
        (entry.release_id, entry.is_current, entry.is_pinned, entry.is_rolled_back) for entry in list_releases(settings)
    ]
    assert marks == [(third, False, False, True), (second, True, True, False), (first, False, False, False)]
    assert list_releases(settings)[0].rows == 7


def test_the_next_run_publishes_again_and_carries_from_the_release_gone_back_to(settings: Settings) -> None:
    held = [("acme", "sell_out", "2025-02-03")]
    first = release_of(settings)
    lines = usual_lines()
    lines["sell_out"].append(sold("acme", "2025-02-06", 100, 4))
    second = release_of(settings, Build("b2", lines=lines))
    rollback(settings)
    third = release_of(settings, Build("b3", lines=lines, held=held))
    assert third.is_current
    assert third.manifest.former_release_id == first.release_id
    assert [entry.carried_from for entry in third.manifest.held()] == [first.release_id]
    assert third.manifest.tables["fct_sell_out"].sums["units"] == 27
    assert rollback(settings).release_id == first.release_id
    assert rolled_back_ids(settings) == [second.release_id, third.release_id]


def test_a_pinned_release_stays_until_it_is_unpinned(settings: Settings) -> None:
    _, second, _ = three(settings)
    rollback(settings, pin=True)
    aside = release_of(settings, Build("b4"))
    assert (aside.is_current, aside.reason) == (False, f"a rollback pinned release {second}")
    assert current_release_id(settings) == second
    assert unpin(settings)
    assert not unpin(settings)
    assert release_of(settings, Build("b5")).is_current


def test_a_rollback_without_pin_takes_the_pin_away(settings: Settings) -> None:
    three(settings)
    rollback(settings, pin=True)
    rollback(settings)
    assert not is_pinned(settings)


def test_there_must_be_something_to_go_back_to(settings: Settings) -> None:
    with pytest.raises(UnknownRelease, match="there is no release yet"):
        rollback(settings)
    first = release_of(settings)
    with pytest.raises(UnknownRelease, match="nothing stood before"):
        rollback(settings)
    with pytest.raises(UnknownRelease, match=f"no release nonsense is kept; kept are {first.release_id}"):
        rollback(settings, "nonsense")
    assert current_release_id(settings) == first.release_id
    assert rolled_back_ids(settings) == []


def test_an_interrupted_rollback_can_be_called_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _, second, third = three(settings)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(files, "point_current", interrupted)
        rollback(settings)
    assert current_release_id(settings) == third
    assert not any(entry.is_rolled_back for entry in list_releases(settings))
    assert rollback(settings).release_id == second


def test_folders_that_are_no_releases_are_not_listed(settings: Settings, tmp_path: Path) -> None:
    published = release_of(settings)
    (settings.releases / "notes").mkdir()
    (settings.releases / "read.me").touch()
    assert [entry.release_id for entry in list_releases(settings)] == [published.release_id]
    assert show_release(settings) == published.manifest
