"""Compacts a home, or takes deliveries out of its packs, again and again, killed at every change of the file system.

`kill_at.py HOME WHAT`: each round works on a fresh copy of HOME in a process of its own, which dies with SIGKILL before
its first change, then before its second, until it comes to its end. After each, the raw lines are read as models read
them, then a later writer works as if nothing had happened, and they are read again. Prints what was read in each round.

Belongs here: what the test starts as a process of its own. No thread may run here: every round is a fork.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from orchestration.ingest.ingest import open_ingest, prepare_lake
from orchestration.lake import compact as compacting
from orchestration.lake.packs import take_out
from orchestration.landing.ledger import ledger
from orchestration.settings import Settings
from tests.unit.lake.raw_lines import raw_lines

_CHANGES = {"os.mkdir", "os.rename", "os.link", "os.symlink", "os.rmdir"}


def _compact(settings: Settings) -> None:
    compacting.compact(settings)


def _take_out(settings: Settings) -> None:
    with open_ingest() as connection:
        entries = sorted(ledger(settings).values(), key=lambda entry: entry.file_name)
        take_out(settings, connection, entries[1:3])


WORK: dict[str, Callable[[Settings], None]] = {"compact": _compact, "take_out": _take_out}


def _die_before(change: int) -> None:
    changes = []

    def watch(event: str, _arguments: tuple[object, ...]) -> None:
        if event in _CHANGES:
            changes.append(event)
            if len(changes) == change:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def _in_fork(work: Callable[[], None]) -> int:
    process = os.fork()
    if process == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _killed(settings: Settings, what: str, change: int) -> None:
    _die_before(change)
    WORK[what](settings)


def _look(settings: Settings, what: str, into: Path) -> None:
    """Read, let a later writer work, and read again."""
    texts = [raw_lines(settings)]
    with open_ingest() as connection:
        prepare_lake(settings, connection)
    WORK[what](settings)
    texts.append(raw_lines(settings))
    assert not [path for path in settings.lake.rglob("*") if "writing" in path.name]
    kinds = [path.name.rsplit("-", 1)[0] for path in (settings.lake / "generations").iterdir()]
    assert len(kinds) == len(set(kinds)), kinds
    into.write_text(json.dumps(texts), encoding="utf-8")


def main(home: Path, what: str) -> None:
    """Kill before every change, one after the other."""
    compacting.WORTH_DELIVERIES = 3  # type: ignore[misc]
    rounds = []
    end, change = -signal.SIGKILL, 0
    while end == -signal.SIGKILL:
        change += 1
        settings = Settings(home=home.with_name(f"killed-{change}"))
        shutil.copytree(home, settings.home, symlinks=True)
        end = _in_fork(partial(_killed, settings, what, change))
        told = settings.home / "told.json"
        if _in_fork(partial(_look, settings, what, told)):
            sys.exit(f"what was left by a kill before change {change} cannot be worked with")
        rounds.append(json.loads(told.read_text(encoding="utf-8")))
        shutil.rmtree(settings.home)
    if end:
        sys.exit(f"the work failed after {change} changes")
    print(json.dumps(rounds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
