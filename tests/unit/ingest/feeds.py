"""Small feeds for tests: a contract made of a few words, files written below a landing folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts.model import Contract, Mapping, Server
from orchestration.ingest.feed import ingest_feed
from orchestration.ingest.ingest import open_ingest, prepare_lake
from orchestration.landing.land import land
from orchestration.landing.ledger import LedgerEntry
from orchestration.settings import Settings

SELL_OUT = (
    Mapping(name="product_code", physical_name="Code", required=True, primary_key=True),
    Mapping(name="period_start", physical_name="Jour", date_format="dd/MM/yyyy", required=True, primary_key=True),
    Mapping(name="units", physical_name="Qté", required=True),
    Mapping(name="amount", physical_name="CA"),
)


def sell_out_contract(server: dict[str, Any] | None = None, **words: Any) -> Contract:
    """A keyed French sell-out feed; `server` and `words` change it."""
    reading = {"path": "shop/*.csv", "format": "csv", "delimiter": ";", "decimal": ",", "thousands": " "}
    given: dict[str, Any] = {
        "id": "shop.sell_out",
        "version": "1.0.0",
        "status": "active",
        "file": Path("shop/sell_out.odcs.yaml"),
        "kind_name": "sell_out",
        "server": Server(**{**reading, **(server or {})}),
        "mappings": SELL_OUT,
        "partner": "shop",
        "delivery": "keyed",
    }
    return Contract(**{**given, **words})


def deliver(settings: Settings, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    """Put a file below the landing folder."""
    path = settings.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def take_in(settings: Settings, contract: Contract, problems: list[str] | None = None) -> list[LedgerEntry]:
    """Land and ingest a feed; `problems` takes what could not be read again."""
    with open_ingest() as connection:
        prepare_lake(settings, connection)
        land(settings, contract)
        return ingest_feed(settings, connection, contract, [] if problems is None else problems)


def lines(settings: Settings, columns: str, kind: str = "sell_out") -> list[tuple[Any, ...]]:
    """Accepted lines of the lake, in order of line number."""
    return _read(settings, columns, f"raw/{kind}/*/lines_*.parquet")


def quarantine(settings: Settings, columns: str = "line_number, reason_code") -> list[tuple[Any, ...]]:
    """Quarantined lines of the lake, in order of line number."""
    return _read(settings, columns, "raw/*/*/quarantine_*.parquet")


def _read(settings: Settings, columns: str, pattern: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {columns} from read_parquet('{settings.lake}/{pattern}') order by line_number"
        ).fetchall()
