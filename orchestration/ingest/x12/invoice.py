"""Invoice (810): quantities and prices of its items."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.ingest.x12 import codes as codes
from orchestration.ingest.x12.cells import Cells, Line, Reading, line_at, shared_cells
from orchestration.ingest.x12.dates import day_of, iso
from orchestration.ingest.x12.items import Scope
from orchestration.ingest.x12.quantities import Stated, places_of
from orchestration.ingest.x12.sums import minus, times


def invoiced(item: Scope, reading: Reading) -> Iterator[Line]:
    """810: IT1 quantity x price, without the allowances and charges of SAC; a credit is negative."""
    header, goods = item.first("BIG"), item.opening
    is_credit = header is not None and header.element(7) in codes.CREDITS
    is_free = goods.element(5) == codes.FREE
    shared = shared_cells(item, reading, "IT1", item.party(codes.BUYERS) or reading.receiver) | {
        "document_id": header.element(2) or None if header else None,
        "document_line": goods.element(1) or str(item.place),
        "document_type": "credit_note" if is_credit else "invoice",
        "document_date": iso(header.element(1)) or None if header else None,
        "received_on": day_of(item, "050"),
    }
    units_of_price = codes.UNITS_OF_A_PRICE.get(goods.element(5), 1)
    places, problem = places_of(item, Stated("IT1"))
    for place in places:
        units = place.first([""])
        if is_credit and units is not None:
            units = minus(None, units.removeprefix("-"))
        cells: Cells = {"units": "0", "free_units": units} if is_free and units else {"units": units}
        cells["net_amount"] = times(cells["units"], goods.element(4), units_of_price)
        yield line_at(item, place, shared | cells, codes.SHIPPED_TO, problem)
