"""Whether a run would find anything new.

No news means: same deliveries, contracts, code and settings as the current release, and no due date or waiver expiry
passed since. Belongs here: that decision, cheap enough to be asked every minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from orchestration.contracts.model import Contract
from orchestration.landing.land import UnreadableServer, files_of
from orchestration.landing.ledger import ledger, received_of
from orchestration.publish.manifest import Manifest
from orchestration.publish.manifest import read as read_manifest
from orchestration.settings import Settings
from orchestration.transform.control import inputs_fingerprint


def waiting_files(settings: Settings, contracts: Sequence[Contract]) -> Iterator[str]:
    """Files of the landing zone, with size and time, that no delivery was made of yet."""
    for contract in contracts:
        if not contract.is_read:
            continue
        seen = {(entry.file_name, entry.size, entry.modified_ns) for entry in received_of(settings, contract.id)}
        try:
            for path in files_of(settings, contract):
                state = path.stat()
                name = path.relative_to(settings.landing).as_posix()
                if (name, state.st_size, state.st_mtime_ns) not in seen:
                    yield f"{contract.id} {name} {state.st_size} {state.st_mtime_ns}"
        except (UnreadableServer, FileNotFoundError):
            continue


def news(settings: Settings, contracts: Sequence[Contract], as_of: datetime) -> str | None:
    """What is new since the current release at `as_of` (UTC), in words; None: a run would publish the same again."""
    if not settings.current.exists():
        return "nothing is published yet"
    current = read_manifest(settings.current)
    if as_of < _utc(current.as_of):
        return "the moment lies before the current release's"
    return _new_inputs(settings, contracts, as_of, current) or _passed(current, as_of)


def _new_inputs(settings: Settings, contracts: Sequence[Contract], as_of: datetime, current: Manifest) -> str | None:
    if first := next(waiting_files(settings, contracts), None):
        return f"a file arrived: {first.split()[1]}"
    read = {contract.id for contract in contracts if contract.is_read}
    entries = ledger(settings)
    for contract_id in sorted(read):
        if any(one.delivery_id not in entries for one in received_of(settings, contract_id)):
            return f"a delivery of {contract_id} was not read to its end"
    known = [entry for entry in entries.values() if entry.contract_id in read and entry.received_at <= as_of]
    if inputs_fingerprint(settings, contracts, known) != current.inputs_fingerprint:
        return "deliveries, contracts, code or settings changed"
    return None


def _passed(current: Manifest, as_of: datetime) -> str | None:
    if current.next_due_at and _utc(current.next_due_at) <= as_of:
        return f"a due date or waiver passed on {current.next_due_at:%Y-%m-%d %H:%M}"
    return None


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
