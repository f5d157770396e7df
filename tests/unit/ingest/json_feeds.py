"""Small JSON feeds for tests: a contract made of a few words, and what came of its files."""

from __future__ import annotations

import json
from typing import Any

from orchestration.contracts.model import Contract, Mapping
from orchestration.landing.ledger import LedgerEntry
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, sell_out_contract, take_in

SALES = (
    Mapping(name="product_code", physical_name="sku", required=True, primary_key=True),
    Mapping(name="period_start", physical_name="day", required=True, primary_key=True),
    Mapping(name="units", physical_name="qty", required=True),
)


def json_contract(record_path: str | None = None, *more: Mapping, **words: Any) -> Contract:
    """A sell-out feed in JSON: records of sku, day and qty at `record_path`, with `more` columns."""
    server = {"path": "shop/*", "format": "json", "decimal": ".", "thousands": "", "record_path": record_path}
    server |= words.pop("server", {})
    return sell_out_contract(server, **{"mappings": (*SALES, *more), **words})


def sale(sku: str = "A", qty: Any = 1, **more: Any) -> dict[str, Any]:
    """A record of such a feed."""
    return {"sku": sku, "day": "2025-01-06", "qty": qty, **more}


def take_json(settings: Settings, contract: Contract, content: Any, name: str = "shop/a.json") -> LedgerEntry:
    """Deliver one file (text, bytes, or what is to be written as JSON), and ingest it."""
    is_written = isinstance(content, str | bytes)
    deliver(settings, name, content if is_written else json.dumps(content))
    [entry] = take_in(settings, contract)
    return entry
