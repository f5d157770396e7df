"""The bytes of deliveries as they were sent, compressed and named by their hash.

Belongs here: copying, hashing, opening. A feed with personal columns is hashed and not kept.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa

from orchestration.files import written_aside
from orchestration.settings import Settings

_CHUNK = 1 << 20


class FileIsChanging(Exception):
    """A file kept changing while it was read; the next run takes it up again."""


def stored_path(settings: Settings, sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return settings.lake / "files" / f"{sha256}.zst"


def fingerprint(source: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with source.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def settled_fingerprint(source: Path, attempts: int = 3) -> tuple[str, int, int]:
    """Hash, size and modification time of a file that did not change while it was read.

    Raises FileIsChanging.
    """
    for _ in range(attempts):
        before = source.stat()
        sha256 = fingerprint(source)
        after = source.stat()
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return sha256, after.st_size, after.st_mtime_ns
    raise FileIsChanging(f"{source.name} is still being written; it is taken up by the next run")


def keep(settings: Settings, source: Path, sha256: str) -> None:
    """Keep the bytes of a file. Raises FileIsChanging if they are no longer those that were hashed."""
    target = stored_path(settings, sha256)
    if target.exists():
        return
    digest = hashlib.sha256()
    with written_aside(target) as aside:
        with source.open("rb") as stream, pa.output_stream(str(aside), compression="zstd") as compressed:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                compressed.write(chunk)
        if digest.hexdigest() != sha256:
            raise FileIsChanging(f"{source.name} changed while it was copied; it is taken up by the next run")


def unpack(settings: Settings, sha256: str, target: Path) -> None:
    """Write the kept bytes to `target`. Raises FileNotFoundError where they were never kept."""
    with (
        stored_path(settings, sha256).open("rb"),
        pa.input_stream(str(stored_path(settings, sha256)), compression="zstd") as stored,
        target.open("wb") as stream,
    ):
        while chunk := stored.read(_CHUNK):
            stream.write(chunk)
