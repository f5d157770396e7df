"""The newest releases stay, the current one and those that readers may work on too, and held lines outlive them all."""

from __future__ import annotations

import os
import time
from decimal import Decimal
from pathlib import Path

import pytest
from small_warehouse import Build, release_of

from orchestration.publish import files
from orchestration.publish.releases import current_release_id, damaged_files, release_ids
from orchestration.publish.rollback import rollback
from orchestration.settings import Settings


@pytest.fixture
def few(settings: Settings) -> Settings:
    """A home that keeps two releases."""
    return settings.model_copy(update={"keep_releases": 2})


def published(settings: Settings, count: int) -> list[str]:
    return [release_of(settings, Build(f"b{number}")).release_id for number in range(count)]


def aside(settings: Settings, count: int) -> list[str]:
    early = [Build(f"a{number}", as_of="2025-01-01 00:00:00") for number in range(count)]
    return [release_of(settings, build).release_id for build in early]


def test_the_newest_releases_are_kept(few: Settings) -> None:
    made = published(few, 4)
    assert release_ids(few) == made[-2:]
    assert damaged_files(few) == []


def test_what_is_written_aside_pushes_out_nothing_that_was_published(few: Settings) -> None:
    made, kept_apart = published(few, 2), aside(few, 3)
    assert release_ids(few) == [*made, *kept_apart[-2:]]


def test_a_pinned_release_stays_and_runs_beside_it_push_out_nothing(few: Settings) -> None:
    wide = few.model_copy(update={"keep_releases": 3})
    first, second, third = published(wide, 3)
    rollback(wide, first, pin=True)
    made = published(few, 3)
    assert current_release_id(few) == first
    assert release_ids(few) == [first, second, third, *made[-2:]]


def test_a_release_stays_for_the_readers_that_it_had_when_it_was_replaced(few: Settings) -> None:
    patient = few.model_copy(update={"keep_releases": 1, "keep_minutes": 5})
    first, second, third = published(patient, 3)
    assert release_ids(patient) == [first, second, third]
    hour_ago = time.time() - 3600
    os.utime(patient.releases / first, (hour_ago, hour_ago))
    os.utime(patient.releases / second, (hour_ago, hour_ago))
    rollback(patient, second)
    fourth = published(patient, 1)[0]
    # the first was left an hour ago, the second just now, whenever it was made
    assert release_ids(patient) == [second, third, fourth]


def test_held_lines_outlive_the_release_in_which_they_passed(few: Settings) -> None:
    held = [("acme", "sell_out", "2025-02-03")]
    first = release_of(few)
    later = [release_of(few, Build(f"b{number}", held=held)) for number in range(2, 6)]
    assert first.release_id not in release_ids(few)
    [entry] = later[-1].manifest.held()
    assert (entry.carried_from, entry.lines, entry.units) == (first.release_id, 1, Decimal(5))
    assert later[-1].manifest.tables["fct_sell_out"].sha256 == first.manifest.tables["fct_sell_out"].sha256


def test_a_release_is_gone_from_the_listing_before_its_files_go(few: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    made = published(few, 2)
    seen: list[list[str]] = []

    def looking(doomed: Path) -> None:
        seen.append(release_ids(few))
        assert (doomed / "manifest.json").exists()

    monkeypatch.setattr(files.shutil, "rmtree", looking)
    made += published(few, 1)
    assert seen == [made[1:]]
