"""The header of a CSV file: where it stands, what its columns are called, and what to say where one is missing.

Belongs here: the first header of ours. Does not belong here: later tables of the file (`csv_tables`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from orchestration.contracts.model import Contract, Server
from orchestration.ingest.csv_cells import is_open, split_line
from orchestration.ingest.csv_text import whole_lines, wrong_encoding
from orchestration.ingest.relation import Unreadable

#: bounds of a header, and of the lines below the preamble among which one that lacks columns is looked for
_HEADER_LINES = 16
_HEADER_BYTES = 1 << 20
_TOP_LINES = 100
_OTHER_ENCODINGS = ("utf-8", "cp1252", "cp850")


@dataclass(frozen=True)
class Header:
    """A header: its physical lines from `first` to `last`, and its cells, trimmed."""

    first: int
    last: int
    cells: tuple[str, ...]


def mapped_names(contract: Contract) -> list[str]:
    """The columns of theirs that the contract maps."""
    return [mapping.physical_name for mapping in contract.mappings if mapping.physical_name]


def trimmed(cell: str) -> str:
    """A name as it is compared: without blanks and byte order marks around it, line breaks as line feeds."""
    return cell.strip("\ufeff \t\r\n\u00a0").replace("\r\n", "\n").replace("\r", "\n")


def column_names(cells: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns under a header, unique whatever the case, in the contract's spelling where it maps one.

    A nameless column is called `column 3`; a name that stands twice is none, and becomes `Qty 3` and `Qty 5`.
    """
    spelling = {trimmed(name): name for name in wanted}
    reserved = {name.casefold() for name in spelling if name in cells}
    times = Counter(cells)
    names: dict[str, str] = {}
    for place, cell in enumerate(cells, start=1):
        folded = cell.casefold()
        is_plain = times[cell] == 1 and (cell in spelling or (folded not in reserved and folded not in names))
        called = cell if is_plain and cell else f"{cell or 'column'} {place}"
        called = spelling.get(called, called)
        while called.casefold() in names:
            called = f"{called} {place}"
        names[called.casefold()] = called
    return tuple(names.values())


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
        for line in chunk.removesuffix(end).split(end):
            number += 1
            yield number, line


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
    """The first header of a file that holds all of `wanted`."""
    pieces = [max(re.split(f"[\n{re.escape(server.quote)}]", name), key=len).encode() for name in wanted]
    before = 0
    for end, chunk in whole_lines(server, source):
        rarest = min(pieces, key=chunk.count)
        at = chunk.find(rarest)
        while at >= 0:
            for start in _starts(chunk, end, at):
                lines = list(enumerate(_window(chunk, end, start), start=before + chunk.count(end, 0, start) + 1))
                header = _record(server, lines, 0)
                if wanted <= set(header.cells):
                    return header
            line_end = chunk.find(end, at)
            at = chunk.find(rarest, line_end) if line_end >= 0 else -1
        before += chunk.count(end)
    return None


def _starts(chunk: bytes, end: bytes, at: int) -> Iterator[int]:
    """Where the line of a position begins, and where the lines before it do: a header may have several."""
    for _ in range(_HEADER_LINES // 2):
        at = chunk.rfind(end, 0, at)
        yield at + 1
        if at < 0:
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


def fold(name: str) -> str:
    """A name without case, accents and signs."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
