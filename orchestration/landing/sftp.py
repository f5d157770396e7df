"""Files on SFTP servers, as a source of feeds.

Belongs here: listing and reading. Does not belong here: connecting (`ssh`), which files are new (`look`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

import paramiko

from orchestration.contracts.location import sftp_location
from orchestration.landing.globs import Glob, walk
from orchestration.landing.names import name_problem
from orchestration.landing.sources import FileIsChanging, Listed, Source, UnreachableServer, UnreadableServer
from orchestration.landing.ssh import BROKEN, Client, KnownHostFiles, RemoteEntry, connect
from orchestration.settings import Settings

#: servers need not answer with more at a time; many requests are under way at once, since each waits for the network
_BLOCK = 32 << 10
_WINDOW = 64 * _BLOCK


class Sftp:
    """A server as a source; names are `host/path`."""

    def __init__(self, files: KnownHostFiles, address: str) -> None:
        self._files = files
        self._address = address
        self._idle: SimpleQueue[Client] = SimpleQueue()
        self._idle.put(files.ftp)

    def listed(self, pattern: str, problems: list[str]) -> Iterator[Listed]:
        """Files that match; links to files are followed, links to folders are not."""
        glob = Glob(pattern)

        def entries(folder: str) -> Iterator[RemoteEntry]:
            if wrong := name_problem(folder):
                problems.append(wrong)
                return
            try:
                with self._in_words():
                    yield from self._files.ftp.entries(self._path(folder) or "/")
            except FileNotFoundError:
                if folder == glob.root:
                    problem = f"no folder {self._path(folder)} on {self._address}; correct `location`"
                    raise UnreadableServer(problem) from None
            except PermissionError:
                problems.append(f"{folder} may not be listed; ask for the right to read it")

        for name, entry in walk(glob, entries, lambda name: True):
            if not entry.is_symlink() or name_problem(name):
                yield _listed(name, entry.attributes)
            elif target := self._target(name):
                yield _listed(name, target.attributes)

    def _target(self, name: str) -> RemoteEntry | None:
        """The file that a link leads to; None where it leads to none."""
        try:
            with self._in_words():
                target = RemoteEntry(name, self._files.ftp.stat(self._path(name)))
        except OSError:
            return None
        return target if target.is_file() else None

    def state(self, name: str) -> Listed:
        """A file as it is now. Raises FileNotFoundError."""
        with self._in_words(), self._channel() as channel:
            return _listed(name, channel.stat(self._path(name)))

    def chunks(self, file: Listed) -> Iterator[bytes]:
        """The bytes of a file, up to the listed size."""
        with self._in_words(), self._channel() as channel, channel.open(self._path(file.name), "rb") as stream:
            for start in range(0, file.size, _WINDOW):
                end = min(start + _WINDOW, file.size)
                wanted = [(at, min(_BLOCK, end - at)) for at in range(start, end, _BLOCK)]
                for (_, size), block in zip(wanted, stream.readv(wanted), strict=True):
                    # what follows the end of a file never comes, and paramiko would wait for it
                    if len(block) < size:
                        raise FileIsChanging(f"{file.name} became shorter")
                    yield block

    def path(self, file: Listed) -> Path | None:
        """None: files are elsewhere."""
        return None

    def _path(self, name: str) -> str:
        return name.removeprefix(self._address)

    @contextmanager
    def _channel(self) -> Iterator[Client]:
        """A channel for one thread alone: a new one where none is idle, unless the server grants no more."""
        try:
            channel = self._idle.get_nowait()
        except Empty:
            channel = self._files.another() or self._idle.get()
        try:
            yield channel
        finally:
            self._idle.put(channel)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say what went wrong with the server; what went wrong with a file says so itself."""
        try:
            yield
        except (FileNotFoundError, PermissionError):
            raise
        except BROKEN as error:
            told = str(error) or type(error).__name__
            raise UnreachableServer(f"{self._address} broke off ({told}); the next run takes it up again") from None


@contextmanager
def open_sftp(settings: Settings, location: str) -> Iterator[Source]:
    """A connection to the server of a location. Raises UnreadableServer."""
    try:
        place = sftp_location(location)
    except ValueError as error:
        raise UnreadableServer(f"{error} in the contract") from None
    files = connect(settings, place)
    try:
        yield Sftp(files, place.address)
    finally:
        files.client.close()


def _listed(name: str, attributes: paramiko.SFTPAttributes) -> Listed:
    return Listed(name, attributes.st_size or 0, (attributes.st_mtime or 0) * 10**9)
