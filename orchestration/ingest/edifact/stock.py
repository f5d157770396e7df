"""INVRPT, the inventory report, as stock.

Facts are named as in `edifact.scope`; several in a row are an order of preference. `edifact` tells the same in words.
"""

from __future__ import annotations

from typing import Final

from orchestration.ingest.edifact.line import Cells, Line
from orchestration.ingest.edifact.message import Message, facts_of, standing_by_function, text_of
from orchestration.ingest.edifact.scope import value

_ON_HAND: Final = ("QTY145", "QTY17")
_IN_TRANSIT: Final = ("QTY198",)
_ON_ORDER: Final = ("QTY21",)
_SNAPSHOT: Final = ("DTM366", "DTM179", "DTM137")
_STOCK_LOCATIONS: Final = ("LOC14", "LOC18", "LOC19", "LOC162", "LOC7", "LOC11")
_STOCK_LOCATION_PARTIES: Final = ("NADWH", "NADST", "NADDP", "NADGY", "NADBY")
_STOCK_PARTNER: Final = ("NADGY", "NADBY", "NADDS", "NADWH")


def _stock(line: Line) -> Cells:
    return [
        value(line.preferred(_STOCK_PARTNER)),
        value(line.innermost(_STOCK_LOCATIONS)) or value(line.preferred(_STOCK_LOCATION_PARTIES)),
        line.product(),
        value(line.preferred(("IMD",))),
        line.day(_SNAPSHOT),
        text_of(line.quantity(_ON_HAND)),
        text_of(line.quantity(_IN_TRANSIT)),
        text_of(line.quantity(_ON_ORDER)),
    ]


INVRPT: Final = Message(
    name="INVRPT",
    kind="stock",
    columns=(
        "partner_code", "location_code", "product_code", "label", "snapshot_date", "on_hand_units",
        "in_transit_units", "on_order_units",
    ),
    fill=_stock,
    standing=standing_by_function,
    units=_ON_HAND,
    facts=facts_of(
        _ON_HAND, _IN_TRANSIT, _ON_ORDER, _SNAPSHOT, _STOCK_LOCATIONS, _STOCK_LOCATION_PARTIES,
        _STOCK_PARTNER,
    ),
    locations=frozenset(fact[3:] for fact in _STOCK_LOCATIONS),
    has_trailing_locations=True,
)  # fmt: skip
