"""Bring the lake up to date with what one feed received.

Belongs here: which deliveries need reading, in what batches, and which interchanges came before.
Does not belong here: reading one (`ingest`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb

from orchestration.contracts.model import Contract
from orchestration.groups import bounded_groups
from orchestration.ingest.enter import enter_resent
from orchestration.ingest.ingest import Batch, ingest
from orchestration.lake.packs import take_out
from orchestration.landing.ledger import LedgerEntry, Received, index_feed, ledger, received_of, withdrawals
from orchestration.settings import Settings

_BATCH_FILES = 100
_BATCH_BYTES = 256 << 20

#: by delivery id, the interchanges that an earlier delivery brought, each with the reason
Refused = dict[str, dict[str, str]]


def ingest_feed(
    settings: Settings, connection: duckdb.DuckDBPyConnection, contract: Contract, problems: list[str]
) -> list[LedgerEntry]:
    """Ingest every received delivery of the feed that has no ledger entry under the contract's current reading.

    Returns the new entries; what could not be read again is added to `problems` in words.
    """
    entered = ledger(settings, contract.id)
    received = received_of(settings, contract.id)
    waiting, resent = _to_read(contract, received, entered)

    def read(some: Sequence[Received], former: Mapping[str, LedgerEntry], refused: Refused) -> dict[str, LedgerEntry]:
        take_out(settings, connection, [former[one.delivery_id] for one in some if one.delivery_id in former])
        return {
            entry.delivery_id: entry
            for batch in bounded_groups(some, lambda one: one.size, _BATCH_FILES, _BATCH_BYTES)
            for entry in ingest(settings, connection, contract, Batch(batch, former, problems, refused))
        }

    done = read(waiting, entered, _refused(settings, entered.values()))
    known = entered | done
    refused = _refused(settings, known.values())
    # a delivery that came before one already read takes its interchange back
    stale = [one for one in received if _is_stale(known.get(one.delivery_id), refused)]
    done |= read(stale, known, refused)
    by_use = sorted((entered | done).values(), key=lambda entry: entry.rejected_reason is None)
    originals = {entry.sha256: entry for entry in by_use if entry.resent_of is None}
    came = [*done.values(), *(enter_resent(settings, contract, one, originals[one.sha256]) for one in resent)]
    index_feed(settings, contract.id)
    return came


def _to_read(
    contract: Contract, received: Iterable[Received], entered: Mapping[str, LedgerEntry]
) -> tuple[list[Received], list[Received]]:
    """Deliveries whose bytes must be read, and those whose bytes the feed sent before."""
    # what was rejected was not read: the same bytes under a better name are no copy of it
    read = {entry.sha256: entry for entry in entered.values() if not entry.resent_of and not entry.rejected_reason}
    waiting: list[Received] = []
    resent: list[Received] = []
    reading_hash = contract.reading_hash
    waiting_hashes: set[str] = set()
    for one in received:
        entry = entered.get(one.delivery_id)
        if entry and entry.reading_hash == reading_hash:
            continue
        is_copy = one.sha256 in waiting_hashes or (
            one.sha256 in read and read[one.sha256].delivery_id != one.delivery_id
        )
        if is_copy and not one.problem:
            resent.append(one)
        else:
            waiting.append(one)
            if not one.problem:
                waiting_hashes.add(one.sha256)
    return waiting, resent


def _refused(settings: Settings, entries: Iterable[LedgerEntry]) -> Refused:
    """Interchanges by the delivery that must not bring them: the first by (received_at, file name) keeps a number."""
    withdrawn = withdrawals(settings)
    effective = [one for one in entries if one.resent_of is None and one.delivery_id not in withdrawn]
    owners: dict[str, LedgerEntry] = {}
    refused: Refused = {}
    for entry in sorted(effective, key=lambda one: (one.received_at, one.file_name, one.delivery_id)):
        for interchange in entry.interchanges:
            owner = owners.setdefault(interchange, entry)
            if owner is not entry:
                refused.setdefault(entry.delivery_id, {})[interchange] = (
                    f"interchange {interchange} came before in {owner.file_name}, with other content; "
                    "ask the partner which one holds, and withdraw the other"
                )
    return refused


def _is_stale(entry: LedgerEntry | None, refused: Refused) -> bool:
    return (
        entry is not None
        and entry.resent_of is None
        and entry.refused_interchanges != tuple(sorted(refused.get(entry.delivery_id, {})))
    )
