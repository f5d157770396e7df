"""The landing folder: files on this machine, which readers open where they lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.landing.globs import Glob, walk
from orchestration.landing.sources import Listed, Source
from orchestration.settings import Settings

CHUNK = 1 << 20
_CURE = "put the files there, or make the link as the user that runs selltrace"


class Local:
    """The landing folder as a source; names are paths below it."""

    def __init__(self, landing: Path) -> None:
        self._landing = landing
        self._resolved = landing.resolve()

    def listed(self, pattern: str, problems: list[str]) -> Iterator[Listed]:
        """Files that match, those that a link inside the landing folder leads to included."""

        def entries(folder: str) -> Iterator[os.DirEntry[str]]:
            try:
                with os.scandir(self._landing / folder) as found:
                    yield from found
            except (FileNotFoundError, NotADirectoryError):
                return  # nothing landed yet, or it left while others were looked at
            except OSError as error:
                problems.append(f"{folder} cannot be listed ({error.strerror}); let selltrace read it")

        def may_follow(name: str) -> bool:
            try:
                target = (self._landing / name).resolve()
            except (OSError, RuntimeError):
                return False  # it leads in a circle
            if target.is_relative_to(self._resolved) or _is_ours(self._landing / name):
                return True
            problems.append(f"{_shown(name)} is a link of another user that leads out of the landing folder; {_CURE}")
            return False

        glob = Glob(pattern)
        steps = glob.root.split("/") if glob.root else []
        folders = ["/".join(steps[: depth + 1]) for depth in range(len(steps))]
        if not all(may_follow(folder) for folder in folders if (self._landing / folder).is_symlink()):
            return
        for name, entry in walk(glob, entries, may_follow):
            try:
                state = entry.stat()
            except FileNotFoundError:
                continue
            except OSError as error:
                problems.append(f"{_shown(name)} cannot be looked at ({error.strerror}); let selltrace read it")
                continue
            yield Listed(name, state.st_size, state.st_mtime_ns)

    def state(self, name: str) -> Listed:
        """A file as it is now. Raises FileNotFoundError."""
        state = (self._landing / name).stat()
        return Listed(name, state.st_size, state.st_mtime_ns)

    def chunks(self, file: Listed) -> Iterator[bytes]:
        """The bytes of a file."""
        return chunks_of(self._landing / file.name)

    def path(self, file: Listed) -> Path | None:
        """The file itself."""
        return self._landing / file.name


def _is_ours(link: Path) -> bool:
    """Whether the operator made a link: what a partner's account leaves there must not show files of this machine."""
    return link.lstat().st_uid in (os.geteuid(), 0)


def chunks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file on this machine, a piece at a time."""
    with path.open("rb", buffering=0) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


@contextmanager
def open_local(settings: Settings) -> Iterator[Source]:
    """The landing folder of a home."""
    yield Local(settings.landing)


def _shown(name: str) -> str:
    return name.encode(errors="replace").decode()
