"""Ten readers see whole releases only, while a writer publishes, rolls back, deletes, and is killed at every step."""

from __future__ import annotations

import json
import multiprocessing
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import publish_and_die
from publish_and_die import publish_and_die as publish_killed_at
from publish_and_die import roll_back_and_die as roll_back_killed_at
from small_warehouse import Build, release_of, sold, usual_lines

from orchestration.publish.files import left_current_at
from orchestration.publish.releases import damaged_files, release_ids
from orchestration.publish.rollback import rollback
from orchestration.settings import Settings

READERS = 10

#: what a reader is given to end with a release that was replaced
GRACE_SECONDS = 5.0

PUBLISH_STEPS = [
    "leftovers cleared",
    "fct_sell_out written",
    "database written",
    "manifest written",
    "named",
    "link made",
    "current moved",
]
#: after these a publish goes through, so that readers meet releases that followed a killed one
THEN_WHOLE = ("fct_sell_out written", "named", "link made")
ROLLBACK_STEPS = ["marked", "link made", "rolled back"]
RETENTION_STEPS = ["deleting", "half deleted", "retained"]

#: a process made from it starts in no time, and inherits no thread of DuckDB
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload([publish_and_die.__name__])


def changed_builds() -> Iterator[Build]:
    """Builds that differ in every total, so that no mix of two goes unseen."""
    verdict = {"suite": "delays", "expectation": "on_time", "severity": "critical", "outcome": "passed"}
    for number in count(1):
        lines = usual_lines()
        lines["sell_out"].append(sold("acme", "2025-01-09", number, 100))
        lines["sell_in"][0] |= {"units": number}
        lines["stock"][0] |= {"on_hand_units": number}
        yield Build(f"b{number}", lines=lines, tables={"gate_verdicts": [verdict] * number})


def killed(work: Callable[[Settings, str], None], settings: Settings, step: str) -> None:
    process = SERVER.Process(target=work, args=(settings, step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL, step


def start_readers(settings: Settings, stop: Path) -> list[subprocess.Popen[str]]:
    script = Path(__file__).with_name("read_releases.py")
    command = [sys.executable, str(script), str(settings.releases), str(stop), str(GRACE_SECONDS)]
    return [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(READERS)]


def wait_for_readers(settings: Settings) -> None:
    """Wait until the readers of some former releases had their time, where that was not long ago."""
    third = settings.releases / release_ids(settings)[2]
    time.sleep(max(0.0, GRACE_SECONDS - (time.time() - left_current_at(third).timestamp())))


def test_readers_see_whole_releases_only(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"keep_minutes": GRACE_SECONDS / 60})
    few = settings.model_copy(update={"keep_releases": 1})
    builds, stop = changed_builds(), tmp_path / "stop"
    first = release_of(settings, next(builds))
    readers = start_readers(settings, stop)
    try:
        for step in PUBLISH_STEPS:
            next(builds).write(settings)
            killed(publish_killed_at, settings, step)
            if step in THEN_WHOLE:
                release_of(settings, next(builds))
        for step in ROLLBACK_STEPS:
            killed(roll_back_killed_at, settings, step)
        rollback(settings)
        release_of(settings, next(builds))
        wait_for_readers(settings)
        for step in RETENTION_STEPS:
            next(builds).write(few)
            killed(publish_killed_at, few, step)
        for _ in range(2):
            release_of(few, next(builds))
    finally:
        stop.touch()
    told = [json.loads(reader.communicate(timeout=60)[0]) for reader in readers]
    assert [one["wrong"] for one in told] == [[]] * READERS
    seen = {release_id for one in told for release_id in one["seen"]}
    assert len(seen) > len(PUBLISH_STEPS) / 2
    assert not first.folder.exists()
    assert damaged_files(settings) == []
