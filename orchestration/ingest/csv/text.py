"""From the bytes of a CSV file to UTF-8 with lines of bounded length, or the reason why not.

Belongs here: encodings, byte order marks, what ends a line. No encoding is guessed: where the stated one does not hold,
the file is refused, and the cure is named.
Does not belong here: numbering and splitting lines (`csv.lines`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import nullcontext
from io import BufferedReader
from pathlib import Path

from orchestration.contracts.model import Server
from orchestration.ingest.relation import Unreadable

#: bytes of UTF-8 in a line, or in a record of several; what is longer is no line of a table
LINE_LIMIT = 1 << 20
#: no more than LINE_LIMIT, so that a line that is too long always crosses the border of two chunks
_CHUNK = 1 << 20
_SAMPLE = 64 << 10
_UTF8 = frozenset({"utf-8", "utf-8-sig"})
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
#: encodings in which text that is valid UTF-8 makes no sense
_WESTERN = frozenset({"cp1252", "iso8859-1", "iso8859-15", "cp437", "cp850"})
#: a carriage return that is no part of a line end with a line feed
_ALONE = re.compile(rb"\r(?![\r\n])")
#: control characters of latin-1 that cp1252 prints
_PRINTED_BY_CP1252 = bytes(set(range(0x80, 0xA0)) - {0x81, 0x8D, 0x8F, 0x90, 0x9D})


def wrong_encoding(what: str) -> Unreadable:
    """The refusal of a file whose encoding is not the stated one, with the cure."""
    return Unreadable("encoding", f"{what}; correct `encoding` in the contract")


def as_utf8(server: Server, source: Path, work: Path) -> Path:
    """The file as UTF-8, checked to its last byte: itself, or a copy below `work`.

    Raises Unreadable where the stated encoding does not hold or a line is longer than LINE_LIMIT.
    """
    try:
        codec = codecs.lookup(server.encoding).name
    except LookupError:
        raise wrong_encoding(f"encoding {server.encoding} is unknown") from None
    is_utf8, target = codec in _UTF8, work / "lines.utf8"
    with source.open("rb") as read, nullcontext() if is_utf8 else target.open("wb") as write:
        run, number, end = 0, 1, b""
        for chunk in _decoded(server, codec, read):
            end = end or line_end(server, chunk)
            run, number = _measured(chunk, end, run, number)
            if write:
                write.write(chunk)
    return source if is_utf8 else target


def _measured(chunk: bytes, end: bytes, run: int, number: int) -> tuple[int, int]:
    """Length and number of the line that a chunk leaves open, from those of the one that it goes on with."""
    first = chunk.find(end)
    run += len(chunk) if first < 0 else first
    if run > LINE_LIMIT:
        reason = f"line {number} is longer than {LINE_LIMIT >> 20} MB; ask the partner to send it again"
        raise Unreadable("line_length", reason)
    return run if first < 0 else len(chunk) - chunk.rfind(end) - 1, number + chunk.count(end)


def _decoded(server: Server, codec: str, read: BufferedReader) -> Iterator[bytes]:
    """Chunks of a file as UTF-8."""
    decoder, doubt = codecs.getincrementaldecoder(codec)(), _Doubt(server, codec)
    try:
        while chunk := read.read(_CHUNK):
            if read.tell() == len(chunk):
                _check_byte_order_mark(server, codec, chunk)
            decoded = decoder.decode(chunk)
            doubt.look_at(chunk)
            yield chunk if codec in _UTF8 else decoded.encode()
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise _undecodable(server, codec, error, read) from None
    doubt.conclude()


class _Doubt:
    """Whether a file that can be decoded is in the stated encoding after all."""

    def __init__(self, server: Server, codec: str) -> None:
        self._stated = server.encoding
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._is_ascii = True
        self._may_be_utf8 = codec in _WESTERN
        self._odd = _PRINTED_BY_CP1252 if codec in ("iso8859-1", "iso8859-15") else b""
        self._may_be_cp1252 = False

    def look_at(self, chunk: bytes) -> None:
        if chunk.isascii():
            return
        self._is_ascii = False
        self._may_be_cp1252 = self._may_be_cp1252 or len(chunk.translate(None, self._odd)) < len(chunk)
        if self._may_be_utf8:
            self._go_on(chunk)

    def _go_on(self, chunk: bytes) -> None:
        try:
            self._utf8.decode(chunk, final=not chunk)
        except UnicodeError:
            self._may_be_utf8 = False

    def conclude(self) -> None:
        """Raise Unreadable where it is not."""
        self._go_on(b"")
        if self._may_be_utf8 and not self._is_ascii:
            raise wrong_encoding(f"the file is utf-8, not {self._stated}")
        if self._may_be_cp1252:
            raise wrong_encoding(f"the file holds characters that {self._stated} does not print; it may be cp1252")


def _check_byte_order_mark(server: Server, codec: str, chunk: bytes) -> None:
    said = next((name for mark, name in _BYTE_ORDER_MARKS.items() if chunk.startswith(mark)), None)
    if said and not codec.startswith((said, "utf-32")):
        raise wrong_encoding(f"the file begins with the byte order mark of {said}, and is not {server.encoding}")
    if codec == "utf-16" and not said:
        raise wrong_encoding("the file does not begin with the byte order mark of utf-16")


def _undecodable(server: Server, codec: str, error: UnicodeError, read: BufferedReader) -> Unreadable:
    what = f"the file is not {server.encoding}"
    if isinstance(error, UnicodeDecodeError):
        # what the decoder was given ends where the file was read to
        position = read.tell() - len(error.object) + error.start
        read.seek(0)
        before = 0
        while position > 0 and (chunk := read.read(min(position, _CHUNK))):
            before, position = before + chunk.count(b"\n"), position - len(chunk)
        what += f": byte 0x{error.object[error.start]:02x} on line {before + 1}"
    return wrong_encoding(f"{what}; it may be cp1252" if codec in _UTF8 else what)


def line_end(server: Server, start: bytes) -> bytes:
    """What ends the lines of a UTF-8 file that starts so: a line feed, or for old Macintosh files a carriage return.

    A line feed may follow carriage returns. What stands in quotes does not count: a cell may hold the other one.
    """
    sample = start[:_SAMPLE]
    if server.quote and b"\n" in sample and _ALONE.search(sample):
        quote = re.escape(server.quote.encode())
        sample = re.sub(quote + rb"[^" + quote + rb"]*" + quote, b"", sample)
    return b"\r" if len(_ALONE.findall(sample)) > sample.count(b"\n") else b"\n"


def whole_lines(server: Server, source: Path) -> Iterator[tuple[bytes, bytes]]:
    """What ends the lines of a UTF-8 file, with chunks of whole lines; the byte order mark is left out."""
    rest = b""
    with source.open("rb") as stream:
        chunk = stream.read(_CHUNK)
        end = line_end(server, chunk)
        chunk = chunk.removeprefix(codecs.BOM_UTF8)
        while chunk:
            cut = chunk.rfind(end) + 1
            if cut:
                yield end, rest + chunk[:cut]
            rest = chunk[cut:] if cut else rest + chunk
            chunk = stream.read(_CHUNK)
    if rest:
        yield end, rest
