"""X12: product activity (852), product transfer and resale (867), inventory (846) and invoice (810).

`message` in the contract's server names the set that is read; without it, all that can fill the kind. Line items of
other sets are out of scope. Columns are called as ours are; a contract maps those it wants (`physicalName: units`).

sell_out from 852
    location_code   of an SDQ pair; else N1 RL, ST, BY, SN, of the line item before the header's
    period_start, period_end  XQ02, XQ03; without an XQ03 the contract's `period` tells the end
    units           ZA QS, else TS, else RE, else Q1 (net)
    returned_units  ZA QU, the only return that the code list calls the consumer's. Where the contract does not map it,
                    units are net of it
    amount          net units x the price of CTP where CTP02 is RTL or RES; blank for any other price
sell_out from 867
    location_code   N1 ST, EN, BY
    period_start, period_end  DTM, the innermost: 006, 003, 011, 035 a day; 090-091, 193-194, 150-151, 196-197 a period;
                    173, 174, 327 a week, month, quarter by its last day; 004, 007, 582, 585
    units           QTY 32, else 83, RT, 39
    returned_units  QTY 76, else 84, and any quantity of a PTD BN, RB, RP, RU
    amount          AMT 1; else units x UIT: the price of a contract (CT), else the only price
    transaction_id  REF DI, IV, IK, CM
                    A PTD that sells nothing (PA, IA, IB, RC, RV, SA and the like) is out of scope.
sell_in from 810
    document_id, document_date  BIG02, BIG01
    document_line   IT101, else the place of the item in the invoice
    document_type   credit_note where BIG07 is CR, CN, CC, CE, CG, MC, its units negative; else invoice
    units           IT102; free_units where IT105 is NC
    net_amount      units x IT104. Allowances and charges (SAC) are not in it
    location_code   of an SDQ pair, else N1 ST
    partner_code    N1 BT, BY, SO, else the receiver of the interchange
    received_on     DTM 050
sell_in from 852 (for a contract on the basis of receipt)
    document_type   shipment: ZA QR; return: ZA Q2, else Q3 + RQ, as negative units. Both give a line each
    document_id     852, first and last day of XQ: a report sent again restates the same document
    document_date, received_on  XQ03, else XQ02
stock from 852
    on_hand_units ZA QA, else QE, OH; in_transit_units QI; on_order_units QP; adjustment_units QT
    snapshot_date   XQ03, else XQ02
stock from 846
    on_hand_units QTY 17, else 26, 36, ES, 33, 34; in_transit_units IQ; on_order_units 63
    snapshot_date   DTM 184, 007, 091, 194, 090, 585, else BIA04
    location_code   of an SDQ pair, else N1 WH, RL, ST, SN
all
    product_code    the first pair of LIN or IT1 by `productQualifiers`, else by `x12.codes.PRODUCT_QUALIFIERS`
    partner_code    where nothing else is said: the sender of the interchange; of an 867 N1 DS, DB, WS
    label, currency PID05, CUR02

deleted (sell_out) is true in a set that takes an earlier one back: purpose 01 or 03 in XQ05 or BPT01.

A quantity that SDQ pairs follow is their total: it is not added to them, and where they do not sum to it, the line item
is set aside. QTY and PO4 of an 852 or 810 are details, and are not read. A line item that says nothing of the kind (an
852 item without sales, for sell_out) is out of scope. Codes and their meanings stand in `x12.codes`.

A set that breaks its envelope is set aside, line item by line item; a group or interchange that does, with all its
sets. Copies (purpose 07, BIG07 DU) and, in a feed that appends, replacements (05) are set aside, as are sets that take
others back (01, 03) where `deleted` is not mapped. ISA15 is not looked at: many partners leave it on test.

Belongs here: the order of steps. Does not belong here: any of them (`x12.segments` to `x12.sets`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestration.contracts.model import Contract
from orchestration.ingest.relation import Reader, Unreadable
from orchestration.ingest.rows import Row, interchanges_of, rows_lines, typed_rows_shape, write_rows
from orchestration.ingest.x12.cells import LineMaker, Reading
from orchestration.ingest.x12.codes import PRODUCT_QUALIFIERS
from orchestration.ingest.x12.envelopes import Faults, faults_of
from orchestration.ingest.x12.items import LARGEST_SCOPE, Scope, Walk
from orchestration.ingest.x12.quantities import Problem, text_of
from orchestration.ingest.x12.segments import Segment, read_segments
from orchestration.ingest.x12.sets import COLUMNS, LAYOUTS, LINES, OTHER_LAYOUT
from orchestration.ingest.x12.standing import standing

_DEPTHS = {"ISA": 0, "GS": 1, "ST": 2}
_ENVELOPE = "envelope"
_SHOWN = 500
_OUTSIDE = "segment {}: this text stands outside any interchange; ask the partner to send it again"
_TOO_LARGE = f"segment {{}}: the line item holds more than {LARGEST_SCOPE} characters; ask the partner to split it"


def _plain(contract: Contract, source: Path, work: Path) -> Path:
    """The line items as a file of rows. The file is read twice, for an envelope is known to hold only at its end."""
    makers = _makers(contract)
    encoding = contract.server.encoding
    faults = faults_of(read_segments(source, encoding))
    target = work / f"{source.name}.parquet"
    rows = _Rows(contract, makers, faults).of(read_segments(source, encoding))
    write_rows(target, COLUMNS[contract.kind_name], rows)
    return target


def _makers(contract: Contract) -> dict[str, LineMaker]:
    """By set, what makes lines of its items. Raises Unreadable where the contract asks for what no set gives."""
    able = {name: maker for (name, kind), maker in LINES.items() if kind == contract.kind_name}
    wanted = contract.server.message
    if not able:
        kinds = ", ".join(COLUMNS)
        raise Unreadable("message", f"X12 gives no {contract.kind_name}, only {kinds}; correct the contract")
    if wanted and wanted not in able:
        reason = f"set {wanted} gives no {contract.kind_name}; write one of {', '.join(able)} as `message`"
        raise Unreadable("message", reason)
    return {wanted: able[wanted]} if wanted else able


class _Rows:
    """Makes rows of a file, segment by segment."""

    def __init__(self, contract: Contract, makers: dict[str, LineMaker], faults: Faults) -> None:
        self._columns = COLUMNS[contract.kind_name]
        self._blank = (None,) * len(self._columns)
        self._qualifiers = contract.server.product_qualifiers or PRODUCT_QUALIFIERS
        self._is_net = all(mapping.name != "returned_units" for mapping in contract.mappings)
        self._maps_deletions = any(mapping.name == "deleted" for mapping in contract.mappings)
        self._appends = contract.delivery == "append"
        self._makers = makers
        self._faults = faults
        self._reading = Reading((), False, "", "")
        self._interchange = ""
        self._maker: LineMaker | None = None
        self._walk: Walk | None = None
        #: faults of the envelopes that are open, by depth, and of these the ones of which no line has told yet
        self._broken: dict[int, str] = {}
        self._untold: dict[int, Row] = {}

    def of(self, segments: Iterable[Segment]) -> Iterator[Row]:
        """The rows of all segments."""
        for segment in segments:
            name = segment.identifier
            if name in _DEPTHS:
                yield from self._open(segment, _DEPTHS[name])
            elif not segment.marks.element:
                yield self._set_aside(segment, _OUTSIDE.format(segment.number))
            elif name == "SE":
                yield from self._end_of_set()
            elif self._walk and (item := self._walk.add(segment)):
                yield from self._rows_of(item)
        yield from self._end_of_set()
        yield from self._tell(0)

    def _open(self, segment: Segment, depth: int) -> Iterator[Row]:
        yield from self._end_of_set()
        yield from self._tell(depth)
        self._broken = {level: reason for level, reason in self._broken.items() if level < depth}
        if depth == _DEPTHS["ISA"]:
            sender, receiver = segment.element(6), segment.element(8)
            self._interchange = f"{sender}|{receiver}|{segment.element(13)}"
            self._reading = Reading(self._qualifiers, self._is_net, sender, receiver)
        elif depth == _DEPTHS["ST"]:
            name = segment.element(1)
            self._maker = self._makers.get(name)
            self._walk = Walk(LAYOUTS.get(name, OTHER_LAYOUT), segment)
            if self._maker is None:  # its own fault does not concern the feed, that of an envelope around it may
                return
        if reason := self._faults.reason(segment.number):
            self._broken[depth] = reason
            if self._faults.is_told_alone(segment.number):
                self._untold[depth] = self._set_aside(segment, reason)

    def _end_of_set(self) -> Iterator[Row]:
        if self._walk and (item := self._walk.end()):
            yield from self._rows_of(item)
        self._walk = None

    def _tell(self, depth: int) -> Iterator[Row]:
        """A line for a broken envelope that ends, of this depth or deeper, of which no line item could be read."""
        if ending := [level for level in self._untold if level >= depth]:
            yield self._untold[max(ending)]
            self._untold.clear()

    def _rows_of(self, item: Scope) -> Iterator[Row]:
        number = item.opening.number
        if self._maker is None:
            yield Row(number, text_of(item), self._blank, is_outside=True, interchange=self._named())
            return
        reason = self._broken[max(self._broken)] if self._broken else None
        problem = (_ENVELOPE, reason) if reason else self._standing(item)
        lines = list(self._maker(item, self._reading)) if not item.is_too_large else []
        for line in lines:
            cells = tuple(map(line.cells.get, self._columns))
            yield Row(line.number, line.text, cells, problem or line.problem, interchange=self._named())
        if not lines:
            yield Row(number, text_of(item), self._blank, problem, problem is None, self._named())
        if self._broken:
            self._untold.clear()

    def _standing(self, item: Scope) -> Problem | None:
        if item.is_too_large:
            return "too_large", _TOO_LARGE.format(item.opening.number)
        return standing(item, maps_deletions=self._maps_deletions, appends=self._appends)

    def _named(self) -> str | None:
        """The interchange; of a broken envelope none, so that its number is free when it is sent again."""
        return None if self._broken else self._interchange

    def _set_aside(self, segment: Segment, reason: str) -> Row:
        return Row(segment.number, segment.text[:_SHOWN], self._blank, (_ENVELOPE, reason))


X12 = Reader(_plain, typed_rows_shape, rows_lines, interchanges_of)
