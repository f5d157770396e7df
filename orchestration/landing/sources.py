"""The servers that feeds are read from, behind one face: what they list, and the bytes of what they listed.

Belongs here: the face, and which server a contract means. Does not belong here: a protocol (`local`, `s3`, `sftp`),
what is new (`look`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from orchestration.contracts.location import s3_location, sftp_location
from orchestration.contracts.model import Server
from orchestration.settings import Settings

#: what is equal for feeds that one connection serves
Connection = tuple[str | int | None, ...]

_REST_SECONDS = 30.0
_UNREACHABLE: dict[Connection, tuple[float, str]] = {}


class UnreadableServer(Exception):
    """The files of a server cannot be listed or read; the text says why, and the cure."""


class UnreachableServer(UnreadableServer):
    """A server that does not answer, or lets nobody in: nothing on it can be read now."""


class FileIsChanging(Exception):
    """A file kept changing while it was read; the next run takes it up again."""


class Listed(NamedTuple):
    """A file as a listing shows it. A change of any of the three means: look at it again."""

    name: str
    size: int
    modified_ns: int


class Source(Protocol):
    """A server. All methods raise UnreadableServer where it as a whole fails, OSError where one file does.

    Several files may be asked for at once, each by a thread of its own.
    """

    def listed(self, pattern: str, problems: list[str]) -> Iterator[Listed]:
        """Files that match; what cannot be read is added to `problems` in words."""

    def state(self, name: str) -> Listed:
        """A file as it is now. Raises FileNotFoundError."""

    def chunks(self, file: Listed) -> Iterator[bytes]:
        """The bytes of a file. Raises FileIsChanging where it is not the listed one any more."""

    def path(self, file: Listed) -> Path | None:
        """The file itself, where it lies on this machine."""


def pattern_of(server: Server) -> str:
    """The glob over names of files: below the landing folder, `bucket/key`, or `host/path`."""
    try:
        if server.type == "s3":
            return s3_location(server.path).pattern
        if server.type == "sftp":
            return sftp_location(server.path).pattern
    except ValueError as error:
        raise UnreadableServer(f"{error} in the contract") from None
    return "/".join(part for part in server.path.split("/") if part not in ("", "."))


def connection_of(server: Server) -> Connection:
    """The connection that a server of a contract needs."""
    if server.type == "sftp":
        try:
            location = sftp_location(server.path)
        except ValueError:
            return (server.type, server.path)
        return (server.type, location.user, location.host, location.port)
    return (server.type, server.endpoint_url)


@contextmanager
def open_source(settings: Settings, server: Server) -> Iterator[Source]:
    """Connect to the server of a feed. Raises UnreadableServer.

    A server that could not be reached a moment ago is not asked again: the feeds on it would wait one after the other,
    and a partner locks who knocks too often.
    """
    connection = connection_of(server)
    since, told = _UNREACHABLE.get(connection, (-math.inf, ""))
    if time.monotonic() - since < _REST_SECONDS:
        raise UnreachableServer(told)
    try:
        with _opened(settings, server) as source:
            yield source
    except UnreachableServer as problem:
        _UNREACHABLE[connection] = (time.monotonic(), str(problem))
        raise


def _opened(settings: Settings, server: Server) -> AbstractContextManager[Source]:
    # what a home never reads from is not loaded: s3fs alone takes half a second
    if server.type == "local":
        from orchestration.landing.local import open_local

        return open_local(settings)
    if server.type == "s3":
        from orchestration.landing.s3 import open_s3

        return open_s3(settings, server.endpoint_url)
    if server.type == "sftp":
        from orchestration.landing.sftp import open_sftp

        return open_sftp(settings, server.path)
    raise UnreadableServer(
        f"servers of type {server.type} are not read, for want of adlfs; "
        "copy the files below the landing folder and write `type: local`"
    )
