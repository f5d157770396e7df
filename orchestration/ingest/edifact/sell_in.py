"""INVOIC, the invoice or credit note, as sell-in.

Facts are named as in `edifact.scope`; several in a row are an order of preference. `edifact` tells the same in words.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from orchestration.ingest.edifact.line import Cells, Line, Problem, Terms
from orchestration.ingest.edifact.message import Message, facts_of, standing_by_function, text_of
from orchestration.ingest.edifact.scope import Scope, value

_INVOICED: Final = ("QTY47",)
_DELIVERED: Final = ("QTY46",)
_SENT_BACK: Final = ("QTY61",)
_FREE: Final = ("QTY192",)
_DOCUMENT_DATE: Final = ("DTM137", "DTM3")
_RECEIVED: Final = ("DTM50", "DTM35")
_BUYER: Final = ("NADBY", "NADIV")
_RECEIVER: Final = ("NADDP", "NADST", "NADUC")
_DOCUMENTS: Final = {
    **dict.fromkeys(("326", "380", "383", "384", "385", "388", "389", "393", "395"), "invoice"),
    **dict.fromkeys(("83", "261", "262", "308", "381", "396"), "credit_note"),
}


def _sell_in(line: Line) -> Cells:
    header = line.scopes[-1].facts.get("BGM")
    code = value(header, 0)
    document = _DOCUMENTS.get(code or "", code)
    invoiced, free, sent_back = line.quantity(_INVOICED), line.quantity(_FREE), line.quantity(_SENT_BACK)
    units = invoiced if invoiced is not None else sent_back
    if units is None:
        delivered = line.quantity(_DELIVERED)
        # what was delivered beside free goods may hold them
        units = delivered if free is None else Decimal(0) if delivered is None else None
    amount, currency = line.amount(("MOA203",))
    if amount is None and units is not None:
        price = line.price(("PRIAAA",))
        amount = None if price is None else price * units
    if document == "credit_note":
        units, free, amount = _minus(units), _minus(free), _minus(amount)
    elif invoiced is None and sent_back is not None:
        units, amount = _minus(units), _minus(amount)
    return [
        value(header),
        value(line.preferred(("LIN",))),
        document,
        line.day(_DOCUMENT_DATE),
        line.day(_RECEIVED),
        value(line.preferred(_BUYER)),
        value(line.preferred(_RECEIVER)),
        line.product(),
        value(line.preferred(("IMD",))),
        text_of(units),
        text_of(free),
        text_of(amount),
        currency or value(line.preferred(("CUX2",))),
    ]


def _minus(number: Decimal | None) -> Decimal | None:
    """Below zero, whichever sign the sender gives to what goes back."""
    return None if number is None else -abs(number)


def _invoice_standing(header: Scope, terms: Terms) -> Problem | None:
    begins = header.facts.get("BGM")
    code = value(begins, 0)
    if code not in _DOCUMENTS:
        number, said = begins[0] if begins else header.number, f"document code {code}" if code else "no document code"
        reason = f"segment {number}: {said} is neither an invoice nor a credit note"
        return "document_type", f"{reason}; leave such documents out by `where` on document_type"
    return standing_by_function(header, terms)


INVOIC: Final = Message(
    name="INVOIC",
    kind="sell_in",
    columns=(
        "document_id", "document_line", "document_type", "document_date", "received_on", "partner_code",
        "location_code", "product_code", "label", "units", "free_units", "net_amount", "currency",
    ),
    fill=_sell_in,
    standing=_invoice_standing,
    units=_INVOICED,
    facts=facts_of(
        _INVOICED, _DELIVERED, _SENT_BACK, _FREE, _DOCUMENT_DATE, _RECEIVED, _BUYER, _RECEIVER, ("PRIAAA",)
    ),
)  # fmt: skip
