"""The record kinds and their canonical columns: the one declaration that every stage is held to.

Belongs here: names, types, meaning and necessity of the columns a feed can fill.
Does not belong here: how a partner names them (a contract says that), nor what is computed from them (dbt does).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEXT: Final = "VARCHAR"
UNITS: Final = "DECIMAL(18,4)"
AMOUNT: Final = "DECIMAL(18,6)"
RATE: Final = "DECIMAL(18,9)"
DATE: Final = "DATE"
FLAG: Final = "BOOLEAN"
WHOLE: Final = "INTEGER"


@dataclass(frozen=True)
class Column:
    """A canonical column: its SQL type (DuckDB spelling), whether every line must have it, what it means.

    `is_factor`: others are multiplied by it, so that 0 would make them vanish and less would turn their sign.
    """

    type: str
    description: str
    required: bool = False
    is_factor: bool = False


@dataclass(frozen=True)
class Kind:
    """A record kind: its canonical columns in order, and the column that dates a line (None: undated master data)."""

    name: str
    description: str
    columns: dict[str, Column]
    date_column: str | None = None

    @property
    def required(self) -> list[str]:
        """Names of the columns without which a line means nothing."""
        return [name for name, column in self.columns.items() if column.required]


def _kind(name: str, description: str, date_column: str | None = None, **columns: Column) -> Kind:
    return Kind(name, description, columns, date_column)


_CURRENCY = Column(TEXT, "ISO 4217 code of the amounts on the line")
_LABEL = Column(TEXT, "what the partner calls the product")
_PARTNER_CODE = Column(TEXT, "the partner, as the feed names it")
_LOCATION_CODE = Column(TEXT, "the point of sale or depot, as the feed names it")
_PRODUCT_CODE = Column(TEXT, "the product, as the feed names it", required=True)

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        _kind(
            "sell_in",
            "Units the brand sells to a partner, a line a document line",
            "document_date",
            document_id=Column(TEXT, "number of the invoice, shipment or credit note", required=True),
            document_line=Column(TEXT, "line within the document"),
            document_type=Column(TEXT, "invoice, credit_note, return, free_goods, order or shipment"),
            document_date=Column(DATE, "date of the document", required=True),
            received_on=Column(DATE, "date the partner received the goods"),
            partner_code=_PARTNER_CODE,
            location_code=_LOCATION_CODE,
            product_code=_PRODUCT_CODE,
            label=_LABEL,
            units=Column(UNITS, "paid units, signed: returns are negative", required=True),
            free_units=Column(UNITS, "units given free with the paid ones"),
            net_amount=Column(AMOUNT, "amount after discounts, before tax"),
            currency=_CURRENCY,
        ),
        _kind(
            "sell_out",
            "Units a partner sells to its customers, a line a till line or a total of a period",
            "period_start",
            transaction_id=Column(TEXT, "till receipt or order"),
            partner_code=_PARTNER_CODE,
            location_code=_LOCATION_CODE,
            product_code=_PRODUCT_CODE,
            label=_LABEL,
            period_start=Column(DATE, "first day the line covers", required=True),
            period_end=Column(DATE, "last day the line covers"),
            units=Column(UNITS, "units sold; gross where returned_units is given, else net", required=True),
            returned_units=Column(UNITS, "units that customers brought back"),
            amount=Column(AMOUNT, "value of the units sold"),
            currency=_CURRENCY,
            campaign_code=Column(TEXT, "campaign or animation the sale belongs to"),
            customer_id=Column(TEXT, "pseudonym of the customer"),
            deleted=Column(FLAG, "true: the partner takes the line back"),
        ),
        _kind(
            "stock",
            "Units a partner reports on hand at a date",
            "snapshot_date",
            partner_code=_PARTNER_CODE,
            location_code=_LOCATION_CODE,
            product_code=_PRODUCT_CODE,
            label=_LABEL,
            snapshot_date=Column(DATE, "day of the count", required=True),
            on_hand_units=Column(UNITS, "units on hand; may be negative as reported", required=True),
            in_transit_units=Column(UNITS, "units on the way to the partner"),
            on_order_units=Column(UNITS, "units ordered and not yet shipped"),
            adjustment_units=Column(UNITS, "transfers, damage, corrections since the last snapshot, signed"),
        ),
        _kind(
            "products",
            "The brand's products",
            product_id=Column(TEXT, "the brand's own key of the product", required=True),
            product_name=Column(TEXT, "name of the product", required=True),
            gtin=Column(TEXT, "global trade item number, 8 to 14 digits"),
            brand=Column(TEXT, "brand or range"),
            category=Column(TEXT, "category of the product"),
            units_per_case=Column(UNITS, "base units in a case"),
            list_price=Column(AMOUNT, "list price of a base unit"),
            currency=_CURRENCY,
            launched_on=Column(DATE, "first day on the market"),
            discontinued_on=Column(DATE, "last day on the market"),
        ),
        _kind(
            "product_codes",
            "Codes that partners use for the brand's products",
            partner_id=Column(TEXT, "partner that uses the code; blank: all partners"),
            code=Column(TEXT, "the code as a feed sends it", required=True),
            code_type=Column(TEXT, "ean, cip7, cip13, acl, own"),
            product_id=Column(TEXT, "product that the code means", required=True),
            units_per_code=Column(UNITS, "base units that one unit of the code holds", is_factor=True),
            valid_from=Column(DATE, "first day the code means this product"),
            valid_to=Column(DATE, "last day the code means this product"),
        ),
        _kind(
            "partners",
            "The brand's partners",
            partner_id=Column(TEXT, "key of the partner", required=True),
            partner_name=Column(TEXT, "name of the partner", required=True),
            partner_type=Column(TEXT, "wholesaler, pharmacy_group, retailer, marketplace, ecommerce, own_shop"),
            country=Column(TEXT, "ISO 3166 code of the country"),
            currency=Column(TEXT, "ISO 4217 code the partner trades in"),
            parent_partner_id=Column(TEXT, "the partner it belongs to"),
            lead_time_days=Column(WHOLE, "days from document to receipt"),
        ),
        _kind(
            "partner_codes",
            "Codes that feeds use for partners",
            contract_id=Column(TEXT, "feed that uses the code; blank: all feeds"),
            code=Column(TEXT, "the code as a feed sends it", required=True),
            partner_id=Column(TEXT, "partner that the code means", required=True),
        ),
        _kind(
            "locations",
            "Points of sale and depots of the partners",
            location_id=Column(TEXT, "key of the location", required=True),
            partner_id=Column(TEXT, "partner that runs the location", required=True),
            location_code=Column(TEXT, "the partner's own code of the location"),
            location_name=Column(TEXT, "name of the location"),
            region=Column(TEXT, "region of the location"),
            postal_code=Column(TEXT, "postal code of the location"),
            opened_on=Column(DATE, "first open day"),
            closed_on=Column(DATE, "last open day"),
        ),
        _kind(
            "campaigns",
            "Campaigns and animations",
            campaign_id=Column(TEXT, "key of the campaign", required=True),
            campaign_name=Column(TEXT, "name of the campaign", required=True),
            campaign_type=Column(TEXT, "promotion, animation, launch"),
            starts_on=Column(DATE, "first day of the campaign", required=True),
            ends_on=Column(DATE, "last day of the campaign", required=True),
            partner_id=Column(TEXT, "partner it runs at; blank: all"),
            location_id=Column(TEXT, "location it runs at; blank: all"),
            product_id=Column(TEXT, "product it is for; blank: all"),
            cost=Column(AMOUNT, "cost of the campaign"),
            currency=_CURRENCY,
        ),
        _kind(
            "exchange_rates",
            "Rates between currencies",
            "rate_date",
            rate_date=Column(DATE, "day of the rate", required=True),
            from_currency=Column(TEXT, "ISO 4217 code converted from", required=True),
            to_currency=Column(TEXT, "ISO 4217 code converted to", required=True),
            rate=Column(RATE, "units of to_currency for one of from_currency", required=True, is_factor=True),
        ),
    )
}

#: document types that count as sell-in under each basis; a line without a type counts, any other is out of scope
BASIS_DOCUMENT_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "invoice": ("invoice", "credit_note", "return", "free_goods"),
    "shipment": ("shipment", "return", "free_goods"),
    "receipt": ("shipment", "return", "free_goods"),
}

SALES_KINDS: Final = ("sell_in", "sell_out", "stock")
MASTER_KINDS: Final = tuple(name for name in KINDS if name not in SALES_KINDS)
