"""The contracts of the market that is measured: one document a feed, as `selltrace` reads them.

Belongs here: what the feeds promise. Does not belong here: what the files hold (`market`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

_STORE: Final = ("location_code", "store", "string")
_ITEM: Final = ("product_code", "item", "string")
_DAY: Final = {"logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd"}}
_WEEKLY: Final = [{"property": "frequency", "value": 1, "unit": "w"}, {"property": "latency", "value": 3, "unit": "d"}]

#: kind -> columns as (ours, theirs, type), and which of ours are the key
_COLUMNS: Final[dict[str, tuple[list[tuple[str, str, str]], set[str]]]] = {
    "sell_out": (
        [_STORE, _ITEM, ("period_start", "week", "date"), ("units", "quantity", "number"),
         ("amount", "value", "number")],
        {"location_code", "product_code", "period_start"},
    ),
    "stock": (
        [_STORE, _ITEM, ("snapshot_date", "day", "date"), ("on_hand_units", "on_hand", "number")],
        {"location_code", "product_code", "snapshot_date"},
    ),
    "sell_in": (
        [("document_id", "document", "string"), ("document_line", "line", "string"),
         ("partner_code", "partner", "string"), _STORE, _ITEM,
         ("document_date", "day", "date"), ("units", "units", "number"), ("net_amount", "net", "number")],
        {"document_id", "document_line"},
    ),
    "products": (
        [("product_id", "item", "string"), ("product_name", "name", "string"), ("list_price", "list_price", "number")],
        {"product_id"},
    ),
    "partners": (
        [("partner_id", "partner", "string"), ("partner_name", "name", "string"), ("partner_type", "type", "string"),
         ("country", "country", "string")],
        {"partner_id"},
    ),
    "locations": (
        [("location_id", "store", "string"), ("partner_id", "partner", "string"), ("location_name", "name", "string")],
        {"location_id"},
    ),
}  # fmt: skip
_OF_BRAND: Final = {"sell_in": "invoices", "products": "products", "partners": "partners", "locations": "locations"}


def write_contracts(folder: Path, partners: Mapping[str, bool], first_day: date) -> None:
    """Write the contracts of the brand and of each partner; `partners` says who reports stock by location."""
    for kind, stem in _OF_BRAND.items():
        _write(folder, "brand", kind, stem, first_day, _words(kind))
    for partner, by_location in partners.items():
        whole = {"partner": partner, "coverage": "complete"}
        total = {"period": "week", "where": "store <> 'TOTAL'"}
        _write(folder, partner, "sell_out", "sold", first_day, whole | total)
        _write(folder, partner, "stock", "stock", first_day, whole, set() if by_location else {"location_code"})


def _words(kind: str) -> dict[str, Any]:
    return {"delivery": "keyed", "basis": "invoice"} if kind == "sell_in" else {"delivery": "snapshot"}


def _write(
    folder: Path,
    owner: str,
    kind: str,
    stem: str,
    first_day: date,
    words: dict[str, Any],
    without: Collection[str] = (),
) -> None:
    dated = kind in ("sell_in", "sell_out", "stock")
    said: dict[str, Any] = {"delivery": "keyed", "currency": "EUR"} | words
    said["receivedAt"] = f"filename:{stem}_%Y%m%d.csv"
    if dated:
        said["startsOn"] = first_day.isoformat()
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{owner}.{kind}",
        "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "landing", "type": "local", "path": f"{owner}/{kind}/{stem}_*.csv", "format": "csv"}],
        "schema": [{"name": kind, "properties": _properties(kind, without)}],
        "slaProperties": _WEEKLY if dated else [{"property": "retention", "value": 36, "unit": "m"}],
        "customProperties": [{"property": word, "value": value} for word, value in said.items()],
    }
    path = folder / owner / f"{kind}.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _properties(kind: str, without: Collection[str]) -> list[dict[str, Any]]:
    columns, key = _COLUMNS[kind]
    return [
        {"name": ours, "physicalName": theirs, "logicalType": type_}
        | (_DAY if type_ == "date" else {})
        | ({"primaryKey": True} if ours in key else {})
        for ours, theirs, type_ in columns
        if ours not in without
    ]
