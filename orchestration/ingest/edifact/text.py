"""The segments of an EDIFACT file, read by chunks: what parts them, and what stands between them.

Segments are numbered from 1 through the whole file; the service string advice (UNA) is not one. Line breaks are no
data: they may stand between segments, or wrap them anywhere. A UNA holds for the interchanges that follow it.

Belongs here: UNA, terminators and the release character, blanks, segments that are too long.
Does not belong here: what is in a segment (`edifact.syntax`), or whether segments stand in order (`edifact.envelope`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TextIO

from orchestration.ingest.edifact.syntax import LONGEST, RESEND, Delimiters
from orchestration.ingest.relation import Unreadable

#: number, text without its terminator, delimiters; a text longer than LONGEST is cut off
Segment = tuple[int, str, Delimiters]

_CHUNK = 1 << 18
_UNA_LENGTH = 9
_TRAILER = "UNZ"
_BREAKS = "\r\n\x00\x1a"
_NO_SEPARATORS = f"\t {_BREAKS}"
_BLANK = re.compile(f"[{_NO_SEPARATORS}]*+")
_WITHOUT_BREAKS = str.maketrans("", "", _BREAKS)

#: what syntax level B uses where no UNA says otherwise
_LEVEL_B = Delimiters("\x1f", "\x1d", ".", "", "\x1c")


def segments(stream: TextIO) -> Iterator[Segment]:
    """The segments of a file. Raises Unreadable where it does not begin as EDIFACT does."""
    text = _Text(stream)
    delimiters = _first_delimiters(text)
    number = 0
    while found := text.many(delimiters) or text.one(delimiters):
        for segment in found:
            if not segment.isprintable():
                segment = segment.translate(_WITHOUT_BREAKS)
            if segment[:1] in "\t ":
                segment = segment.lstrip("\t ")
                if not segment:
                    continue
            number += 1
            yield number, segment if len(segment) <= LONGEST else _cut(segment), delimiters
        if found[0].lstrip(_NO_SEPARATORS).startswith(_TRAILER):
            delimiters = text.advice() or delimiters


def _first_delimiters(text: _Text) -> Delimiters:
    text.skip_byte_order_mark()
    if advised := text.advice():
        return advised
    start = text.ahead(_UNA_LENGTH)
    if start.startswith("UNA"):
        raise Unreadable("unreadable_file", f"the delimiters of {start!r} cannot be used; {RESEND}")
    if not start.startswith(("UNB", "UNG", "UNH")):
        reason = f"the file is not EDIFACT: it begins with {start!r}, not with UNA or UNB"
        raise Unreadable("unreadable_file", f"{reason}; {RESEND}")
    return _LEVEL_B if start[3:4] == _LEVEL_B.element else Delimiters()


class _Text:
    """The text of a file from where reading stands, taken in by chunks, so that memory does not grow with the file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0

    def ahead(self, length: int) -> str:
        while len(self._text) - self._at < length and self._more():
            pass
        return self._text[self._at : self._at + length]

    def skip_byte_order_mark(self) -> None:
        start = self.ahead(3)
        mark = "\ufeff" if start.startswith("\ufeff") else "\u00ef\u00bb\u00bf"
        if start.startswith(mark):
            self._at += len(mark)

    def advice(self) -> Delimiters | None:
        """Take the UNA that comes next, behind blanks; None where none does, or its characters cannot be used."""
        self._skip_blanks()
        advice = self.ahead(_UNA_LENGTH)
        if not advice.startswith("UNA") or len(advice) < _UNA_LENGTH:
            return None
        component, element, decimal, release, _reserved, terminator = list(advice[3:])
        separators = [component, element, *release.strip(" ")]
        if len({*separators, terminator}) <= len(separators):
            return None
        if (
            any(one.isalnum() or one in _NO_SEPARATORS for one in separators)
            or terminator.isalnum()
            or terminator == " "
        ):
            return None
        self._at += _UNA_LENGTH
        return Delimiters(component, element, "," if decimal == "," else ".", release.strip(" "), terminator)

    def many(self, delimiters: Delimiters) -> list[str]:
        """The segments at hand, up to the last whole one or the one before the next UNZ; there may be none."""
        text, start = self._text, self._at
        stop = text.find(_TRAILER, start)
        end = text.rfind(delimiters.terminator, start, stop if stop >= 0 else len(text))
        while end >= 0 and _is_released(text, start, end, delimiters.release):
            end = text.rfind(delimiters.terminator, start, end)
        if end < 0:
            return []
        self._at = end + 1
        return _up_to_terminator(delimiters.release, delimiters.terminator).findall(text, start, end + 1)

    def one(self, delimiters: Delimiters) -> list[str]:
        """The text up to the next terminator or the end of the file; none at the end."""
        pattern = _up_to_terminator(delimiters.release, delimiters.terminator)
        while (match := pattern.match(self._text, self._at)) is None:
            if len(self._text) - self._at > LONGEST:
                if self._skip_blanks():
                    continue
                return [self._too_long(delimiters)]
            if not self._more():
                rest, self._at = self._text[self._at :], len(self._text)
                return [rest] if rest else []
        self._at = match.end()
        return [match[1]]

    def _too_long(self, delimiters: Delimiters) -> str:
        kept = _cut(self._text[self._at :])
        pattern = _up_to_terminator(delimiters.release, delimiters.terminator)
        while (match := pattern.match(self._text, self._at)) is None:
            # an open release character at the end still speaks for the first character of what follows
            is_open = _is_released(self._text, self._at, len(self._text), delimiters.release)
            self._text, self._at = (delimiters.release if is_open else ""), 0
            if not self._more():
                self._at = len(self._text)
                return kept
        self._at = match.end()
        return kept

    def _skip_blanks(self) -> bool:
        """Pass over blanks; whether there were any."""
        are_any = False
        while (blanks := _BLANK.match(self._text, self._at)) is not None:
            are_any |= blanks.end() > self._at
            self._at = blanks.end()
            if self._at < len(self._text) or not self._more():
                break
        return are_any

    def _more(self) -> bool:
        chunk = self._stream.read(_CHUNK)
        self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)


def _is_released(text: str, start: int, end: int, release: str) -> bool:
    """Whether the character at `end` stands behind an odd number of release characters."""
    first = end
    while release and first > start and text[first - 1] == release:
        first -= 1
    return (end - first) % 2 == 1


def _cut(segment: str) -> str:
    """The beginning of a segment, by its length still too long."""
    return segment.translate(_WITHOUT_BREAKS)[:LONGEST].ljust(LONGEST + 1, "…")


@lru_cache(maxsize=64)
def _up_to_terminator(release: str, terminator: str) -> re.Pattern[str]:
    # possessive: where no terminator comes, text is passed over once, not once for each of its characters
    end, frees = re.escape(terminator), re.escape(release)
    free = f"[^{frees}{end}]*+"
    return re.compile(f"({free}(?:{frees}.{free})*+){end}" if release else f"({free}){end}", re.DOTALL)
