"""The bytes of a recorded delivery, as a local file that a reader opens.

Belongs here: where they are found again. Does not belong here: keeping them (`store`), reading them (`ingest`).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from orchestration.contracts.model import Contract
from orchestration.landing.archives import is_archive, without_gz
from orchestration.landing.budget import Refused
from orchestration.landing.ledger import Received
from orchestration.landing.local import chunks_of
from orchestration.landing.sources import FileIsChanging, UnreadableServer, open_source, pattern_of
from orchestration.landing.store import stage, unpack, write
from orchestration.landing.take import fetched, unpack_members
from orchestration.settings import Settings


class BytesAreGone(Exception):
    """The bytes of a delivery must be read again, and neither its server nor the store has them.

    `may_return`: the server could not be asked, and the next run can.
    """

    def __init__(self, text: str, may_return: bool = False) -> None:
        super().__init__(text)
        self.may_return = may_return


def bytes_of(settings: Settings, contract: Contract, received: Received, work: Path) -> Path:
    """The delivery as it was received: the landed file where it is still the same, else a copy below `work`.

    `work` is one of the folders of a batch: an archive is opened once for all of them, in a folder beside.
    Raises BytesAreGone.
    """
    if contract.server.type == "local" and received.archive is None:
        landed = settings.landing / received.file_name
        if is_as_received(landed, received) and (not contract.is_personal or _sha256(landed) == received.sha256):
            return landed
    target = work / _file_name(received.file_name)
    try:
        unpack(settings, received.sha256, target)
    except FileNotFoundError:
        _fetch_again(settings, contract, received, target)
    return target


def is_as_received(landed: Path, received: Received) -> bool:
    """Whether a file of the landing zone still has the size and time that were recorded."""
    try:
        state = landed.stat()
    except FileNotFoundError:
        return False
    return (state.st_size, state.st_mtime_ns) == (received.size, received.modified_ns)


def newest_file(settings: Settings, contract: Contract, work: Path) -> tuple[str, Path] | None:
    """The newest file on a feed's server, recorded or not, and its bytes; of an archive, those of one member.

    None where there is no file. Raises UnreadableServer, FileIsChanging, Refused, OSError.
    """
    with open_source(settings, contract.server) as source:
        found = list(source.listed(pattern_of(contract.server), []))
        if not found:
            return None
        file = max(found, key=lambda one: (one.modified_ns, one.name))
        path = source.path(file) or fetched(source, file, work)[1]
        if is_archive(file.name):
            unpack_members(path, file.name, contract, settings, work)
            path = next((one for one in sorted(work.iterdir()) if one != path), path)
    return file.name, path


def _fetch_again(settings: Settings, contract: Contract, received: Received, target: Path) -> None:
    """Write the bytes of a delivery of which none are kept, from where it was found."""
    try:
        if received.archive:
            member = _members(settings, contract, received.archive, target.parent.parent) / received.sha256
            if member.exists():
                os.link(member, target)
                return
        else:
            with open_source(settings, contract.server) as source:
                sha256, _ = write(source.chunks(source.state(received.file_name)), target)
                if sha256 == received.sha256:
                    return
    except UnreadableServer as problem:
        raise BytesAreGone(f"{received.file_name} must be read, and {problem}", may_return=True) from None
    except (FileNotFoundError, FileIsChanging, Refused):
        pass  # it is not what was received: told below
    raise BytesAreGone(
        f"{received.file_name} must be read, has left the landing zone, and its bytes are not kept "
        "(the feed holds personal columns); put the file back as it was"
    )


def _members(settings: Settings, contract: Contract, archive: str, batch: Path) -> Path:
    """The folder below `batch` that holds the members of an archive, each called by its hash."""
    folder = batch / f"members-{hashlib.sha256(archive.encode()).hexdigest()[:16]}"
    if not folder.exists():
        with open_source(settings, contract.server) as source:
            file = source.state(archive)
            folder.mkdir()
            path = source.path(file) or fetched(source, file, batch)[1]
            unpack_members(path, archive, contract, settings, folder)
    return folder


def _file_name(name: str) -> str:
    return without_gz(name.rsplit("/", 1)[-1])


def _sha256(path: Path) -> str:
    return stage(chunks_of(path), None).sha256
