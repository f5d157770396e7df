"""EDIFACT as text: its character sets, and the elements and components of a segment.

Belongs here: delimiters and the release character within a segment, character sets.
Does not belong here: finding segments in a file (`edifact.text`), what a segment means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TextIO

from orchestration.contracts.model import Server
from orchestration.ingest.relation import Unreadable

#: characters of a segment that are kept; the longest of the directories (FTX) has some 2,600
LONGEST: Final = 4096
#: what to do about a file that breaks the rules
RESEND: Final = "ask the partner to send it again"

#: character sets by the syntax identifier in UNB; levels A and B are ASCII by the rules, and Latin 1 where broken
_CHARSETS = {
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOW": "utf-8",
    "UNOX": "utf-8",
    "UNOY": "utf-8",
}
_BYTE_BY_BYTE = "latin-1"


#: the elements of a segment, tag first, each as its components
Parts = list[list[str]]


@dataclass(frozen=True)
class Delimiters:
    """The characters that part segments; `release` is blank where none is used."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    terminator: str = "'"


@contextmanager
def opened(server: Server, source: Path) -> Iterator[TextIO]:
    """The text of a file: in the contract's encoding if it states one, else byte by byte, to be `decoded` by its UNB.

    Raises Unreadable where the text is not in the stated encoding.
    """
    encoding = server.encoding if _states_encoding(server) else _BYTE_BY_BYTE
    try:
        with source.open(encoding=encoding, newline="") as stream:
            yield stream
    except (LookupError, UnicodeError) as error:
        reason = f"the file is not {encoding} ({error}); correct `encoding` in the contract"
        raise Unreadable("encoding", reason) from None


def charset_of(server: Server, syntax_identifier: str) -> str | None:
    """The character set of an interchange by its UNB; None where the text is right as it was read."""
    return None if _states_encoding(server) else _CHARSETS.get(syntax_identifier)


def _states_encoding(server: Server) -> bool:
    return "encoding" in server.model_fields_set


def decoded(text: str, charset: str) -> str:
    """Text that was read byte by byte, in its own character set. Raises UnicodeError."""
    return text if text.isascii() else text.encode(_BYTE_BY_BYTE).decode(charset)


def elements(segment: str, delimiters: Delimiters) -> Parts:
    """The elements of a segment, tag first, each as its components; released characters stand for themselves."""
    release = delimiters.release
    if not release or release not in segment:
        return [element.split(delimiters.component) for element in segment.split(delimiters.element)]
    released, hidden, shown = _stand_ins(delimiters)
    parts = released.sub(lambda found: hidden.get(found[1], found[1]), segment).split(delimiters.element)
    return [[component.translate(shown) for component in part.split(delimiters.component)] for part in parts]


@lru_cache(maxsize=64)
def _stand_ins(delimiters: Delimiters) -> tuple[re.Pattern[str], dict[str, str], dict[int, str]]:
    """What finds released characters, and what stands for them while a segment is split: private use characters."""
    hidden = {delimiters.element: "\ue000", delimiters.component: "\ue001"}
    shown = {ord(stand_in): character for character, stand_in in hidden.items()}
    return re.compile(re.escape(delimiters.release) + "(.)", re.DOTALL), hidden, shown


def component(parts: Parts, element: int, place: int = 0) -> str:
    """A component of a segment's elements, trimmed; blank where it is absent."""
    return parts[element][place].strip() if len(parts) > element and len(parts[element]) > place else ""
