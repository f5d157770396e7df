"""The transaction sets that are read, and the columns that they can fill.

Belongs here: which set fills which record kind, and how it forms line items. Does not belong here: how (`x12.activity`,
`x12.resale`, `x12.invoice`).
"""

from __future__ import annotations

from typing import Final

from orchestration.ingest.x12.activity import activity_receipts, activity_sales, activity_stock, inventory_stock
from orchestration.ingest.x12.cells import LineMaker
from orchestration.ingest.x12.invoice import invoiced
from orchestration.ingest.x12.items import Layout
from orchestration.ingest.x12.resale import resales

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "sell_in": (
        "document_id", "document_line", "document_type", "document_date", "received_on", "partner_code",
        "location_code", "product_code", "label", "units", "free_units", "net_amount", "currency",
    ),
    "sell_out": (
        "transaction_id", "partner_code", "location_code", "product_code", "label", "period_start", "period_end",
        "units", "returned_units", "amount", "currency", "deleted",
    ),
    "stock": (
        "partner_code", "location_code", "product_code", "label", "snapshot_date", "on_hand_units",
        "in_transit_units", "on_order_units", "adjustment_units",
    ),
}  # fmt: skip

#: by transaction set and record kind
LINES: Final[dict[tuple[str, str], LineMaker]] = {
    ("852", "sell_out"): activity_sales,
    ("852", "sell_in"): activity_receipts,
    ("852", "stock"): activity_stock,
    ("846", "stock"): inventory_stock,
    ("867", "sell_out"): resales,
    ("810", "sell_in"): invoiced,
}
#: how the sets form line items; another set's are only counted, by what opens them in most
LAYOUTS: Final = {
    "852": Layout(("LIN",)),
    "846": Layout(("LIN",)),
    "867": Layout(("QTY", "LIN"), group="PTD"),
    "810": Layout(("IT1",)),
}
OTHER_LAYOUT: Final = Layout(("LIN", "IT1", "PO1"))
