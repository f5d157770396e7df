"""The readers, by the format that a contract states.

Belongs here: the table. Does not belong here: what a reader is (`relation`), any format (a module or folder each).
"""

from __future__ import annotations

from orchestration.ingest.csv.reader import CSV
from orchestration.ingest.edifact.reader import EDIFACT
from orchestration.ingest.json.reader import JSON
from orchestration.ingest.parquet import PARQUET
from orchestration.ingest.relation import Reader
from orchestration.ingest.x12.reader import X12
from orchestration.ingest.xlsx.reader import XLSX

READERS: dict[str, Reader] = {
    "csv": CSV,
    "edifact": EDIFACT,
    "json": JSON,
    "parquet": PARQUET,
    "x12": X12,
    "xlsx": XLSX,
}
