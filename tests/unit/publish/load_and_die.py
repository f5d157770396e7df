"""Load the current release into PostgreSQL, and die of SIGKILL at a step.

Usage: load_and_die.py HOME SCHEMA STEP, the URI in SELLTRACE_POSTGRES. Belongs here: dying.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from orchestration.publish.postgres import load
from orchestration.publish.postgres.server import Server
from orchestration.settings import Settings


def die(*_: object) -> None:
    """End at once, without a chance to clean up."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(home: str, schema: str, step: str) -> None:
    """Die as the first table is sent, after a fact was sent, or before or after the commit."""
    append, commit = Server.append, Server.commit

    def append_and_die(server: Server, table: str, rows: object) -> int:
        sent = append(server, table, rows)  # type: ignore[arg-type]
        if table == "fct_sell_out":
            die()
        return sent

    def commit_and_die(server: Server) -> None:
        commit(server)
        die()

    replaced = {
        "first table": ("append", die),
        "fact sent": ("append", append_and_die),
        "before commit": ("commit", die),
        "after commit": ("commit", commit_and_die),
    }
    name, function = replaced[step]
    setattr(Server, name, function)
    load.load(Settings(home=Path(home), postgres_schema=schema))


if __name__ == "__main__":
    main(*sys.argv[1:])
