"""A market of one shop and a handful of files: what the tests of whole runs need, in seconds.

Belongs here: writing its contracts and files. Does not belong here: running it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HEAD: Final = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.{kind}
version: 1.0.0
status: active
team:
  name: shop
servers:
  - {{server: landing, type: local, path: "{kind}/*.csv", format: csv}}
schema:
  - name: {kind}
    properties:
"""

_CONTRACTS: Final = {
    "sell_out": """\
      - {name: product_code, physicalName: code, logicalType: string, primaryKey: true}
      - {name: period_start, physicalName: week, logicalType: date, primaryKey: true}
      - {name: units, physicalName: units, logicalType: integer}
slaProperties:
  - {property: frequency, value: 1, unit: w}
  - {property: latency, value: 3, unit: d}
customProperties:
  - {property: partner, value: shop}
  - {property: delivery, value: keyed}
  - {property: period, value: week}
  - {property: coverage, value: complete}
  - {property: startsOn, value: "2025-01-06"}
  - {property: receivedAt, value: "filename:%Y-%m-%d*.csv"}
""",
    "sell_in": """\
      - {name: document_id, physicalName: document, logicalType: string, primaryKey: true}
      - {name: document_date, physicalName: day, logicalType: date}
      - {name: product_code, physicalName: code, logicalType: string, primaryKey: true}
      - {name: units, physicalName: units, logicalType: integer}
customProperties:
  - {property: partner, value: shop}
  - {property: delivery, value: keyed}
  - {property: receivedAt, value: "filename:%Y-%m-%d*.csv"}
""",
    "stock": """\
      - {name: product_code, physicalName: code, logicalType: string, primaryKey: true}
      - {name: snapshot_date, physicalName: day, logicalType: date, primaryKey: true}
      - {name: on_hand_units, physicalName: units, logicalType: integer}
customProperties:
  - {property: partner, value: shop}
  - {property: delivery, value: keyed}
  - {property: coverage, value: complete}
  - {property: receivedAt, value: "filename:%Y-%m-%d*.csv"}
""",
}

_FILES: Final = {
    "sell_in/2025-01-07.csv": "document,day,code,units\nD1,2025-01-07,A,100\nD1,2025-01-07,B,50\n",
    "stock/2025-01-13.csv": "code,day,units\nA,2025-01-12,90\nB,2025-01-12,45\n",
    "stock/2025-01-20.csv": "code,day,units\nA,2025-01-19,70\nB,2025-01-19,40\n",
    "stock/2025-01-27.csv": "code,day,units\nA,2025-01-26,65\nB,2025-01-26,20\n",
    "sell_out/2025-01-13.csv": "code,week,units\nA,2025-01-06,10\nB,2025-01-06,5\n",
    "sell_out/2025-01-20.csv": "code,week,units\nA,2025-01-13,20\nB,2025-01-13,5\n",
    "sell_out/2025-01-27.csv": "code,week,units\nA,2025-01-20,5\nB,2025-01-20,20\n",
}

#: a moment at which everything above was due, and nothing that follows
AS_OF: Final = "2025-01-29"


def write_small_market(home: Path) -> Path:
    """Write contracts and files of the market; returns the folder of the contracts."""
    contracts = home / "contracts"
    contracts.mkdir(parents=True)
    for kind, rest in _CONTRACTS.items():
        (contracts / f"{kind}.odcs.yaml").write_text(_HEAD.format(kind=kind) + rest, encoding="utf-8")
    for name, content in _FILES.items():
        deliver(home, name, content)
    return contracts


def deliver(home: Path, name: str, content: str) -> None:
    """Put a file into the landing zone."""
    path = home / "landing" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
