"""Product transfer and resale (867): quantities sold on and returned, by the kind of transfer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestration.ingest.x12 import codes as codes
from orchestration.ingest.x12.cells import Line, Reading, is_by_unit, line_at, sale, shared_cells
from orchestration.ingest.x12.dates import sold_in
from orchestration.ingest.x12.items import Scope
from orchestration.ingest.x12.quantities import Stated, places_of
from orchestration.ingest.x12.standing import takes_back
from orchestration.ingest.x12.sums import minus

_QUANTITIES: Final = Stated("QTY", frozenset({*codes.RESOLD, *codes.RESALE_RETURNED}))


def resales(item: Scope, reading: Reading) -> Iterator[Line]:
    """867: QTY sold and returned, by the kind of transfer in PTD."""
    transfer = item.first("PTD")
    kind = transfer.element(1) if transfer else ""
    if kind in codes.OTHER_TRANSFERS:
        return
    start, end = sold_in(item)
    number = item.nearest("REF", codes.SALE_NUMBERS)
    shared = shared_cells(item, reading, "LIN", item.party(codes.DISTRIBUTORS) or reading.sender) | {
        "transaction_id": (number.element(2) or None) if number else None,
        "period_start": start,
        "period_end": end,
        "deleted": "true" if takes_back(item) else None,
    }
    amount = next((segment.element(2) for segment in item.segments if segment.elements[:2] == ["AMT", "1"]), None)
    places, problem = places_of(item, _QUANTITIES)
    for place in places:
        sold, returned = place.first(codes.RESOLD), place.first(codes.RESALE_RETURNED)
        if kind in codes.RETURN_TRANSFERS:
            sold, returned = None, returned if sold is None else sold
        cells = sale(reading, sold, returned, _resale_price(item))
        if amount and place.code is None:
            cells["amount"] = amount if sold is not None else minus(None, amount.removeprefix("-"))
        yield line_at(item, place, shared | cells, codes.RESALE_PLACES, problem)


def _resale_price(item: Scope) -> tuple[str, int] | None:
    """The price of a resale (UIT): the contract's, else the only one, if it is by the unit that was sold."""
    measured = {qty.element(3) for qty in item.segments if qty.identifier == "QTY"}
    prices = [uit for uit in item.segments if uit.identifier == "UIT" and uit.element(2)]
    agreed = [uit for uit in prices if uit.element(3) == codes.CONTRACT_PRICE] or prices
    if len(agreed) == 1 and is_by_unit(agreed[0], 1, measured):
        return agreed[0].element(2), codes.UNITS_OF_A_PRICE.get(agreed[0].element(3), 1)
    return None
