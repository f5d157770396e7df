"""What holds an EDIFACT file together: interchange UNB..UNZ, group UNG..UNE, message UNH..UNT, checked before reading.

A trailer must name its header's reference and the right count. A message that breaks the rules is rejected alone;
a broken interchange or group takes its messages with it. An interchange is sound once in a file.

Belongs here: order, counts and references of service segments.
Does not belong here: what segments of a message say (`edifact.items`), in which order (`edifact.order`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from orchestration.ingest.edifact.line import Problem
from orchestration.ingest.edifact.order import PACKING, OrderMet
from orchestration.ingest.edifact.syntax import LONGEST, RESEND, Delimiters, Parts, component, elements
from orchestration.ingest.edifact.text import Segment
from orchestration.ingest.relation import Unreadable

SERVICE: Final = frozenset({"UNB", "UNG", "UNH", "UNT", "UNE", "UNZ"})
#: more than this in a file is no partner's mistake any more, and would be kept in memory
_MOST_FAULTS: Final = 100_000
_ORDERED: Final = frozenset({"LIN", "LOC", "QTY", *PACKING})
_ENVELOPE: Final = "envelope"
_AS_LIVE: Final = "ask the partner to send it as live"
_WHICH_HOLDS: Final = "ask the partner which one holds"


@dataclass
class Survey:
    """What is wrong, by the number of the segment that opens a message, group or interchange; and orders by message."""

    faults: dict[int, Problem] = field(default_factory=dict)
    orders: bytearray = field(default_factory=bytearray)

    def blame(self, opened_by: int, segment: int, what: str, code: str = _ENVELOPE, cure: str = RESEND) -> None:
        """Note the first fault of what a segment opened. Raises Unreadable where there are too many."""
        if len(self.faults) == _MOST_FAULTS:
            raise Unreadable(_ENVELOPE, f"more than {_MOST_FAULTS} messages are broken; {RESEND}")
        self.faults.setdefault(opened_by, (code, f"segment {segment}: {what}; {cure}"))


def interchange_of(unb: Parts) -> str:
    """Sender, receiver and control number of an interchange."""
    return "|".join(component(unb, place) for place in (2, 3, 5))


def survey(found: Iterable[Segment], locations: frozenset[str]) -> Survey:
    """Check the envelopes of a file. `locations`: LOC qualifiers that name the location of lines."""
    surveyor = _Surveyor(locations)
    for number, text, delimiters in found:
        tag = text[:3]
        if tag in SERVICE:
            surveyor.service(number, tag, elements(text, delimiters))
        else:
            surveyor.data(number, tag, text, delimiters)
    return surveyor.end()


@dataclass
class _Envelope:
    """An envelope that is open: the number of its header, its reference, what was counted in it."""

    number: int
    reference: str
    count: int = 0
    groups: int = 0


@dataclass
class _OpenMessage(_Envelope):
    order: OrderMet = field(default_factory=OrderMet)


class _Surveyor:
    def __init__(self, locations: frozenset[str]) -> None:
        self._survey = Survey()
        self._locations = locations
        self._seen: dict[str, int] = {}
        self._identity = ""
        self._is_test = False
        self._interchange: _Envelope | None = None
        self._group: _Envelope | None = None
        self._message: _OpenMessage | None = None

    def service(self, number: int, tag: str, parts: Parts) -> None:
        if tag == "UNT":
            self._end_message(number, parts)
            return
        where = f"before segment {number} ({tag})"
        self._message_must_be_closed(where)
        if tag == "UNH":
            self._begin_message(number, component(parts, 1))
        elif tag == "UNE":
            self._end_group(number, parts)
        elif tag == "UNZ":
            self._group_must_be_closed(where)
            self._end_interchange(number, parts)
        else:
            self._group_must_be_closed(where)
            if tag == "UNG":
                self._begin_group(number, component(parts, 5))
            else:
                self._begin_interchange(number, parts)

    def data(self, number: int, tag: str, text: str, delimiters: Delimiters) -> None:
        message = self._message
        if message is None:
            message = self._message = _OpenMessage(number, "")
            self._survey.blame(number, number, f"{text[:40]!r} stands outside a message (UNH)")
        message.count += 1
        if len(text) > LONGEST:
            what = f"it is longer than {LONGEST} characters, so a terminator is missing"
            self._survey.blame(message.number, number, what)
        if tag in _ORDERED and (tag != "LOC" or component(elements(text, delimiters), 1) in self._locations):
            message.order.take(tag)

    def end(self) -> Survey:
        self._message_must_be_closed("before the file ends")
        self._group_must_be_closed("before the file ends")
        self._interchange_must_be_closed("before the file ends")
        return self._survey

    def _begin_message(self, number: int, reference: str) -> None:
        self._message = _OpenMessage(number, reference, count=1)
        if around := self._group or self._interchange:
            around.count += 1
        if self._interchange is None:
            self._survey.blame(number, number, "the message stands outside an interchange (UNB)")

    def _begin_group(self, number: int, reference: str) -> None:
        self._group = _Envelope(number, reference)
        if self._interchange:
            self._interchange.groups += 1

    def _end_message(self, number: int, parts: Parts) -> None:
        message, self._message = self._message, None
        if message is None:
            self._survey.blame(number, number, "UNT closes no message (UNH)")
            return
        message.count += 1
        self._check(message, number, parts, message.count, "UNH", "segments")
        self._survey.orders.append(message.order.met())

    def _end_group(self, number: int, parts: Parts) -> None:
        group, self._group = self._group, None
        if group is None:
            self._survey.blame(number, number, "UNE closes no group (UNG)")
            return
        self._check(group, number, parts, group.count, "UNG", "messages")

    def _begin_interchange(self, number: int, parts: Parts) -> None:
        self._interchange_must_be_closed(f"before segment {number} (UNB)")
        self._interchange = _Envelope(number, component(parts, 5))
        self._identity, self._is_test = interchange_of(parts), component(parts, 11) in ("1", "2", "3", "4")
        if not self._interchange.reference:
            self._survey.blame(number, number, "UNB has no control reference")

    def _end_interchange(self, number: int, parts: Parts) -> None:
        interchange, self._interchange = self._interchange, None
        if interchange is None:
            self._survey.blame(number, number, "UNZ closes no interchange (UNB)")
            return
        count, things = (interchange.groups, "groups") if interchange.groups else (interchange.count, "messages")
        self._check(interchange, number, parts, count, "UNB", things)
        if self._is_test:
            self._survey.blame(interchange.number, interchange.number, "UNB says that this is a test", "test", _AS_LIVE)
        if interchange.number in self._survey.faults:
            return
        before = self._seen.setdefault(self._identity, interchange.number)
        if before != interchange.number:
            what = f"interchange {self._identity} came before in this file, in segment {before}"
            self._survey.blame(interchange.number, interchange.number, what, "interchange_conflict", _WHICH_HOLDS)

    def _check(self, opened: _Envelope, number: int, parts: Parts, count: int, header: str, things: str) -> None:
        """Hold a trailer to what it closes: the count, then the reference."""
        trailer, said, reference = component(parts, 0), component(parts, 1), component(parts, 2)
        if not said.isdecimal() or int(said) != count:
            self._survey.blame(opened.number, number, f"{trailer} says {said or 'no'} {things}, there are {count}")
        elif reference != opened.reference:
            what = f"{trailer} has the reference {reference}, {header} in segment {opened.number} {opened.reference}"
            self._survey.blame(opened.number, number, what)

    def _message_must_be_closed(self, where: str) -> None:
        if self._message:
            self._survey.blame(self._message.number, self._message.number, f"the message has no UNT {where}")
            self._survey.orders.append(self._message.order.met())
            self._message = None

    def _group_must_be_closed(self, where: str) -> None:
        if self._group:
            self._survey.blame(self._group.number, self._group.number, f"the group has no UNE {where}")
            self._group = None

    def _interchange_must_be_closed(self, where: str) -> None:
        if self._interchange:
            what = f"the interchange has no UNZ {where}"
            self._survey.blame(self._interchange.number, self._interchange.number, what)
            self._interchange = None
