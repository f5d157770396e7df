"""Where the header of a CSV file stands.

Belongs here: the first header of ours. Does not belong here: later tables of the file (`csv.tables`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from orchestration.contracts.model import Contract, Server
from orchestration.ingest.csv.cells import is_open, split_line
from orchestration.ingest.csv.names import Header, fold, mapped_names, plainest_piece, trimmed
from orchestration.ingest.csv.text import whole_lines, wrong_encoding
from orchestration.ingest.relation import Unreadable

#: bounds of a header, and of the lines below the preamble among which one that lacks columns is looked for
_HEADER_LINES = 16
_HEADER_BYTES = 1 << 20
_TOP_LINES = 100
_QUOTE_NEAR = 4096
#: lines with a name of ours that are tried as a header: a name may be a word of every line
_MOST_CANDIDATES = 10_000
_OTHER_ENCODINGS = ("utf-8", "cp1252", "cp850")


def find_header(contract: Contract, source: Path) -> Header | None:
    """The first header with all mapped columns, else the line that comes nearest to one; None where none comes near.

    Looked for below the preamble first, then in the whole file: a header may have moved. Raises Unreadable where the
    file holds nothing, or is in another encoding than stated.
    """
    server, wanted = contract.server, {trimmed(name) for name in mapped_names(contract)}
    top = list(islice(_top_lines(server, source), _TOP_LINES))
    first = _record(server, top, 0) if top else None
    if first and wanted <= set(first.cells):
        return first
    found = _search(server, source, wanted) if wanted else None
    if found is None and not top:
        raise Unreadable("header", "the file has no header line; ask the partner to send it again")
    if found is None:
        _check_encoding(server, top, wanted)
    return found or _nearest(contract, [_record(server, top, place) for place in range(len(top))], wanted)


def _top_lines(server: Server, source: Path) -> Iterator[tuple[int, str]]:
    """Lines below the preamble, from the first that is not blank."""
    size, is_below = 0, False
    for number, line in _physical_lines(server, source):
        is_below = is_below or (number > server.skip_rows and not is_blank(server, line))
        if is_below:
            size += len(line)
            if size > _HEADER_BYTES:
                return
            yield number, _text(line)


def _physical_lines(server: Server, source: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    for end, chunk in whole_lines(server, source):
        start = 0
        while start < len(chunk):
            stop = chunk.find(end, start)
            stop = len(chunk) if stop < 0 else stop
            number += 1
            yield number, chunk[start:stop]
            start = stop + 1


def is_blank(server: Server, line: bytes) -> bool:
    """Whether a line holds nothing but blanks and delimiters."""
    return not line.strip(b" \t\r" + server.delimiter.encode())


def has_lines(server: Server, source: Path, header: Header) -> bool:
    """Whether a file holds anything below its header."""
    return any(number > header.last and not is_blank(server, line) for number, line in _physical_lines(server, source))


def _text(line: bytes) -> str:
    # a file that changes while it is read may hold anything; it is read again
    return line.rstrip(b"\r").decode(errors="replace")


def _record(server: Server, lines: Sequence[tuple[int, str]], place: int) -> Header:
    """The record that begins with a line, as if it were a header."""
    first, text = lines[place]
    if is_open(server, text):
        joined = text
        for number, line in lines[place + 1 : place + _HEADER_LINES]:
            joined += f"\n{line}"
            if not is_open(server, joined):
                return Header(first, number, _cells(server, joined))
    return Header(first, first, _cells(server, text))


def _cells(server: Server, text: str) -> tuple[str, ...]:
    return tuple(trimmed(cell) for cell in split_line(server, text))


def _search(server: Server, source: Path, wanted: set[str]) -> Header | None:
    """The first header of a file that holds all of `wanted`, among the lines that hold the rarest of them."""
    pieces = [plainest_piece(server, name).encode() for name in wanted]
    before, tried = 0, 0
    for end, chunk in whole_lines(server, source):
        rarest = min(pieces, key=chunk.count)
        at = chunk.find(rarest)
        while at >= 0 and tried < _MOST_CANDIDATES:
            tried += 1
            for start in _starts(server, chunk, end, at):
                window = list(enumerate(_window(chunk, end, start), start=1))
                found = _record(server, window, 0)
                if wanted <= set(found.cells):
                    above = before + chunk.count(end, 0, start)
                    return Header(above + found.first, above + found.last, found.cells)
            line_end = chunk.find(end, at)
            at = chunk.find(rarest, line_end) if line_end >= 0 else -1
        before += chunk.count(end)
    return None


def _starts(server: Server, chunk: bytes, end: bytes, at: int) -> Iterator[int]:
    """Where the line of a position begins, and if a quote is near, lines before it: a name may hold line breaks."""
    for _ in range(_HEADER_LINES // 2):
        at = chunk.rfind(end, 0, at)
        yield at + 1
        if at < 0 or not server.quote or server.quote.encode() not in chunk[max(0, at - _QUOTE_NEAR) : at]:
            return


def _window(chunk: bytes, end: bytes, start: int) -> list[str]:
    lines: list[str] = []
    limit = min(len(chunk), start + _HEADER_BYTES)
    while start < limit and len(lines) < _HEADER_LINES:
        stop = chunk.find(end, start, limit)
        stop = limit if stop < 0 else stop
        lines.append(_text(chunk[start:stop]))
        start = stop + 1
    return lines


def _check_encoding(server: Server, top: Sequence[tuple[int, str]], wanted: set[str]) -> None:
    """Raise Unreadable where the top of a file would hold the header in another encoding."""
    text = "\n".join(line for _, line in top)
    if "\0" in text:
        raise wrong_encoding(f"line {top[0][0]} holds NUL characters, as utf-16 does that is read as {server.encoding}")
    for encoding in _OTHER_ENCODINGS:
        try:
            lines = text.encode(server.encoding).decode(encoding).splitlines()
        except UnicodeError:
            continue
        if any(wanted <= set(_cells(server, line)) for line in lines):
            raise wrong_encoding(f"the header reads as {encoding}, not {server.encoding}")


def _nearest(contract: Contract, records: Sequence[Header], wanted: set[str]) -> Header | None:
    """The record that shares most names with `wanted`, whatever their case and accents; else the first without values.

    Of a personal feed only the former: any other line may be data.
    """
    shared = [_likeness(record.cells, {fold(name) for name in wanted}) for record in records]
    if any(shared):
        return records[shared.index(max(shared))]
    holds_values = any(re.search("[0-9]", cell) for cell in records[0].cells)
    return None if contract.is_personal or holds_values else records[0]


def _likeness(cells: Sequence[str], folded: set[str]) -> int:
    if len(cells) == 1 and all(name in fold(cells[0]) for name in folded):
        return len(folded)  # all of them, behind another delimiter
    return len(folded & {fold(cell) for cell in cells})
