"""Publish or roll back in a process of its own and kill it, as a power cut would, when it reaches a step.

Usage: publish_and_die.py HOME STEP. Belongs here: dying. Does not belong here: judging what is left.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[3]))

from small_warehouse import publish_again

from orchestration.publish import files, release
from orchestration.publish.rollback import rollback
from orchestration.settings import Settings


def die(*_: object, **__: object) -> None:
    """End at once, without a chance to clean up."""
    os.kill(os.getpid(), signal.SIGKILL)


def _die_half_way_through(doomed: Path) -> None:
    """Delete every other file of a release, then die."""
    for path in sorted(path for path in doomed.rglob("*") if path.is_file())[::2]:
        path.unlink()
    die()


def _die_after(function: Callable[..., None]) -> Callable[..., None]:
    return lambda *arguments, **keywords: (function(*arguments, **keywords), die())[-1]


def publish_and_die(settings: Settings, step: str) -> None:
    """Publish, and die at `step`: one that a publish names, or `link made`, `deleting` or `half deleted`."""
    if step == "link made":
        patch = mock.patch.object(Path, "replace", die)
    elif step == "deleting":
        patch = mock.patch.object(files.shutil, "rmtree", die)
    elif step == "half deleted":
        patch = mock.patch.object(files.shutil, "rmtree", _die_half_way_through)
    else:
        patch = mock.patch.object(release, "_reached", lambda reached: die() if reached == step else None)
    with patch:
        publish_again(settings)


def roll_back_and_die(settings: Settings, step: str) -> None:
    """Roll back, and die at `step`: `marked`, `link made` or `rolled back`."""
    patch = {
        "marked": mock.patch.object(files, "replace_text", _die_after(files.replace_text)),
        "link made": mock.patch.object(Path, "symlink_to", _die_after(Path.symlink_to)),
        "rolled back": mock.patch.object(files, "point_current", _die_after(files.point_current)),
    }[step]
    with patch:
        rollback(settings)


if __name__ == "__main__":
    publish_and_die(Settings(home=Path(sys.argv[1])), sys.argv[2])
