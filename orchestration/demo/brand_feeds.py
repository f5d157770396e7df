"""What the brand itself sends: its invoices (sell-in) and its master data.

Belongs here: from the true receipts of the market to documents, and the master tables as files. Does not belong here:
mistakes (`defects`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.demo.catalogue import BRAND, LAUNCHED_ON, code_table, products
from orchestration.demo.dates import ALL_DAYS, MONDAYS, SUNDAYS, WEEKS
from orchestration.demo.feeds import Feed, deliveries, received
from orchestration.demo.market import Market, lead_days
from orchestration.demo.network import CLOSED, OPENED, PARTNERS, PHARMACIES, locations

#: what partners pay of the list price, in percent
_NET_PERCENT = 68


def sell_in_feed(market: Market, seed: int) -> Feed:
    """The brand's invoices, returns and credit notes: one file a week, a line a document line."""
    rng = np.random.default_rng([seed, 4])
    parts = [
        _movements(market, "invoice", market.paid, market.free),
        _movements(market, "return", -market.returned_to_brand, np.zeros_like(market.free)),
        _credit_notes(market, rng),
    ]
    lines = pd.concat(parts, ignore_index=True)
    lines["delivery"] = lines["document_day"] // 7
    lines = lines.loc[lambda table: table["delivery"] < WEEKS]
    lines = lines.sort_values(["document_day", "document_type", "point", "product"], kind="stable", ignore_index=True)
    ends = SUNDAYS[:WEEKS]
    reports = deliveries(MONDAYS[:WEEKS], ends, received(ends, 1, "04:00"))
    return Feed("brand.sell_in", reports, _documents(market, lines))


def _movements(market: Market, document_type: str, units: np.ndarray, free_units: np.ndarray) -> pd.DataFrame:
    """A line a movement of goods, dated so that date + lead time is the day on which it took place."""
    day, point, product = np.nonzero(units)
    return pd.DataFrame({
        "document_type": document_type, "document_day": day - lead_days(market.points)[point], "receipt_day": day,
        "point": point, "product": product, "units": units[day, point, product].astype(float),
        "free_units": free_units[day, point, product].astype(float),
    })  # fmt: skip


def _credit_notes(market: Market, rng: np.random.Generator) -> pd.DataFrame:
    """Commercial credit notes: an amount, no units."""
    thursdays = np.arange(WEEKS) * 7 + 3
    return pd.DataFrame({
        "document_type": "credit_note", "document_day": thursdays, "receipt_day": thursdays,
        "point": rng.integers(0, 30, WEEKS), "product": rng.integers(0, 20, WEEKS), "units": 0.0, "free_units": 0.0,
        "net_amount": -100 * rng.integers(10, 90, WEEKS),
    })  # fmt: skip


def _documents(market: Market, lines: pd.DataFrame) -> pd.DataFrame:
    """Number the documents (one a day, type and point) and fill what an invoice line shows."""
    point, product = lines["point"].to_numpy(), lines["product"].to_numpy()
    is_pharmacy = point < sum(PHARMACIES.values())
    prefix = lines["document_type"].map({"invoice": "FA", "return": "RE", "credit_note": "AV"})
    number = 25_000_000 + lines["document_day"] * 1000 + point
    lines["document_id"] = (prefix + number.astype(str)).astype(object)
    lines["document_line"] = (lines.groupby("document_id").cumcount() + 1).astype(str).astype(object)
    lines["document_date"] = ALL_DAYS[lines["document_day"]]
    receipt = pd.Series(ALL_DAYS[lines["receipt_day"]])
    # only pharmacies sign for their goods: for all others the partner's lead time tells the receipt
    lines["received_on"] = receipt.where(is_pharmacy)
    # not printed: the day on which the goods truly moved
    lines["receipt_on"] = receipt
    lines["partner_id"] = market.points["partner_id"].to_numpy(dtype=object)[point]
    lines["location"] = np.where(is_pharmacy, point, -1)
    ids = locations()["location_id"].to_numpy(dtype=object)
    lines["location_id"] = np.where(is_pharmacy, ids[np.where(is_pharmacy, point, 0)], "")
    lines["product_code"] = market.products["product_id"].to_numpy(dtype=object)[product]
    lines["label"] = market.products["label"].to_numpy(dtype=object)[product]
    net_price = market.products["list_price"].to_numpy()[product] * _NET_PERCENT // 100
    lines["net_amount"] = lines["net_amount"].fillna(lines["units"] * net_price).astype(np.int64)
    lines["free_units"] = lines["free_units"].where(lines["free_units"] > 0)
    lines["currency"] = "EUR"
    return lines.drop(columns=["document_day", "receipt_day", "point"])


def master_feeds() -> list[Feed]:
    """The brand's master data; products and locations are sent again when something is new, replacing all."""
    return [
        _snapshots("brand.products", _product_rows(), "18:00", "2025-01-03", "2025-05-12"),
        _snapshots("brand.product_codes", code_table(), "18:05", "2025-01-03"),
        _snapshots("brand.partners", _partner_rows(), "18:10", "2025-01-03"),
        _snapshots("brand.locations", _location_rows(), "18:15", "2025-01-03", "2025-06-02", "2025-11-10"),
    ]


def _snapshots(contract_id: str, rows: pd.DataFrame, clock: str, *sent_on: str) -> Feed:
    """A file a day of sending, with the rows known by then (`known_on`); only the last one stays current."""
    days = pd.DatetimeIndex(sent_on)
    known_on = rows["known_on"] if "known_on" in rows else pd.Series(days[0], index=rows.index)
    parts = [rows.loc[known_on <= day].assign(delivery=place) for place, day in enumerate(days)]
    lines = pd.concat(parts, ignore_index=True)
    lines["line_class"] = np.where(lines["delivery"] == len(days) - 1, "accepted", "superseded")
    if "closing_known_on" in lines:
        is_known = lines["closing_known_on"] <= days[lines["delivery"]].to_numpy()
        lines["closed_on"] = lines["closed_on"].where(is_known)
    return Feed(contract_id, deliveries(days, days, received(days, 0, clock)), lines)


def _product_rows() -> pd.DataFrame:
    rows = products()
    known = rows["product_id"].map(dict.fromkeys(LAUNCHED_ON, "2025-05-12")).fillna("2025-01-03")
    return rows.assign(brand=BRAND, currency="EUR", known_on=pd.to_datetime(known))


def _partner_rows() -> pd.DataFrame:
    return pd.DataFrame({
        "partner_id": list(PARTNERS),
        "partner_name": [partner.name for partner in PARTNERS.values()],
        "partner_type": [partner.type for partner in PARTNERS.values()],
        "country": "FR",
        "currency": "EUR",
        "lead_time_days": [float(partner.lead_time_days) for partner in PARTNERS.values()],
    })  # fmt: skip


def _location_rows() -> pd.DataFrame:
    rows = locations()
    place = pd.Series(rows.index)
    opened_later, closed = place.isin(OPENED), place.isin(CLOSED)
    return rows.assign(
        known_on=pd.to_datetime(np.where(opened_later, "2025-06-02", "2025-01-03")),
        closing_known_on=pd.to_datetime(np.where(closed, "2025-11-10", "2100-01-01")),
    )
