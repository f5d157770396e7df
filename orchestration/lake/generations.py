"""The folder of a kind's raw lines, which can be replaced as a whole.

`raw/<kind>` is a link to a folder of `generations/`. Whoever moves lines from file to file builds the next folder
beside the one that is read, files that stay as hard links, and points the link to it by one rename: at every moment,
also after a kill, the link leads to a folder that holds every line once. Other folders are removed by the next writer.
Belongs here: the link and its folders. Does not belong here: what files hold (`ingest`), which are merged (`compact`).
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.files import remove
from orchestration.settings import Settings

_UNFINISHED = ".writing-"

#: held by the thread that moves folders of lines: what came to a generation while the next one is built would be lost
MOVING = threading.Lock()


def raw_folder(settings: Settings, kind: str) -> Path:
    """Where the lines of a kind are read: one folder a delivery, or a pack of deliveries."""
    return settings.lake / "raw" / kind


def generation_of(settings: Settings, kind: str) -> Path:
    """The folder that is read now. To be asked once by who reads without the home's lock: it may be replaced."""
    return raw_folder(settings, kind).resolve()


def prepare(settings: Settings, kind: str) -> None:
    """Make sure that there is a folder to read, and remove what a killed writer left. Needs the home's lock."""
    link = raw_folder(settings, kind)
    link.parent.mkdir(parents=True, exist_ok=True)
    numbers = _numbers(settings, kind)
    if not link.is_symlink():
        # a copy of a home in which links were followed has a folder here; one without links has nothing
        number = max(numbers, default=0)
        if link.exists() or not numbers:
            number += 1
            target = _numbered(settings, kind, number)
            target.parent.mkdir(exist_ok=True)
            if link.exists():
                link.rename(target)
            else:
                target.mkdir()
        _point(settings, kind, number)
    current = generation_of(settings, kind)
    for number in _numbers(settings, kind):
        if _numbered(settings, kind, number) != current:
            remove(_numbered(settings, kind, number))
    for left in current.parent.glob(f"{_UNFINISHED}{kind}-*"):
        remove(left)


@contextmanager
def next_generation(settings: Settings, kind: str) -> Iterator[Path]:
    """Yield an empty folder; it is the one that is read when the block ends well. Needs the home's lock."""
    former = generation_of(settings, kind)
    number = max(_numbers(settings, kind)) + 1
    unfinished = former.parent / f"{_UNFINISHED}{kind}-{number}"
    remove(unfinished)
    unfinished.mkdir()
    try:
        yield unfinished
        make_durable(unfinished)
        unfinished.rename(_numbered(settings, kind, number))
        _point(settings, kind, number)
    finally:
        remove(unfinished)
    remove(former)


def link_folder(folder: Path, into: Path) -> None:
    """Give a folder of files to the next generation too, without copying where the file system can link."""
    target = into / folder.name
    target.mkdir()
    for file in folder.iterdir():
        try:
            os.link(file, target / file.name)
        except OSError:
            shutil.copyfile(file, target / file.name)


def make_durable(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk: what they replace is removed afterwards."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _numbered(settings: Settings, kind: str, number: int) -> Path:
    return settings.lake.resolve() / "generations" / f"{kind}-{number}"


def _numbers(settings: Settings, kind: str) -> list[int]:
    names = (path.name for path in (settings.lake / "generations").glob(f"{kind}-*"))
    found = (re.fullmatch(rf"{kind}-([0-9]+)", name) for name in names)
    return [int(match[1]) for match in found if match]


def _point(settings: Settings, kind: str, number: int) -> None:
    link = raw_folder(settings, kind)
    generations = settings.lake / "generations"
    # not beside the link: a glob over all kinds would read the folder twice
    fresh = generations / f"{_UNFINISHED}{kind}-link"
    remove(fresh)
    fresh.symlink_to(Path("..") / "generations" / f"{kind}-{number}", target_is_directory=True)
    make_durable(generations)
    fresh.replace(link)
    make_durable(link.parent)
