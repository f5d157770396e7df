"""Bring the lake up to date with what one feed received.

Belongs here: which deliveries need reading, in what batches. Does not belong here: reading one (`ingest`).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from orchestration.contracts.model import Contract
from orchestration.ingest.ingest import enter_resent, ingest
from orchestration.landing.ledger import LedgerEntry, Received, ledger, received_of
from orchestration.settings import Settings

_BATCH_FILES = 100
_BATCH_BYTES = 256 << 20


def ingest_feed(
    settings: Settings, connection: duckdb.DuckDBPyConnection, contract: Contract, problems: list[str]
) -> list[LedgerEntry]:
    """Ingest every received delivery of the feed that has no ledger entry under the contract's current reading.

    Returns the new entries; what could not be read again is added to `problems` in words.
    """
    entered = ledger(settings, contract.id)
    originals = {entry.sha256: entry for entry in entered.values() if entry.resent_of is None}
    waiting: list[Received] = []
    resent: list[Received] = []
    waiting_hashes: set[str] = set()
    for one in received_of(settings, contract.id):
        entry = entered.get(one.delivery_id)
        if entry and entry.reading_hash == contract.reading_hash:
            continue
        is_copy = one.sha256 in waiting_hashes or (
            one.sha256 in originals and originals[one.sha256].delivery_id != one.delivery_id
        )
        if is_copy and not one.problem:
            resent.append(one)
        else:
            waiting.append(one)
            waiting_hashes.add(one.sha256)
    done = [
        entry
        for batch in _batches(waiting)
        for entry in ingest(settings, connection, contract, batch, entered, problems)
    ]
    originals |= {entry.sha256: entry for entry in done}
    return done + [enter_resent(settings, contract, one, originals[one.sha256]) for one in resent]


def _batches(received: list[Received]) -> Iterator[list[Received]]:
    batch: list[Received] = []
    size = 0
    for one in received:
        if batch and (len(batch) == _BATCH_FILES or size + one.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.size
    if batch:
        yield batch
