"""Lines of a kept file as the partner sent them, whatever its format: what explains a figure in the end.

Belongs here: reading the bytes of the lake once more, for a few line numbers. Does not belong here: what a line means
(`parse`), and files of feeds with personal columns, whose bytes are not kept.
"""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.contracts.model import Contract
from orchestration.ingest.ingest import open_ingest
from orchestration.ingest.readers import READERS
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.sql import ours
from orchestration.landing.archives import without_gz
from orchestration.landing.store import unpack
from orchestration.settings import Settings


def lines_as_sent(
    settings: Settings, contract: Contract, file_name: str, sha256: str, numbers: Set[int]
) -> dict[int, str]:
    """Text of the lines `numbers`, as the ledger counts them: a record, a row, a segment.

    Empty where the bytes are not kept, or cannot be read by the contract as it is now.
    """
    if contract.is_personal or not numbers:
        return {}
    with TemporaryDirectory() as folder, open_ingest() as connection:
        work = Path(folder)
        source = work / without_gz(file_name.rsplit("/", 1)[-1])
        try:
            unpack(settings, sha256, source)
            return _read(connection, contract, source, work, numbers)
        except (FileNotFoundError, Unreadable, duckdb.Error):
            return {}


def _read(
    connection: duckdb.DuckDBPyConnection, contract: Contract, source: Path, work: Path, numbers: Set[int]
) -> dict[int, str]:
    reader = READERS[contract.server.format]
    plain = reader.plain(contract, source, work)
    relation = reader.lines(connection, contract, reader.shape(contract, plain), {0: plain})
    number = ours("line_number")
    rows = connection.execute(
        f"select {number}, {relation.raw_line} from ({relation.sql}) as cells where list_contains($numbers, {number})",
        {"numbers": sorted(numbers)},
    ).fetchall()
    return dict(rows)
