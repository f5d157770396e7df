"""Whether the envelopes of an X12 file hold: ISA with IEA, GS with GE, ST with SE, their control numbers and counts.

Belongs here: what is wrong with an envelope, in words that name the segment.
Does not belong here: what becomes of the line items in it (`x12`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from orchestration.ingest.x12.segments import LONGEST_SEGMENT, Segment

#: opening segment: its depth, the segment that closes it, the element with its control number (a closing one's is 2)
_OPENING: Final = {"ISA": (0, "IEA", 13), "GS": (1, "GE", 6), "ST": (2, "SE", 2)}
_CLOSING: Final = {closing: opening for opening, (_, closing, _) in _OPENING.items()}
#: segments that may stand in an interchange outside its groups
_OUTSIDE_GROUPS: Final = frozenset({"TA1", "ISB", "ISE"})
#: faults that are told apart; a file with more is one fault from there on, so that memory stays bounded
_TOLD = 10_000
_SHOWN = 40
_CURE = "ask the partner to send it again"


@dataclass(slots=True)
class Faults:
    """What is wrong, by the number of the segment that opens the envelope; from `beyond` on, everything is."""

    told: dict[int, str] = field(default_factory=dict)
    beyond: int | None = None

    def add(self, opening: int, reason: str) -> None:
        """Keep the first fault of an envelope."""
        if len(self.told) < _TOLD:
            self.told.setdefault(opening, f"{reason}; {_CURE}")
        else:
            self.beyond = opening if self.beyond is None else min(opening, self.beyond)

    def reason(self, opening: int) -> str | None:
        """Why the envelope that this segment opens is rejected; none where it holds."""
        if self.beyond is not None and opening >= self.beyond:
            return f"more than {_TOLD} envelopes are broken, and none is taken from segment {self.beyond} on; {_CURE}"
        return self.told.get(opening)

    def is_told_alone(self, opening: int) -> bool:
        """Whether the envelope's fault needs a line of its own, even if no line item can be read."""
        return self.beyond is None or opening <= self.beyond


@dataclass(slots=True)
class _Envelope:
    opening: Segment
    control: str
    parts: int = 0  # groups of an interchange, sets of a group


def faults_of(segments: Iterable[Segment]) -> Faults:
    """The envelopes of a file that do not hold."""
    faults = Faults()
    opened: list[_Envelope] = []
    for segment in segments:
        name = segment.identifier
        if name in _OPENING:
            _open(segment, opened, faults)
        elif name in _CLOSING:
            _close(segment, opened, faults)
        elif opened and (len(opened) < 3 or not name):
            _misplaced(segment, opened, faults)
    _leave(opened, 0, faults)
    return faults


def _open(segment: Segment, opened: list[_Envelope], faults: Faults) -> None:
    depth, _, place = _OPENING[segment.identifier]
    _leave(opened, depth, faults)
    if len(opened) < depth:
        _misplaced(segment, opened, faults)
        return
    if opened:
        opened[-1].parts += 1
    opened.append(_Envelope(segment, segment.element(place)))


def _leave(opened: list[_Envelope], depth: int, faults: Faults) -> None:
    """Give up the envelopes of a depth and below: another one begins, or the file ends, before they are closed."""
    for envelope in opened[depth:]:
        opening = envelope.opening
        _, closing, _ = _OPENING[opening.identifier]
        faults.add(opening.number, f"segment {opening.number}: this {opening.identifier} has no {closing}")
    del opened[depth:]


def _misplaced(segment: Segment, opened: list[_Envelope], faults: Faults) -> None:
    if not opened or (segment.identifier in _OUTSIDE_GROUPS and len(opened) == 1):
        return
    around = "group" if segment.identifier in _OPENING else "set"
    what = f"{segment.identifier[:_SHOWN]} stands outside any {around}"
    if not segment.elements:
        what = f"the segment is longer than {LONGEST_SEGMENT} characters"
    faults.add(opened[-1].opening.number, f"segment {segment.number}: {what}")


def _close(segment: Segment, opened: list[_Envelope], faults: Faults) -> None:
    name = _CLOSING[segment.identifier]
    depth, closing, place = _OPENING[name]
    _leave(opened, depth + 1, faults)
    if len(opened) <= depth:
        if opened:
            faults.add(opened[-1].opening.number, f"segment {segment.number}: this {closing} has no {name}")
        return
    envelope = opened.pop()
    number = envelope.opening.number
    parts = segment.number - number + 1 if name == "ST" else envelope.parts
    counted, control = _trimmed(segment.element(1)), _trimmed(segment.element(2))
    if control != _trimmed(envelope.control):
        told = f"{closing}02 `{segment.element(2)[:_SHOWN]}` is not {name}{place:02} `{envelope.control[:_SHOWN]}`"
        faults.add(number, f"segment {segment.number}: {told}")
    elif counted != str(parts):
        what = {"ISA": "groups", "GS": "sets", "ST": "segments"}[name]
        told = f"{closing}01 counts `{segment.element(1)[:_SHOWN]}` {what}, there are {parts}"
        faults.add(number, f"segment {segment.number}: {told}")


def _trimmed(control: str) -> str:
    """A control number or count without what does not matter: zeros on the left, stray marks on the right."""
    kept = control.rstrip(" ~^'|}{*\t")
    return (kept.lstrip("0") or "0") if kept.isdigit() else kept
