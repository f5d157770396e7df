"""A few lines of a large CSV file, with its head: enough to read them as the whole file would.

Belongs here: cutting them out of the compressed bytes, without unpacking the rest to disk or splitting it into lines.
Does not belong here: reading what was cut out (`csv.reader`), nor what to do where that does not give all lines.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Set
from itertools import chain
from pathlib import Path

from orchestration.contracts.model import Server
from orchestration.ingest.csv.text import line_end

#: lines after the preamble among which the header is looked for first, and after a line that a quote may reach over
_HEAD_LINES = 200
_TAIL_LINES = 50
#: encodings in which the byte of a line feed is nothing else
_OF_BYTES = re.compile(r"utf-8|utf_8|ascii|cp\d+|iso8859")


def excerpt(server: Server, chunks: Iterable[bytes], target: Path, numbers: Set[int]) -> dict[int, int] | None:
    """Write the head of a file and the lines `numbers` to `target`: lines of the excerpt to lines of the file.

    Stops at the last line that is needed. None where lines cannot be told by their line feeds alone.
    """
    if not _OF_BYTES.match(codecs.lookup(server.encoding).name):
        return None
    head = server.skip_rows + _HEAD_LINES
    chunks = iter(chunks)
    start = next(chunks, b"")
    if line_end(server, start) != b"\n" or start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    wanted = sorted({*range(1, head + 1), *(n + more for n in numbers for more in range(_TAIL_LINES))})
    place: dict[int, int] = {}
    with target.open("wb") as stream:
        for number, line in _lines(chain([start], chunks), wanted):
            place[len(place) + 1] = number
            stream.write(line)
    return place


def _lines(chunks: Iterable[bytes], wanted: list[int]) -> Iterator[tuple[int, bytes]]:
    """The wanted lines of a file; a chunk without one is only counted through."""
    remaining = iter(wanted)
    next_wanted = next(remaining, None)
    number, rest = 1, b""
    for read in chunks:
        feeds = read.count(b"\n")
        if next_wanted is not None and next_wanted > number + feeds:
            number, rest = number + feeds, rest + read if not feeds else read[read.rindex(b"\n") + 1 :]
            continue
        *whole, rest = (rest + read).split(b"\n")
        for line in whole:
            if number == next_wanted:
                yield number, line + b"\n"
                next_wanted = next(remaining, None)
            number += 1
        if next_wanted is None:
            return
    if rest and number == next_wanted:
        yield number, rest
