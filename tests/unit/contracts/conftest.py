"""A folder of contracts to write into, and contract texts that hold no mistake.

Belongs here: what several test modules of contracts share.
Does not belong here: the cases themselves.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.contracts.load import Loaded, load_contracts
from orchestration.contracts.model import Contract

GOOD = """\
apiVersion: v3.1.0
kind: DataContract
id: acme.sell_out
version: 1.0.0
status: active
servers:
  - server: landing
    type: local
    path: acme/sell_out/*.csv
    format: csv
    encoding: cp1252
    customProperties:
      - {property: delimiter, value: ";"}
schema:
  - name: sell_out
    properties:
      - {name: location_code, physicalName: Shop, logicalType: string, primaryKey: true}
      - {name: product_code, physicalName: Code, logicalType: string, primaryKey: true}
      - {name: period_start, physicalName: Day, logicalType: date, logicalTypeOptions: {format: dd/MM/yyyy}}
      - {name: units, physicalName: Qty, logicalType: integer, logicalTypeOptions: {minimum: -10, maximum: 100}}
slaProperties:
  - {property: frequency, value: 1, unit: w}
  - {property: latency, value: 3, unit: d}
customProperties:
  - {property: partner, value: acme}
  - {property: delivery, value: keyed}
  - {property: period, value: week}
  - {property: timezone, value: Europe/Paris}
"""


class Folder:
    """A contracts folder that tests write files into."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text: str | bytes, name: str = "acme/sell_out.odcs.yaml") -> Path:
        """Write a contract file and return its path."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def load(self) -> Loaded:
        """Load all that was written."""
        return load_contracts(self.path)

    def contract(self, text: str) -> Contract:
        """Load one contract that must hold no mistake."""
        self.write(text)
        loaded = self.load()
        assert loaded.problems == ()
        return loaded.contracts[0]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty contracts folder."""
    return Folder(tmp_path)


@pytest.fixture
def good() -> str:
    """Return the text of a weekly keyed sell-out contract without mistakes."""
    return GOOD
