"""A PostgreSQL server of its own for the tests, on a socket in a temporary folder.

Belongs here: finding, starting and stopping it. The server refuses to run as root: there, another user runs it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: an account without rights that every system has
_UNPRIVILEGED = "nobody"


def find_program(name: str) -> str | None:
    """The path of one of the server's programs, which Debian keeps off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(debian[-1]) if debian else None)


def _program(name: str) -> str:
    found = find_program(name)
    if found is None:
        pytest.skip(f"{name} is not installed: PostgreSQL is needed here, as `apt-get install postgresql` gives it")
    return found


def _run(*command: str) -> None:
    as_user = ["runuser", "-u", _UNPRIVILEGED, "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*as_user, *command], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def postgres_server() -> Iterator[str]:
    """Start a server; yields the URI of its database."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    # short: a socket's path may have no more than some hundred characters
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam(_UNPRIVILEGED).pw_uid, -1)
        data = str(folder / "data")
        _run(initdb, "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        _run(pg_ctl, "-D", data, "-w", "-s", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            _run(pg_ctl, "-D", data, "-w", "-s", "-m", "immediate", "stop")
