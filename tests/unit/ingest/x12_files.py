"""X12 files for tests: sets and interchanges that are whole, and what the reader makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from orchestration.contracts.model import Contract, Mapping, Server
from orchestration.ingest.x12.reader import X12

INTERCHANGE = "SHOP|BRAND|000000007"
WEEK = "XQ*H*20250602*20250608"


def transaction_set(name: str, *segments: str, control: str = "0001") -> list[str]:
    """A set with its ST and SE."""
    return [f"ST*{name}*{control}", *segments, f"SE*{len(segments) + 2}*{control}"]


def group(*sets: list[str], control: str = "1") -> list[str]:
    """A group with its GS and GE."""
    segments = [segment for one in sets for segment in one]
    return [f"GS*PD*SHOP*BRAND*20250610*1200*{control}*X*004010", *segments, f"GE*{len(sets)}*{control}"]


def interchange(*groups: list[str], control: str = "000000007", is_fixed: bool = True) -> list[str]:
    """An interchange with its ISA and IEA."""
    widths = (2, 10, 2, 10, 2, 15, 2, 15) if is_fixed else (0,) * 8
    parts = ("00", "", "00", "", "ZZ", "SHOP", "ZZ", "BRAND")
    head = "*".join(part.ljust(width) for part, width in zip(parts, widths, strict=True))
    segments = [segment for one in groups for segment in one]
    return [f"ISA*{head}*250610*1200*U*00401*{control}*0*P*>", *segments, f"IEA*{len(groups)}*{control}"]


def file_of(*segments: str, name: str = "852") -> str:
    """A file of one set."""
    return written(interchange(group(transaction_set(name, *segments))))


def written(segments: list[str], end: str = "~\n") -> str:
    """Segments with their terminators."""
    return "".join(segment + end for segment in segments)


def x12_contract(kind: str, *columns: str, **server: Any) -> Contract:
    """A feed of one kind that maps these columns by their own names."""
    return Contract(
        id="shop.feed",
        version="1.0.0",
        status="active",
        file=Path("shop/feed.odcs.yaml"),
        kind_name=kind,
        server=Server(**{"path": "shop/*.edi", "format": "x12", **server}),
        mappings=tuple(Mapping(name=column, physical_name=column) for column in columns),
        partner="shop",
    )


def rows_of(folder: Path, content: str | bytes, contract: Contract) -> list[dict[str, Any]]:
    """The rows that the reader makes of a file: what is not blank, ours without the word."""
    source = folder / "sent.edi"
    source.write_bytes(content if isinstance(content, bytes) else content.encode(contract.server.encoding))
    table = pq.read_table(X12.plain(contract, source, folder))
    return [
        {column.removeprefix("our "): cell for column, cell in row.items() if cell not in (None, False)}
        for row in table.to_pylist()
    ]


def figures(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of rows; None where blank."""
    return [tuple(row.get(column) for column in columns) for row in rows]
