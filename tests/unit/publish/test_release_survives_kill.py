"""A publish that is killed at any step leaves `current` whole, and the next one ends as if nothing had happened."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from small_warehouse import Build, home, publish_again, release_of, row_hashes, sold, usual_lines

from orchestration.publish import release
from orchestration.publish.releases import current_release_id, damaged_files, show_release
from orchestration.publish.tables import TABLES
from orchestration.settings import Settings

STEPS = [
    "leftovers cleared",
    "dim_products written",
    "fct_sell_out written",
    "gate_verdicts written",
    "database written",
    "manifest written",
    "named",
    "link made",
    "current moved",
    "retained",
]

#: steps after which readers see the new release
SEEN = ("current moved", "retained")


def changed() -> Build:
    """A second build: a month changes, a slice is held."""
    lines = usual_lines()
    lines["sell_out"].append(sold("acme", "2025-02-07", 1, 9))
    return Build("b2", lines=lines, held=[("bolt", "sell_out", "2025-02-03")])


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Row hashes of the second release where nothing is killed."""
    undisturbed = home(tmp_path_factory.mktemp("undisturbed") / "home")
    release_of(undisturbed)
    return row_hashes(release_of(undisturbed, changed()))


def test_steps_are_those_that_a_publish_reaches(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []
    monkeypatch.setattr(release, "_reached", reached.append)
    release_of(settings)
    tables = [f"{name} written" for name in TABLES]
    assert [step for step in reached if step not in tables] == [
        step for step in STEPS if step not in tables and step != "link made"
    ]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at(step: str, settings: Settings, expected: dict[str, str]) -> None:
    first = release_of(settings)
    changed().write(settings)
    script = Path(__file__).with_name("publish_and_die.py")
    child = subprocess.run([sys.executable, str(script), str(settings.home), step], capture_output=True, text=True)
    assert child.returncode == -signal.SIGKILL, child.stderr

    assert damaged_files(settings) == []
    assert (current_release_id(settings) == first.release_id) == (step not in SEEN)

    again = publish_again(settings)
    assert row_hashes(again) == expected
    assert damaged_files(settings) == []
    assert current_release_id(settings) == again.release_id
    assert again.manifest.former_release_id == first.release_id
    assert show_release(settings, first.release_id) == first.manifest
    assert [path.name for path in settings.releases.iterdir() if path.name.startswith(".")] == []
