"""A run that kills itself with SIGKILL at a named function: `killed.py MODULE FUNCTION CALL ARGUMENTS…`.

Belongs here: what a test starts as a process of its own. `CALL` counts from 1; the process dies when it begins.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys

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


if __name__ == "__main__":
    module_name, function, call, *arguments = sys.argv[1:]
    _kill_at(module_name, function, int(call))
    sys.argv = ["selltrace", *arguments]
    main()
