"""What the code lists of X12 mean here: qualifiers of quantities, parties, prices and products, in order of preference.

Of several codes of one measure the first one given is taken and the others are not added: they are parts or other views
of the same units. A code that is in no table is left alone.
"""

from __future__ import annotations

from typing import Final

#: element 859, ZA01 of an 852: sold, total sales, retail sales
SOLD: Final = ("QS", "TS", "RE")
#: sold, net of returns
SOLD_NET: Final = "Q1"
#: returned by consumer: the only return that the list calls the customer's
RETURNED_BY_CUSTOMER: Final = "QU"
#: received
RECEIVED: Final = "QR"
#: returned, by the reporting place to its supplier
RETURNED_TO_SUPPLIER: Final = "Q2"
#: parts of it, added where it is not given: defective, resellable
RETURNED_PARTS: Final = ("Q3", "RQ")
#: stock: available for shipment or sale, ending balance, gross on hand; in transit; on order; adjustment, signed
ACTIVITY_STOCK: Final[dict[str, tuple[str, ...]]] = {
    "on_hand_units": ("QA", "QE", "OH"),
    "in_transit_units": ("QI",),
    "on_order_units": ("QP",),
    "adjustment_units": ("QT",),
}

#: element 673, QTY01 of an 846: on hand, total, distributor, ending, available for sale, noncommitted on the shelf
INVENTORY_STOCK: Final[dict[str, tuple[str, ...]]] = {
    "on_hand_units": ("17", "26", "36", "ES", "33", "34"),
    "in_transit_units": ("IQ",),
    "on_order_units": ("63",),
}
#: QTY01 of an 867: sold, submitted as sold, retail sales, shipped; returns, submitted as returned
RESOLD: Final = ("32", "83", "RT", "39")
RESALE_RETURNED: Final = ("76", "84")

#: element 521, PTD01 of an 867: return, of a broken price, of a list price, to usable stock
RETURN_TRANSFERS: Final = frozenset({"BN", "RB", "RP", "RU"})
#: transfers that sell nothing to a customer: demand information, exchange, charity, inventory adjustment, interbranch,
#: price adjustment, received from vendor, reapplication of order, return to vendor, stocking adjustment, scrap, sample,
#: disposal, relocation, loan
OTHER_TRANSFERS: Final = frozenset(
    {"BB", "BR", "CC", "IA", "IB", "PA", "RC", "RA", "RV", "SA", "SC", "SM", "TD", "BJ", "BM"}
)

#: element 640, BIG07 of an 810: credit memo, credit invoice, commission, consolidated, material credit
CREDITS: Final = frozenset({"CR", "CN", "CC", "CE", "CG", "MC"})

#: element 98, N101: the place that an 852 or 846 reports on, that an 867 sold to, that an 810 ships to
REPORTING_PLACES: Final = ("RL", "ST", "BY", "SN")
STOCK_PLACES: Final = ("WH", "RL", "ST", "SN")
RESALE_PLACES: Final = ("ST", "EN", "BY")
SHIPPED_TO: Final = ("ST",)
#: the partner: distributor of an 867 (else the sender), bill-to, buyer or sold-to of an 810 (else the receiver)
DISTRIBUTORS: Final = ("DS", "DB", "WS")
BUYERS: Final = ("BT", "BY", "SO")

#: element 128, REF01: invoice of the distributor, of the seller, invoice, credit memo
SALE_NUMBERS: Final = ("DI", "IV", "IK", "CM")

#: element 236, CTP02: prices at which a shop sells: retail, resale
SELLING_PRICES: Final = frozenset({"RTL", "RES"})
#: element 639, UIT03: the price of a contract, which a resale was made at where a catalogue price stands beside it
CONTRACT_PRICE: Final = "CT"
#: element 639: no charge
FREE: Final = "NC"
#: element 639: units that a price is for, where that is not one
UNITS_OF_A_PRICE: Final[dict[str, int]] = {
    "PN": 10, "TT": 10_000, "HT": 100_000,
    "PD": 12, "LD": 12, "RD": 12, "TD": 12, "WD": 12,
    "HP": 100, "LC": 100, "QH": 100, "RC": 100, "TC": 100, "WC": 100,
    "TP": 1000, "LM": 1000, "QS": 1000, "RM": 1000, "TM": 1000, "WM": 1000,
}  # fmt: skip

#: element 235, LIN02 and so on: GTIN of 14, 13, 12 and 8 digits, UPC without check digit, case codes, national drug
#: codes, the brand's own numbers (vendor, manufacturer), then the partner's
PRODUCT_QUALIFIERS: Final = (
    "UK", "EN", "UP", "EO", "UI", "UA", "UN", "N4", "ND", "VN", "VC", "VP", "VA", "MG", "SK", "IN", "BP", "PI", "CB",
)  # fmt: skip
