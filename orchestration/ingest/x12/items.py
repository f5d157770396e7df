"""The line items of a transaction set, each within its header and its group of items.

Belongs here: which segments open a line item in which set, and where what it does not say itself is looked for.
Does not belong here: quantities, and which columns they fill (`x12.sets`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from orchestration.ingest.x12.segments import Segment

#: text that a header or a line item may hold; an item with thousands of places stays far below
LARGEST_SCOPE: Final = 2 << 20
_QUALIFIED: Final = frozenset({"N1", "DTM", "REF"})


class Scope:
    """Segments of a header, of a group of line items or of one line item, within those around it.

    place      counts the line items of the set, from 1
    firsts     the first segment of each name in this scope alone
    qualified  the first party, date or reference (N1, DTM, REF) of each qualifier in this scope alone
    """

    def __init__(self, opening: Segment, outer: Scope | None = None, place: int = 0) -> None:
        self.opening = opening
        self.outer = outer
        self.header: Scope = outer.header if outer else self
        self.place = place
        self.segments = [opening]
        self.firsts = {opening.identifier: opening}
        self.qualified: dict[tuple[str, str], Segment] = {}
        self.is_too_large: bool = outer is not None and outer.is_too_large
        self._size = 0

    def add(self, segment: Segment) -> None:
        """Take a segment in; of a scope that is too large the rest is left out."""
        self._size += len(segment.text)
        self.is_too_large = self.is_too_large or self._size > LARGEST_SCOPE
        if self.is_too_large:
            return
        name = segment.identifier
        self.segments.append(segment)
        self.firsts.setdefault(name, segment)
        if name in _QUALIFIED:
            self.qualified.setdefault((name, segment.element(1)), segment)

    def outwards(self) -> Iterator[Scope]:
        """This scope, and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def nearest(self, name: str, qualifiers: Sequence[str]) -> Segment | None:
        """The segment with the first of these qualifiers; what stands further in wins."""
        for scope in self.outwards():
            if scope.qualified:
                for qualifier in qualifiers:
                    if (name, qualifier) in scope.qualified:
                        return scope.qualified[name, qualifier]
        return None

    def first(self, name: str) -> Segment | None:
        """The first segment of a name; what stands further in wins."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.firsts:
                return scope.firsts[name]
            scope = scope.outer
        return None

    def party(self, roles: Sequence[str]) -> str | None:
        """Code, else name, of the party in the first of these roles."""
        found = self.nearest("N1", roles)
        return (found.element(4) or found.element(2) or None) if found else None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the segments of a set form line items.

    items    segments that open a line item; where several may, the first one met in a group does
    group    segment that opens a group of line items
    summary  segments that begin the summary, which belongs to no line item
    """

    items: tuple[str, ...]
    group: str | None = None
    summary: frozenset[str] = frozenset({"CTT", "TDS"})


class Walk:
    """Forms line items of one set, segment by segment; an item is handed out when the next one begins."""

    def __init__(self, layout: Layout, opening: Segment) -> None:
        self._layout = layout
        self._header = Scope(opening)
        self._group = self._header
        self._item: Scope | None = None
        self._opens: str | None = None
        self._places = 0

    def add(self, segment: Segment) -> Scope | None:
        """Take a segment in; returns the line item that it ends, if any."""
        name, layout = segment.identifier, self._layout
        if name in layout.summary:
            return self.end()
        if name == layout.group:
            done = self.end()
            self._group, self._opens = Scope(segment, self._header), None
            return done
        if name in layout.items and self._opens in (None, name):
            done = self.end()
            self._places += 1
            self._opens, self._item = name, Scope(segment, self._group, self._places)
            return done
        (self._item or self._group).add(segment)
        return None

    def end(self) -> Scope | None:
        """Hand out the last line item."""
        item, self._item = self._item, None
        return item
