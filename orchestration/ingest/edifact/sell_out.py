"""SLSRPT, the sales data report, as sell-out.

Facts are named as in `edifact.scope`; several in a row are an order of preference. `edifact` tells the same in words.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from orchestration.ingest.edifact.line import Cells, Line, Problem, Terms
from orchestration.ingest.edifact.message import (
    TAKEN_BACK,
    Message,
    facts_of,
    function_of,
    standing_by_function,
    text_of,
)
from orchestration.ingest.edifact.scope import Scope, value

_SOLD: Final = ("QTY153", "QTY25", "QTY212")
_RETURNED: Final = ("QTY210", "QTY61")
_SALES_PRICE: Final = ("PRIAAA", "PRIAAE", "PRIAAB", "PRICAL", "PRIINV")
_SALES_PERIODS: Final = (("DTM356", "DTM356"), ("DTM90", "DTM91"))
_SALES_LOCATIONS: Final = ("LOC162", "LOC14", "LOC18", "LOC7")
_SALES_LOCATION_PARTIES: Final = ("NADST", "NADDP", "NADSN", "NADBY", "NADSE")
_SALES_PARTNER: Final = ("NADBY", "NADSE", "NADDS", "NADGY")


def _sell_out(line: Line) -> Cells:
    first, last = line.period(*_SALES_PERIODS)
    if first is None and last is None:
        first, last = line.period(("DTM137", "DTM137"))
    sold, returned = line.quantity(_SOLD), line.quantity(_RETURNED)
    if returned is not None:
        sold, returned = sold or Decimal(0), abs(returned)
    net = sold if returned is None or sold is None else sold - returned
    amount, currency = line.amount(("MOA203",))
    if amount is None and net is not None:
        price = line.price(_SALES_PRICE)
        amount = None if price is None else price * net
    return [
        value(line.preferred(_SALES_PARTNER)),
        value(line.innermost(_SALES_LOCATIONS)) or value(line.preferred(_SALES_LOCATION_PARTIES)),
        line.product(),
        value(line.preferred(("IMD",))),
        first,
        last,
        text_of(sold if line.terms.maps_returns else net),
        text_of(returned),
        text_of(amount),
        currency or value(line.preferred(("CUX2",))),
        value(line.preferred(("RFFPD",))),
        "true" if function_of(line.scopes[-1]) in TAKEN_BACK else None,
    ]


def _sales_standing(header: Scope, terms: Terms) -> Problem | None:
    if terms.maps_deletions and function_of(header) in TAKEN_BACK:
        return None
    problem = standing_by_function(header, terms)
    if problem and problem[0] == "cancellation":
        return problem[0], f"{problem[1]}, or map `deleted`"
    return problem


SLSRPT: Final = Message(
    name="SLSRPT",
    kind="sell_out",
    columns=(
        "partner_code", "location_code", "product_code", "label", "period_start", "period_end", "units",
        "returned_units", "amount", "currency", "campaign_code", "deleted",
    ),
    fill=_sell_out,
    standing=_sales_standing,
    units=_SOLD,
    facts=facts_of(
        _SOLD, _RETURNED, _SALES_PRICE, *_SALES_PERIODS, _SALES_LOCATIONS, _SALES_LOCATION_PARTIES,
        _SALES_PARTNER, ("RFFPD",),
    ),
    locations=frozenset(fact[3:] for fact in _SALES_LOCATIONS),
)  # fmt: skip
