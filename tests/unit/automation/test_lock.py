"""One run writes a home at a time; the lock of a killed run is free."""

from __future__ import annotations

import fcntl
import os
import signal
import time

import pytest

from orchestration.lock import writing
from orchestration.settings import Settings


def _hold_in_a_child(settings: Settings) -> int:
    child = os.fork()
    if child == 0:
        with writing(settings, lambda _message: None):
            (settings.home / "held").touch()
            time.sleep(60)
        os._exit(0)
    while not (settings.home / "held").exists():
        time.sleep(0.01)
    return child


def test_a_second_run_waits_and_says_for_whom_and_a_dead_one_frees_the_lock(settings: Settings) -> None:
    child = _hold_in_a_child(settings)
    said: list[str] = []

    def kill_the_holder(message: str) -> None:
        said.append(message)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    with writing(settings, kill_the_holder):
        assert said == [f"another run (process {child}) writes {settings.home}; waiting for it"]
        with settings.lock.open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_nobody_waits_for_a_run_that_ended(settings: Settings) -> None:
    for _ in range(2):
        with writing(settings, lambda message: pytest.fail(message)):
            pass
