"""The bytes of deliveries as they were sent, compressed and named by their hash.

Belongs here: hashing, keeping, opening. Does not belong here: where bytes come from (`sources`, `archives`), which are
kept: a feed with personal columns is hashed only.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from orchestration.settings import Settings

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Staged:
    """Bytes that were read once: their hash and size, and the compressed copy, where one is to be kept."""

    sha256: str
    size: int
    copy: Path | None


def stored_path(settings: Settings, sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return settings.lake / "files" / f"{sha256}.zst"


@contextmanager
def work_folder(settings: Settings) -> Iterator[Path]:
    """A folder for what is being taken in, on the file system of the lake, gone afterwards."""
    parent = settings.lake / ".work"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


def stage(chunks: Iterable[bytes], copy: Path | None) -> Staged:
    """Read bytes to their end: hash them, and write them compressed to `copy`."""
    digest = hashlib.sha256()
    size = 0
    if copy is None:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
    else:
        with pa.output_stream(str(copy), compression="zstd") as compressed:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                compressed.write(chunk)
    return Staged(digest.hexdigest(), size, copy)


def write(chunks: Iterable[bytes], target: Path) -> tuple[str, int]:
    """Write bytes to `target` as they are; returns their hash and number."""
    digest = hashlib.sha256()
    size = 0
    with target.open("wb") as stream:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            stream.write(chunk)
    return digest.hexdigest(), size


def keep(settings: Settings, staged: Staged) -> None:
    """Keep a staged copy for good; bytes that are kept already are not kept twice."""
    if staged.copy is None:
        return
    target = stored_path(settings, staged.sha256)
    if target.exists():
        staged.copy.unlink(missing_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.copy.replace(target)


def stored_bytes(settings: Settings, sha256: str) -> Iterator[bytes]:
    """The kept bytes, in chunks. Raises FileNotFoundError where they were never kept."""
    with (
        stored_path(settings, sha256).open("rb"),
        pa.input_stream(str(stored_path(settings, sha256)), compression="zstd") as stored,
    ):
        while chunk := stored.read(_CHUNK):
            yield chunk


def unpack(settings: Settings, sha256: str, target: Path) -> None:
    """Write the kept bytes to `target`. Raises FileNotFoundError where they were never kept."""
    chunks = stored_bytes(settings, sha256)
    first = next(chunks, b"")
    with target.open("wb") as stream:
        stream.write(first)
        for chunk in chunks:
            stream.write(chunk)
