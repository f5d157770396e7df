"""EDIFACT for tests: messages and interchanges with right counts, made-up parties, and a contract that takes all."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from orchestration.contracts.model import Contract, Mapping, Server
from orchestration.ingest.edifact.messages import message_of
from orchestration.ingest.edifact.reader import EDIFACT

SAMPLES = Path(__file__).parent
SHOP, OTHER_SHOP = "2900000000100", "2900000000117"
TERMINATOR = "'"
SUN_MILK, AFTER_SUN = "2990000000019", "2990000000026"


def edifact_contract(kind: str = "sell_out", **words: Any) -> Contract:
    """A contract of a kind that maps every column its message gives; `server` and other words change it."""
    server = {"path": "shop/*.edi", "format": "edifact", **words.pop("server", {})}
    contract = Contract(
        id=f"shop.{kind}",
        version="1.0.0",
        status="active",
        file=Path("shop/contract.odcs.yaml"),
        kind_name=kind,
        server=Server(**server),
        mappings=(),
        partner="shop",
        **words,
    )
    columns = message_of(contract).columns
    return contract.model_copy(update={"mappings": tuple(Mapping(name=name, physical_name=name) for name in columns)})


def without(contract: Contract, *columns: str) -> Contract:
    """The same contract, without some of its columns."""
    kept = tuple(mapping for mapping in contract.mappings if mapping.name not in columns)
    return contract.model_copy(update={"mappings": kept})


def message(
    name: str, *segments: str, reference: str = "1", version: str = "D:96A:UN", count: int | None = None
) -> str:
    """A message of segments, several of them joined by their terminator or not; `count` breaks the one in UNT."""
    inner = "".join(f"{segment}'" for segment in [f"UNH+{reference}+{name}:{version}", *segments])
    return f"{inner}UNT+{count or inner.count(TERMINATOR) + 1}+{reference}'"


def sales(*lines: str, reference: str = "1", count: int | None = None) -> str:
    """A sales report of one shop and day."""
    header = ("BGM+73E::9+R1+9", "DTM+356:20260706:102", "NAD+BY+2900000000018::9", f"LOC+162+{SHOP}::9")
    return message("SLSRPT", *header, *lines, reference=reference, count=count)


def sale(number: int, units: int | str = 1, code: str = SUN_MILK) -> str:
    """A line item of a sales report."""
    return f"LIN+{number}++{code}:EN'QTY+153:{units}:PCE"


def interchange(*messages: str, control: str = "C1", count: int | None = None, syntax: str = "UNOC:3") -> str:
    """An interchange of messages; `count` breaks the one in UNZ."""
    opens = f"UNB+{syntax}+2900000000018:14+2900000000025:14+260707:0610+{control}'"
    return f"{opens}{''.join(messages)}UNZ+{count or len(messages)}+{control}'"


def rows(content: str | bytes, contract: Contract | None = None, encoding: str = "latin-1") -> list[dict[str, Any]]:
    """What the reader makes of a file, a mapping a row."""
    with TemporaryDirectory() as work:
        source = Path(work) / "a.edi"
        source.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        table = pq.read_table(EDIFACT.plain(contract or edifact_contract(), source, Path(work)))
    return [{name.removeprefix("our "): value for name, value in row.items()} for row in table.to_pylist()]


def sample(name: str, contract: Contract) -> list[dict[str, Any]]:
    """What the reader makes of a sample message."""
    return rows((SAMPLES / name).read_bytes(), contract)


def column(found: list[dict[str, Any]], *names: str) -> list[Any]:
    """Values of a column, or tuples of several."""
    return [row[names[0]] if len(names) == 1 else tuple(row[name] for name in names) for row in found]
