"""Runs that kill themselves with SIGKILL, one after the other on one home: `killed.py STAGES ARGUMENTS…`.

Belongs here: what a test starts as a process of its own. STAGES is JSON: by stage, the module, the function and which
call of it (from 1) the process dies at. Each run is a fork of this process, so that all are loaded once.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from pathlib import Path

import orchestration.automation.execute  # noqa: F401  loaded here, used by each run
from orchestration.cli import main


def _kill_at(module_name: str, function: str, call: int) -> None:
    module = importlib.import_module(module_name)
    original = getattr(module, function)
    calls = []

    def killed(*arguments: object, **keywords: object) -> object:
        calls.append(1)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **keywords)

    setattr(module, function, killed)


def _killed_run(stage: str, place: tuple[str, str, int], arguments: list[str]) -> None:
    run = os.fork()
    if run == 0:
        try:
            _kill_at(*place)
            sys.argv = ["selltrace", *arguments]
            main()
        finally:
            os._exit(1)
    if os.waitstatus_to_exitcode(os.waitpid(run, 0)[1]) != -signal.SIGKILL:
        sys.exit(f"{stage}: the run was not killed")
    if (Path(arguments[arguments.index("--home") + 1]) / "releases" / "current").exists():
        sys.exit(f"{stage}: a killed run left a release")


if __name__ == "__main__":
    for name, where in json.loads(sys.argv[1]).items():
        _killed_run(name, where, sys.argv[2:])
