"""Lines of a file as the partner sent them, by their physical line number.

Belongs here: reading the bytes that the lake keeps under their hash. Does not belong here: what a line means.
"""

from __future__ import annotations

import io
from collections.abc import Set
from pathlib import Path

import pyarrow as pa


def raw_lines(lake: Path, sha256: str, encoding: str, numbers: Set[int]) -> dict[int, str]:
    """Text of the lines `numbers` (from 1, preamble and header counted), without their line ends.

    Reads no further than the last one asked for. Empty where the bytes are not kept, as for feeds with personal data.
    """
    stream = _open(lake / "files" / sha256)
    if stream is None or not numbers:
        return {}
    last = max(numbers)
    found = {}
    with io.TextIOWrapper(stream, encoding=encoding, errors="replace") as text:
        for number, line in enumerate(text, start=1):
            if number in numbers:
                found[number] = line.rstrip("\n")
            if number >= last:
                break
    return found


def _open(path: Path) -> io.BufferedReader | None:
    """The bytes as sent, kept plain or zstd-compressed."""
    compressed = path.with_name(f"{path.name}.zst")
    if compressed.exists():
        return io.BufferedReader(pa.input_stream(str(compressed), compression="zstd"))
    return path.open("rb") if path.exists() else None
