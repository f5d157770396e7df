"""One at a time: runs that write a home, on the command line and in Dagster alike, and whoever else must not meet.

The kernel frees the lock with the process that holds it, so that a killed run never has to be cleaned up after.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.settings import Settings


@contextmanager
def writing(settings: Settings, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the home's lock; if another run holds it, tell `waiting` which process, and wait for it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with settings.lock.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            waiting(
                f"another run (process {stream.read().strip() or 'unknown'}) writes {settings.home}; waiting for it"
            )
            fcntl.flock(stream, fcntl.LOCK_EX)
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder for a short while; whoever else asks for it waits."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
