"""X12 text cut into segments, one after another: memory is bounded by a chunk of text, whatever the file holds.

Belongs here: encodings, the marks that every ISA states for its own interchange, where a segment ends.
Does not belong here: whether envelopes hold (`x12.envelopes`), what segments mean (`x12.items`, `x12.sets`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from orchestration.ingest.relation import Unreadable

#: longest segment that is read; those in use (SDQ, MSG) stay far below
LONGEST_SEGMENT = 1 << 16
#: an ISA has 106 characters where it is fixed-width, some more or less where it is not
_LONGEST_ISA = 400
_CHUNK = 1 << 20
_SHOWN = 80
_NOISE = " \t\r\n\f\v\x00\x1a\ufeff"
_NO_NOISE = re.compile(f"[^{_NOISE}]")
#: `\s` would take control characters that are marks for blanks; ISA01 has two characters
_ISA = re.compile(r"ISA([^A-Za-z0-9 \t\r\n])[A-Za-z0-9 ]{0,2}\1")
_ISA_ON_A_LINE = re.compile(r"[\r\n][ \t\r\n]*(?=ISA([^A-Za-z0-9 \t\r\n])[A-Za-z0-9 ]{0,2}\1)")
_WORD = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Marks:
    """The delimiters of one interchange; `component` is blank where ISA16 is."""

    element: str
    component: str
    terminator: str


class Segment(NamedTuple):
    """A segment: its number in the file from 1 (blank ones do not count) and its elements, the identifier first.

    A piece of the file that is no segment (outside any interchange, or longer than a segment may be) has no elements,
    and `text` is its beginning.
    """

    number: int
    text: str
    elements: list[str]
    marks: Marks

    @property
    def identifier(self) -> str:
        """The name of the segment; blank where the piece is none."""
        return self.elements[0] if self.elements else ""

    def element(self, place: int) -> str:
        """An element by its number in the standard (SE01 is 1), trimmed; blank where the segment is shorter."""
        return self.elements[place].strip() if place < len(self.elements) else ""


def read_segments(source: Path, encoding: str) -> Iterator[Segment]:
    """The segments of a file. Raises Unreadable where it is not X12 (no ISA can be read) or not in the encoding."""
    is_any = False
    try:
        with source.open(encoding=encoding, newline="") as stream:
            for segment in cut(iter(lambda: stream.read(_CHUNK), "")):
                is_any = is_any or bool(segment.elements)
                yield segment
    except LookupError:
        raise Unreadable("encoding", f"encoding {encoding} is unknown; correct `encoding` in the contract") from None
    except UnicodeError as error:
        if is_any or _begins_like_x12(source):
            reason = f"the file is not {encoding} ({error}); correct `encoding` in the contract"
            raise Unreadable("encoding", reason) from None
    if not is_any:
        raise Unreadable("unreadable_file", "the file is not X12, no ISA can be read; ask the partner to send it again")


def _begins_like_x12(source: Path) -> bool:
    with source.open("rb") as stream:
        return b"ISA" in stream.read(_LONGEST_ISA).replace(b"\0", b"")


def cut(chunks: Iterator[str]) -> Iterator[Segment]:
    """Cut text into segments, by the marks of the ISA that opens each interchange."""
    text = _Text(chunks)
    number = 0
    while text.skip_noise():
        marks = text.marks()
        if marks is None:
            if strange := text.skip_to_isa():
                number += 1
                yield Segment(number, strange, [], Marks("", "", ""))
            continue
        for piece in text.pieces(marks):
            number += 1
            elements = piece.split(marks.element) if len(piece) <= LONGEST_SEGMENT else []
            yield Segment(number, piece if elements else piece[:_SHOWN], elements, marks)


class _Text:
    """Text that comes in chunks: what was read and not yet used is `held[at:]`."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self.held = ""
        self.at = 0

    def more(self) -> bool:
        """Take one more chunk, and forget what was used."""
        chunk = next(self._chunks, "")
        self.held, self.at = self.held[self.at :] + chunk, 0
        return bool(chunk)

    def skip_noise(self) -> bool:
        """Go to the next character that means anything; false at the end."""
        while not (found := _NO_NOISE.search(self.held, self.at)):
            self.at = len(self.held)
            if not self.more():
                return False
        self.at = found.start()
        return True

    def marks(self) -> Marks | None:
        """The marks of the ISA that stands here; none where there is none, or it is cut short."""
        while len(self.held) - self.at < _LONGEST_ISA and self.more():
            pass
        return _marks(self.held, self.at)

    def skip_to_isa(self) -> str:
        """Leave out text that belongs to no interchange; returns how it begins, blank where it is only punctuation."""
        begins, has_words = self.held[self.at : self.at + _SHOWN], False
        while True:
            found = _ISA.search(self.held, self.at + 1)
            end = found.start() if found else max(self.at, len(self.held) - len("ISA*"))
            has_words = has_words or bool(_WORD.search(self.held, self.at, end if found else len(self.held)))
            self.at = end
            if found and self.marks():
                break
            if not found and not self.more():
                self.at = len(self.held)
                break
        return begins if has_words else ""

    def pieces(self, marks: Marks) -> Iterator[str]:
        """The segments of the interchange that begins here, to its IEA, to the next ISA or to the end of the text."""
        is_first = True
        while (end := self._end_of_segment(marks.terminator)) is not None:
            piece = self.held[self.at : end].lstrip(_NOISE)
            begin = end - len(piece)
            if not is_first and _ISA.match(piece):
                self.at = begin
                return
            if "ISA" in piece and (isa := _ISA_ON_A_LINE.search(self.held, begin, end)):
                end, piece = isa.start(), self.held[begin : isa.start()]
            is_cut = end == len(self.held)
            self.at = end + 1
            piece = piece.rstrip(_NOISE)
            if "\n" in piece or "\r" in piece:  # lines of a fixed length, broken within segments
                piece = piece.replace("\n", "").replace("\r", "")
            if piece:
                is_first = False
                yield piece
                if len(piece) > LONGEST_SEGMENT and is_cut:
                    self._skip_segment(marks.terminator)
                elif piece.startswith("IEA" + marks.element):
                    return
            else:  # terminators upon terminators
                ahead = self.held[self.at : self.at + _LONGEST_ISA]
                self.at += len(ahead) - len(ahead.lstrip(_NOISE + marks.terminator))

    def _end_of_segment(self, terminator: str) -> int | None:
        while (end := self.held.find(terminator, self.at)) < 0:
            if len(self.held) - self.at > LONGEST_SEGMENT or not self.more():
                return len(self.held) if self.at < len(self.held) else None
        return end

    def _skip_segment(self, terminator: str) -> None:
        """Leave out the rest of a segment that has no end in sight."""
        while (end := self.held.find(terminator, self.at)) < 0:
            if isa := _ISA_ON_A_LINE.search(self.held, self.at):
                self.at = isa.start()
                return
            self.at = max(self.at, len(self.held) - _LONGEST_ISA)
            if not self.more():
                self.at = len(self.held)
                return
        self.at = end + 1


def _marks(text: str, at: int) -> Marks | None:
    """Marks by ISA's own elements: its fourth character, then what follows the 16th of these."""
    element = text[at + 3 : at + 4]
    if not text.startswith("ISA", at) or not element or element.isalnum() or element in _NOISE:
        return None
    place = at + 3
    for _ in range(15):
        place = text.find(element, place + 1, at + _LONGEST_ISA)
        if place < 0:
            return None
    component = text[place + 1 : place + 2].strip(_NOISE)
    rest = text[place + 1 + len(component) : at + _LONGEST_ISA].lstrip(" ")
    terminator = "\n" if rest.startswith("\r\n") else rest[:1]
    if terminator in ("\r", "\n") and component and rest.strip(_NOISE).partition("\n")[0].rstrip().endswith(component):
        terminator, component = component, ""  # ISA16 is left out, and the line ends behind each terminator
    if not terminator or terminator.isalnum() or terminator == element:
        return None
    return Marks(element, component, terminator)
