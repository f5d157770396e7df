"""The bytes of a recorded delivery, as a local file that a reader opens.

Belongs here: where they are found again. Does not belong here: keeping them (`store`), reading them (`ingest`).
"""

from __future__ import annotations

from pathlib import Path

from orchestration.contracts.model import Contract
from orchestration.landing.ledger import Received
from orchestration.landing.store import fingerprint, unpack
from orchestration.settings import Settings


class BytesAreGone(Exception):
    """The bytes of a delivery must be read again, and neither the landing zone nor the store has them."""


def bytes_of(settings: Settings, contract: Contract, received: Received, work: Path) -> Path:
    """The delivery as it was received: the landed file where it is still the same, else a copy below `work`.

    Raises BytesAreGone.
    """
    landed = settings.landing / received.file_name
    if is_as_received(landed, received) and (not contract.is_personal or fingerprint(landed) == received.sha256):
        return landed
    target = work / Path(received.file_name).name
    try:
        unpack(settings, received.sha256, target)
    except FileNotFoundError:
        raise BytesAreGone(
            f"{received.file_name} must be read, has left the landing folder, and its bytes are not kept "
            "(the feed holds personal columns); put the file back as it was"
        ) from None
    return target


def is_as_received(landed: Path, received: Received) -> bool:
    """Whether a file of the landing zone still has the size and time that were recorded."""
    try:
        state = landed.stat()
    except FileNotFoundError:
        return False
    return (state.st_size, state.st_mtime_ns) == (received.size, received.modified_ns)
