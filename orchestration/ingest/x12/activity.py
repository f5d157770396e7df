"""Product activity (852) and inventory (846): quantities by code, of the item or by place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestration.ingest.x12 import codes as codes
from orchestration.ingest.x12.cells import Cells, Line, Reading, is_by_unit, line_at, sale, shared_cells
from orchestration.ingest.x12.dates import counted_on, iso, sold_in
from orchestration.ingest.x12.items import Scope
from orchestration.ingest.x12.quantities import Place, Stated, places_of
from orchestration.ingest.x12.standing import takes_back
from orchestration.ingest.x12.sums import minus, total

_SALES: Final = Stated("ZA", frozenset({*codes.SOLD, codes.SOLD_NET, codes.RETURNED_BY_CUSTOMER}))
_RECEIPTS: Final = Stated("ZA", frozenset({codes.RECEIVED, codes.RETURNED_TO_SUPPLIER, *codes.RETURNED_PARTS}))
_STOCK: Final = Stated("ZA", frozenset(code for wanted in codes.ACTIVITY_STOCK.values() for code in wanted))
_INVENTORY: Final = Stated("QTY", frozenset(code for wanted in codes.INVENTORY_STOCK.values() for code in wanted))


def activity_sales(item: Scope, reading: Reading) -> Iterator[Line]:
    """852: ZA sold and returned by consumer, in the period of XQ."""
    start, end = _reported(item)
    price = _selling_price(item)
    shared = shared_cells(item, reading, "LIN", reading.sender) | {
        "period_start": start,
        "period_end": end,
        "deleted": "true" if takes_back(item) else None,
    }
    places, problem = places_of(item, _SALES)
    for place in places:
        net, returned = place.first([codes.SOLD_NET]), place.first([codes.RETURNED_BY_CUSTOMER])
        sold = place.first(codes.SOLD)
        if sold is None and net is not None:
            sold = net if returned is None else total([net, returned])
        yield line_at(item, place, shared | sale(reading, sold, returned, price), codes.REPORTING_PLACES, problem)


def activity_receipts(item: Scope, reading: Reading) -> Iterator[Line]:
    """852: ZA received, and returned to the supplier, dated by the last day of XQ; two lines where both are given."""
    start, end = _reported(item)
    day = end or start
    shared = shared_cells(item, reading, "LIN", reading.sender) | {
        "document_id": f"852/{start or ''}/{day or ''}",
        "document_line": item.opening.element(1) or None,
        "document_date": day,
        "received_on": day,
    }
    places, problem = places_of(item, _RECEIPTS)
    for place in places:
        if codes.RECEIVED in place.stated:
            cells: Cells = {"document_type": "shipment", "units": place.first([codes.RECEIVED])}
            yield line_at(item, place, shared | cells, codes.REPORTING_PLACES, problem, codes.RECEIVED)
        whole = [codes.RETURNED_TO_SUPPLIER] if codes.RETURNED_TO_SUPPLIER in place.stated else []
        if returned := whole or [code for code in codes.RETURNED_PARTS if code in place.stated]:
            units = total(place.stated[code][1] for code in returned)
            cells = {"document_type": "return", "units": minus(None, units)}
            yield line_at(item, place, shared | cells, codes.REPORTING_PLACES, problem, returned[0])


def activity_stock(item: Scope, reading: Reading) -> Iterator[Line]:
    """852: ZA on hand, in transit, on order, adjusted, on the last day of XQ."""
    start, end = _reported(item)
    shared = shared_cells(item, reading, "LIN", reading.sender) | {"snapshot_date": end or start}
    places, problem = places_of(item, _STOCK)
    for place in places:
        yield line_at(item, place, shared | _measures(place, codes.ACTIVITY_STOCK), codes.REPORTING_PLACES, problem)


def inventory_stock(item: Scope, reading: Reading) -> Iterator[Line]:
    """846: QTY on hand, in transit, on order, on the day of DTM, else of BIA."""
    report = item.first("BIA")
    day = counted_on(item) or (iso(report.element(4)) if report else None) or None
    shared = shared_cells(item, reading, "LIN", reading.sender) | {"snapshot_date": day}
    places, problem = places_of(item, _INVENTORY)
    for place in places:
        yield line_at(item, place, shared | _measures(place, codes.INVENTORY_STOCK), codes.STOCK_PLACES, problem)


def _reported(item: Scope) -> tuple[str | None, str | None]:
    report = item.first("XQ")
    first, last = (iso(report.element(2)), iso(report.element(3))) if report else ("", "")
    return (first, last or None) if first else sold_in(item)


def _selling_price(item: Scope) -> tuple[str, int] | None:
    """The price at which a shop sells (CTP), and the units that it is for; none where it is a bracket or discounted."""
    measured = {za.element(3) for za in item.segments if za.identifier == "ZA" and za.element(1) in codes.SOLD}
    for ctp in item.segments:
        is_selling = ctp.identifier == "CTP" and ctp.element(2) in codes.SELLING_PRICES
        is_plain = ctp.element(4) in ("", "1") and not ctp.element(7)
        if is_selling and is_plain and is_by_unit(ctp, 5, measured):
            return ctp.element(3), codes.UNITS_OF_A_PRICE.get(ctp.element(9), 1)
    return None


def _measures(place: Place, table: dict[str, tuple[str, ...]]) -> Cells:
    return {column: place.first(wanted) for column, wanted in table.items()}
