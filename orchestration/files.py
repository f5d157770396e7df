"""Files that appear whole or not at all.

Belongs here: writing aside and renaming. Nothing here knows what the files hold.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; it takes the name of `target` when the block ends well.

    Works for files and folders. A reader sees the old content, or the new one, never a part.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".writing-{os.getpid()}-{target.name}")
    remove(aside)
    try:
        yield aside
        if aside.is_dir():
            # a folder of this name without a ledger entry is what a killed run left
            remove(target)
        aside.replace(target)
    finally:
        remove(aside)


def read_json(source: Path) -> dict[str, Any]:
    """Read a JSON object."""
    content: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return content


def remove(path: Path) -> None:
    """Remove a file or a folder, or nothing if it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
