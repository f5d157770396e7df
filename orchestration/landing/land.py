"""Find the files of a feed in the landing zone and record each as a delivery.

Belongs here: which files are deliveries, when they were received, what identifies them.
Does not belong here: what is in them (`ingest`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.contracts.model import Contract
from orchestration.landing.ledger import Received, received_of, record_received
from orchestration.landing.names import FROM_FILENAME, moment_in_name
from orchestration.landing.store import FileIsChanging, keep, settled_fingerprint
from orchestration.settings import Settings


class UnreadableServer(Exception):
    """The contract names a kind of server that cannot be read."""


@dataclass(frozen=True)
class Landed:
    """What one look at a feed's landing folder found."""

    new: list[Received] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def files_of(settings: Settings, contract: Contract) -> Iterator[Path]:
    """Files below the landing root that match the contract's path; names that begin with a dot are not whole yet."""
    if contract.server.type != "local":
        raise UnreadableServer(
            f"{contract.file}: servers of type {contract.server.type} are not read; "
            "copy the files below the landing folder and write `type: local`"
        )
    for path in sorted(settings.landing.glob(contract.server.path)):
        if path.is_file() and not path.name.startswith(".") and _is_text(path):
            yield path


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _unnameable(settings: Settings, contract: Contract) -> Iterator[str]:
    for path in settings.landing.glob(contract.server.path):
        if not _is_text(path):
            shown = str(path.relative_to(settings.landing)).encode(errors="replace").decode()
            yield f"the name {shown} is not UTF-8, and the file is not read; rename it"


def land(settings: Settings, contract: Contract) -> Landed:
    """Record every file of the feed that is not recorded yet, and keep its bytes.

    A file that cannot be read now is named in `problems`, and keeps no other out.
    """
    known = received_of(settings, contract.id)
    seen = {(entry.file_name, entry.size, entry.modified_ns) for entry in known}
    found = Landed(problems=list(_unnameable(settings, contract)))
    for path in files_of(settings, contract):
        name = path.relative_to(settings.landing).as_posix()
        try:
            state = path.stat()
            if (name, state.st_size, state.st_mtime_ns) not in seen:
                found.new.append(_record(settings, contract, path, name, known))
        except (FileIsChanging, OSError) as problem:
            found.problems.append(f"{name}: {problem}")
    return found


def _record(settings: Settings, contract: Contract, path: Path, name: str, known: list[Received]) -> Received:
    sha256, size, modified_ns = settled_fingerprint(path)
    if not contract.is_personal:
        keep(settings, path, sha256)
    received_at, problem = received_moment(contract, path.name, modified_ns)
    of_this_name = [entry for entry in known if entry.file_name == name]
    if of_this_name and all(entry.sha256 != sha256 for entry in of_this_name):
        # what overwrote a file came when it did so, whatever moment the name states; else neither would be the later
        received_at = datetime.fromtimestamp(modified_ns / 1e9, UTC)
    elif same := [entry for entry in of_this_name if entry.sha256 == sha256 and contract.received_at]:
        received_at = same[0].received_at
    entry = Received(
        delivery_id=delivery_id(contract.id, name, received_at, sha256),
        contract_id=contract.id,
        file_name=name,
        size=size,
        modified_ns=modified_ns,
        sha256=sha256,
        received_at=received_at,
        problem=problem,
    )
    record_received(settings, entry)
    return entry


def received_moment(contract: Contract, file_name: str, modified_ns: int) -> tuple[datetime, str | None]:
    """When a file was received (UTC), and what is wrong with its name if the contract reads the moment from it."""
    modified = datetime.fromtimestamp(modified_ns / 1e9, UTC)
    pattern = contract.received_at or "modified"
    if not pattern.startswith(FROM_FILENAME):
        return modified, None
    local = moment_in_name(pattern.removeprefix(FROM_FILENAME), file_name)
    if local is None:
        return modified, (
            f"the name {file_name} does not follow receivedAt {pattern}; rename the file or correct the contract"
        )
    return local.replace(tzinfo=ZoneInfo(contract.timezone)).astimezone(UTC), None


def delivery_id(contract_id: str, file_name: str, received_at: datetime, sha256: str) -> str:
    """Identity of a delivery: contract, file name, moment of receipt and bytes."""
    text = "\n".join((contract_id, file_name, received_at.astimezone(UTC).isoformat(), sha256))
    return hashlib.sha256(text.encode()).hexdigest()[:20]
