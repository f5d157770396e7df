"""Publish in a process of its own and kill it, as a power cut would, when it reaches a step.

Usage: publish_and_die.py HOME STEP. Belongs here: dying. Does not belong here: judging what is left.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[3]))

from small_warehouse import publish_again

from orchestration.publish import release
from orchestration.settings import Settings


def die(*_: object) -> None:
    """End at once, without a chance to clean up."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(home: str, step: str) -> None:
    """Publish, and die at `step`; at `link made` between making the new link and renaming it."""
    if step == "link made":
        Path.replace = die  # type: ignore[method-assign, assignment]
    else:
        release._reached = lambda reached: die() if reached == step else None  # type: ignore[assignment, misc]
    publish_again(Settings(home=Path(home)))


if __name__ == "__main__":
    main(*sys.argv[1:])
