"""What zip, tar and gzip hold: entries and their bytes, within bounds of memory and size.

Belongs here: the layout of the formats, and what breaks or fills a machine. Does not belong here: how much is allowed
(`budget`), which entries are taken (`archives`).
"""

from __future__ import annotations

import errno
import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Protocol, TypeVar, cast

from orchestration.landing.budget import Budget, Refused

_CHUNK = 1 << 20
#: what may be said of a member, and of all members of a zip: longer headers are there to fill the memory
_HEADER = 256 << 10
_LISTED_MEMBER = 512
_LISTED_ZIP = 4 << 20
#: others need memory that no bound holds for
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, struct.error,
    EOFError, ValueError, OverflowError, NotImplementedError, RecursionError, IndexError,
)  # fmt: skip

T = TypeVar("T")


class Readable(Protocol):
    """Bytes, read from the beginning on."""

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes; none at the end."""


@dataclass(frozen=True)
class Found:
    """An entry of an archive, not a folder: its name as it stands there, and its bytes."""

    name: str
    is_file: bool
    chunks: Callable[[], Iterator[bytes]]


def whole(parts: Iterator[T]) -> Iterator[T]:
    """Pass on what is read of an archive. Raises Refused where it is broken."""
    try:
        yield from parts
    except _BROKEN as error:
        raise Refused(f"the archive is broken ({error}); ask the partner to send it again") from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise Refused("the archive is broken (it points outside of itself); ask the partner to send it again") from None


def gz_content(path: Path, budget: Budget) -> Iterator[bytes]:
    """The bytes of a compressed file."""
    with gzip.open(path) as stream:
        yield from _counted(stream, budget)


def zip_members(path: Path, name: str, budget: Budget) -> Iterator[Found]:
    """Entries of a zip."""
    with _ShortReads(path, budget.members * _LISTED_MEMBER + _LISTED_ZIP) as stream, zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            budget.count_member()
            if not info.orig_filename.endswith(("/", "\\")):
                is_file = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
                yield Found(info.orig_filename, is_file, partial(_zip_content, archive, info, budget))


def _zip_content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    if info.flag_bits & _ENCRYPTED:
        raise Refused("the archive is encrypted; ask the partner to send it without a password")
    if info.compress_type not in _METHODS:
        raise Refused("the archive is compressed in an unusual way; ask the partner for a plain zip (deflate)")
    with archive.open(info) as stream:
        yield from _counted(stream, budget)


def _counted(stream: Readable, budget: Budget) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        budget.spend(len(chunk))
        yield chunk


class _ShortReads(io.FileIO):
    """A file of which no more is read at once than a bound: zipfile reads the list of members whole."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path)
        self._most = most

    def read(self, size: int | None = -1) -> bytes:
        """Read `size` bytes, or all that are left."""
        wanted = size if size is not None and size >= 0 else self._left()
        if wanted > self._most:
            raise Refused("the list of files of the archive is too long; ask the partner for smaller ones")
        data = bytearray()
        while piece := super().read(wanted - len(data)):
            data += piece
        return bytes(data)

    def _left(self) -> int:
        at = self.tell()
        end = self.seek(0, io.SEEK_END)
        self.seek(at)
        return max(end - at, 0)


def tar_members(path: Path, name: str, budget: Budget) -> Iterator[Found]:
    """Entries of a tar, compressed or not."""
    with path.open("rb") if name.endswith(".tar") else gzip.open(path) as stream:
        tape = _Tape(stream, budget)
        with tarfile.TarFile(fileobj=cast(IO[bytes], tape), encoding="utf-8") as archive:
            while (info := tape.next_header(archive)) is not None:
                budget.count_member()
                if not info.isdir():
                    yield Found(info.name, info.isreg() and not info.issparse(), partial(tape.content, info.size))
        tape.run_out()


class _Tape:
    """What tarfile reads a tar from: forward only, every byte counted, headers within a bound."""

    def __init__(self, stream: Readable, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget
        self._at = 0
        self._header = b""
        self._header_left = _HEADER

    def tell(self) -> int:
        """Bytes read so far."""
        return self._at

    def seek(self, to: int) -> None:
        """Skip bytes."""
        if to < self._at:
            raise tarfile.ReadError("a member begins before its header")
        while self._at < to and self._read(min(_CHUNK, to - self._at)):
            pass

    def read(self, size: int) -> bytes:
        """Read a part of a header."""
        self._header_left -= size
        if self._header_left < 0:
            raise tarfile.ReadError("a header is too long")
        self._header = self._read(size)
        return self._header

    def next_header(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        """The next member; None at the end."""
        self._header_left = _HEADER
        return archive.next()

    def content(self, size: int) -> Iterator[bytes]:
        """The bytes of the member whose header was read last."""
        left = size
        while left > 0:
            chunk = self._read(min(_CHUNK, left))
            if not chunk:
                raise tarfile.ReadError("unexpected end of data")
            left -= len(chunk)
            yield chunk

    def run_out(self) -> None:
        """Read what follows the end, so that checksums are checked and nothing is overlooked."""
        if self._header.count(0) != len(self._header):
            raise tarfile.ReadError("a header is damaged")  # to tarfile, this is an end like any other
        while chunk := self._read(_CHUNK):
            if chunk.count(0) != len(chunk):
                raise tarfile.ReadError("something follows its end")

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._at += len(data)
        self._budget.spend(len(data))
        return data
