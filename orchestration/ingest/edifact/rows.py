"""The rows of an EDIFACT file: ledger lines of the wanted messages, in sound envelopes or set aside with the reason.

Line items of other messages are out of scope. A broken envelope of which no line item can be read is one line.

Belongs here: what an envelope's fault does to lines, the interchange of a line, character sets.
Does not belong here: finding faults (`edifact.envelope`), reading a message (`edifact.items`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestration.contracts.model import Server
from orchestration.ingest.edifact.envelope import SERVICE, Survey, interchange_of
from orchestration.ingest.edifact.items import Items, LedgerLine
from orchestration.ingest.edifact.line import Problem, Terms
from orchestration.ingest.edifact.message import Message
from orchestration.ingest.edifact.scope import Scope
from orchestration.ingest.edifact.syntax import RESEND, Delimiters, charset_of, component, decoded, elements
from orchestration.ingest.edifact.text import Segment
from orchestration.ingest.rows import Row


def rows_of(found: Iterable[Segment], message: Message, terms: Terms, survey: Survey, server: Server) -> Iterator[Row]:
    """The rows of a file, in order. `survey`: of the same file."""
    walk = _Walk(message, terms, survey, server)
    for number, text, delimiters in found:
        tag = text[:3]
        if tag in SERVICE:
            walk.service(number, tag, text, delimiters)
        else:
            walk.data(number, tag, text, delimiters)
        if walk.rows:
            yield from walk.rows
            walk.rows.clear()
    walk.end()
    yield from walk.rows


class _OtherItems:
    """Line items of a message that is not wanted: counted, and not read."""

    def __init__(self, width: int, delimiters: Delimiters) -> None:
        self.found: list[LedgerLine] = []
        self._width = width
        self._terminator = delimiters.terminator
        self._item: Scope | None = None

    def take(self, number: int, tag: str, text: str, _delimiters: Delimiters) -> None:
        if tag == "LIN":
            self.end()
            self._item = Scope(number)
        if self._item:
            self._item.show(text)

    def end(self) -> None:
        if item := self._item:
            text = self._terminator.join(item.texts) + self._terminator
            self.found.append(LedgerLine(item.number, text, [None] * self._width, None, True))
        self._item = None


@dataclass
class _Opened:
    """A message, group or interchange that is open: its header, its fault, the ledger lines told of it."""

    number: int
    text: str
    fault: Problem | None
    lines: int = 0


class _Walk:
    def __init__(self, message: Message, terms: Terms, survey: Survey, server: Server) -> None:
        self.rows: list[Row] = []
        self._wanted = message
        self._terms = terms
        self._faults = survey.faults
        self._orders = iter(survey.orders)
        self._server = server
        self._charset: str | None = None
        self._identity = ""
        self._interchange: _Opened | None = None
        self._group: _Opened | None = None
        self._message: _Opened | None = None
        self._items: Items | _OtherItems | None = None

    def service(self, number: int, tag: str, text: str, delimiters: Delimiters) -> None:
        opened = _Opened(number, text, self._faults.get(number))
        if tag == "UNT":
            self._end_message() if self._message else self._tell_fault(opened)
        elif tag == "UNH":
            self._end_message()
            self._begin_message(opened, component(elements(text, delimiters), 2), delimiters)
        elif tag in ("UNG", "UNE"):
            self._end_message()
            self._group = self._next(self._group, opened, is_trailer=tag == "UNE")
        else:
            self._end_message()
            self._group = self._next(self._group, None, is_trailer=False)
            self._interchange = self._next(self._interchange, opened, is_trailer=tag == "UNZ")
            if tag == "UNB":
                parts = elements(text, delimiters)
                self._identity = interchange_of(parts)
                self._charset = charset_of(self._server, component(parts, 1))

    def data(self, number: int, tag: str, text: str, delimiters: Delimiters) -> None:
        if self._items is None:
            self._begin_message(_Opened(number, text, self._faults.get(number)), "", delimiters)
        items = self._items
        if items:
            items.take(number, tag, text, delimiters)
            if items.found:
                self._tell(items.found)

    def end(self) -> None:
        """Close what is open at the end of the file."""
        self._end_message()
        self._group = self._next(self._group, None, is_trailer=False)
        self._interchange = self._next(self._interchange, None, is_trailer=False)

    def _begin_message(self, opened: _Opened, name: str, delimiters: Delimiters) -> None:
        """Open a message; one whose name cannot be read may be a wanted one."""
        self._message, met = opened, next(self._orders)
        if name in ("", self._wanted.name):
            self._items = Items(self._wanted, self._terms, met, delimiters, opened.number)
        else:
            self._items = _OtherItems(len(self._wanted.columns), delimiters)

    def _end_message(self) -> None:
        if self._items is None or self._message is None:
            return
        self._items.end()
        self._tell(self._items.found)
        if self._message.fault and not self._message.lines and isinstance(self._items, Items):
            self._tell_fault(self._message)
        self._message = self._items = None

    def _next(self, before: _Opened | None, opened: _Opened | None, *, is_trailer: bool) -> _Opened | None:
        """Close a group or interchange; what is open from here on."""
        if before and before.fault and not before.lines:
            self._tell_fault(before)
        if not is_trailer:
            return opened
        if before is None and opened:
            self._tell_fault(opened)
        return None

    def _tell_fault(self, opened: _Opened) -> None:
        """Tell a fault that left no line item as one line."""
        line = LedgerLine(opened.number, opened.text, [None] * len(self._wanted.columns), opened.fault, False)
        self._tell([line])

    def _tell(self, found: list[LedgerLine]) -> None:
        around = [opened for opened in (self._message, self._group, self._interchange) if opened]
        fault = next((opened.fault for opened in around if opened.fault), None)
        is_sound = self._interchange is not None and self._interchange.fault is None
        for line in found:
            problem = fault or line.problem
            text, cells = line.text, line.cells
            if self._charset:
                try:
                    text = decoded(text, self._charset)
                    cells = [cell and decoded(cell, self._charset) for cell in cells]
                except UnicodeError:
                    what = f"not {self._charset}, as UNB says; correct `encoding` in the contract, or {RESEND}"
                    problem = problem or ("encoding", f"segment {line.number}: the line item is {what}")
            interchange = self._identity if is_sound else None
            self.rows.append(Row(line.number, text, cells, problem, line.is_outside, interchange))
            if not line.is_outside:
                for opened in around:
                    opened.lines += 1
        found.clear()
