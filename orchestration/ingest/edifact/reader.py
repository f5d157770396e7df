"""EDIFACT: sales reports (SLSRPT), stock reports (INVRPT) and invoices (INVOIC), D.96A to D.01B, as ledger lines.

A ledger line is a line item (LIN), or a line item at a location where it has several; its number is that of the LIN or
LOC segment. The columns of a line are named as the canonical ones, so a contract maps each to its own name. Values
are looked up from the innermost place that states them: location of the line item, line item, location, message.

SLSRPT → sell_out
  partner_code    NAD BY, SE, DS or GY; never SU, which is the brand
  location_code   LOC 162, 14, 18 or 7; else NAD ST, DP, SN, BY or SE
  period_start,   DTM 356, or 90 and 91, of the innermost place that has either; else 137. A day alone has no end, so
  period_end      that the contract's `period` says how long it is
  units           QTY 153, 25 or 212. Net of returns, but gross where the contract maps `returned_units`
  returned_units  QTY 210 or 61, whatever its sign; a line item with returns alone has sold 0
  amount          MOA 203; else PRI AAA, AAE, AAB, CAL or INV, by its basis, times the net units
  campaign_code   RFF PD
  deleted         true in a message that takes an earlier one back (function 1 or 3)
  There is no transaction_id: identical lines are sales of their own.

INVRPT → stock
  partner_code      NAD GY, BY, DS or WH
  location_code     LOC 14, 18, 19, 162, 7 or 11; else NAD WH, ST, DP, GY or BY
  snapshot_date     DTM 366, 179 or 137; of a period, its last day
  on_hand_units     QTY 145 or 17. Damaged (124), held, minimum and other stocks are not on hand, and not read
  in_transit_units  QTY 198
  on_order_units    QTY 21
  Quantities of movements (INV 1 or 2) are no stock. Packing detail (CPS, PAC, PCI) behind a quantity is part of it.

INVOIC → sell_in
  document_id, document_line   BGM 1004; LIN 1082
  document_type   invoice or credit_note, by the code in BGM (1001); any other code is told as it is, and set aside
  document_date   DTM 137 or 3
  received_on     DTM 50 or 35
  partner_code    NAD BY or IV
  location_code   NAD DP, ST or UC
  units           QTY 47; else QTY 61 (sent back), below zero; else QTY 46 (delivered), where nothing is free; 0 on a
                  line item that is free alone. On a credit note all is below zero, whichever sign it has
  free_units      QTY 192
  net_amount      MOA 203; else PRI AAA, by its basis, times the units
  What a line item splits by LOC, or states below ALC, is part of its total.

All three
  product_code    LIN, and PIA 1 or 5, in the order of `productQualifiers`, which alone count where they are stated;
                  else SRV, EN, UP, SA, MF, VN, IN, BP, then whatever LIN names
  label           IMD in words
  currency        of the MOA itself; else CUX 2

A quantity twice at one place is a total with its parts where the rest sum to it, or behind packing detail; any other
is set aside. So is a line item whose locations do not sum to its total. Sub-lines (C829) are part of their line item;
where that has no quantity of its own, they count and it does not. Parts and line items of other messages are out of
scope. Copies (function 7, 31) and, in a feed that appends, replacements (5) are set aside, as are messages that take
others back where `deleted` is not mapped.

A message that breaks its envelope is set aside, line item by line item; an interchange or group that does, with all
its messages, also one that is marked as a test. Numbers have the decimal mark of UNA, else a point; the character set
is that of UNB. The contract's `decimal` and `encoding` win where they are stated.

Belongs here: the reader. Does not belong here: text (`edifact.text`, `edifact.syntax`), envelopes (`edifact.envelope`),
line items (`edifact.items`), columns (`edifact.sell_out`, `edifact.stock`, `edifact.sell_in`).
"""

from __future__ import annotations

from pathlib import Path

from orchestration.contracts.model import Contract
from orchestration.ingest.edifact.envelope import survey
from orchestration.ingest.edifact.line import terms_of
from orchestration.ingest.edifact.messages import message_of
from orchestration.ingest.edifact.rows import rows_of
from orchestration.ingest.edifact.syntax import opened
from orchestration.ingest.edifact.text import segments
from orchestration.ingest.relation import Reader
from orchestration.ingest.rows import interchanges_of, rows_lines, typed_rows_shape, write_rows


def _plain(contract: Contract, source: Path, work: Path) -> Path:
    """The lines as a file of rows. The file is read twice: what a trailer says decides on lines far before it."""
    message = message_of(contract)
    with opened(contract.server, source) as stream:
        surveyed = survey(segments(stream), message.locations)
    target = work / f"{source.name}.rows.parquet"
    with opened(contract.server, source) as stream:
        rows = rows_of(segments(stream), message, terms_of(contract), surveyed, contract.server)
        write_rows(target, message.columns, rows)
    return target


EDIFACT = Reader(_plain, typed_rows_shape, rows_lines, interchanges_of)
