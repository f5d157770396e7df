"""Whether a run would find anything new.

No news means: same deliveries, contracts, code and settings as the current release, and no due date or waiver expiry
passed since. Belongs here: that decision, cheap enough to be asked every minute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

from orchestration.contracts.model import Contract
from orchestration.landing.ledger import ledger, received_of
from orchestration.landing.look import Look, look_at
from orchestration.landing.sources import (
    Connection,
    Listed,
    UnreachableServer,
    UnreadableServer,
    connection_of,
    open_source,
)
from orchestration.publish.manifest import Head, read_head
from orchestration.settings import Settings
from orchestration.transform.control import inputs_fingerprint

_SERVERS_AT_ONCE = 8


def waiting_files(settings: Settings, contracts: Sequence[Contract]) -> Iterator[tuple[str, Listed]]:
    """Files that no delivery was made of yet, with the contract; a server that cannot be read has none."""
    for contract_id, look in _looks(settings, contracts):
        yield from ((contract_id, file) for file in look.waiting)


def _looks(settings: Settings, contracts: Sequence[Contract]) -> Iterator[tuple[str, Look]]:
    """What a look at each feed's server finds, with the contract; nothing of a server that cannot be read.

    Servers are asked side by side: one that does not answer costs its time-out, not everybody's.
    """
    by_connection: dict[Connection, list[Contract]] = defaultdict(list)
    for contract in contracts:
        if contract.is_read:
            by_connection[connection_of(contract.server)].append(contract)
    here = [group for group in by_connection.values() if group[0].server.type == "local"]
    elsewhere = [group for group in by_connection.values() if group[0].server.type != "local"]
    for group in here:
        yield from _looks_at_one(settings, group)
    if elsewhere:
        with ThreadPoolExecutor(_SERVERS_AT_ONCE) as pool:
            for found in pool.map(lambda group: list(_looks_at_one(settings, group)), elsewhere):
                yield from found


def _looks_at_one(settings: Settings, contracts: Sequence[Contract]) -> Iterator[tuple[str, Look]]:
    """What is found on one server."""
    with suppress(UnreadableServer), open_source(settings, contracts[0].server) as source:
        for contract in contracts:
            try:
                look = look_at(settings, contract, source)
            except UnreachableServer:
                raise
            except UnreadableServer:
                continue
            yield contract.id, look


def news(settings: Settings, contracts: Sequence[Contract], as_of: datetime) -> str | None:
    """What is new since the current release at `as_of` (UTC), in words; None: a run would publish the same again."""
    if not settings.current.exists():
        return "nothing is published yet"
    current = read_head(settings.current)
    if as_of < _utc(current.as_of):
        return "the moment lies before the current release's"
    return _new_inputs(settings, contracts, as_of, current) or _passed(current, as_of)


def _new_inputs(settings: Settings, contracts: Sequence[Contract], as_of: datetime, current: Head) -> str | None:
    received: dict[str, set[str]] = {}
    for contract_id, look in _looks(settings, contracts):
        for file in look.waiting:
            return f"a file arrived: {file.name}"
        received[contract_id] = {one.delivery_id for one in look.known}
    read = {contract.id for contract in contracts if contract.is_read}
    entries = ledger(settings)
    for contract_id in sorted(read):
        if contract_id not in received:
            # its server cannot be read now
            received[contract_id] = {one.delivery_id for one in received_of(settings, contract_id)}
        if not received[contract_id] <= entries.keys():
            return f"a delivery of {contract_id} was not read to its end"
    known = [entry for entry in entries.values() if entry.contract_id in read and entry.received_at <= as_of]
    if inputs_fingerprint(settings, contracts, known) != current.inputs_fingerprint:
        return "deliveries, contracts, code or settings changed"
    return None


def _passed(current: Head, as_of: datetime) -> str | None:
    if current.next_due_at and _utc(current.next_due_at) <= as_of:
        return f"a due date or waiver passed on {current.next_due_at:%Y-%m-%d %H:%M}"
    return None


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
