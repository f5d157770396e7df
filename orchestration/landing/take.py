"""Take up a listed file: its bytes hashed and copied, once it has stopped changing; of an archive, its members'.

Belongs here: reading a file to its end, whatever server it is on. Does not belong here: who sent it when (`land`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from orchestration.contracts.model import Contract
from orchestration.files import remove
from orchestration.landing.archives import is_archive, members
from orchestration.landing.budget import Refused
from orchestration.landing.local import chunks_of
from orchestration.landing.sources import FileIsChanging, Listed, Source
from orchestration.landing.store import Staged, stage, write
from orchestration.settings import Settings

_ATTEMPTS = 3
_TWICE = "the archive holds two files of this name, and which one holds cannot be told; ask the partner for one"

T = TypeVar("T")


@dataclass(frozen=True)
class Taken:
    """One delivery of a file: its name, its bytes, the archive that held it, and why it cannot be read.

    What cannot be read has the bytes of its archive: they are what was sent.
    """

    name: str
    staged: Staged
    archive: str | None = None
    problem: str | None = None


def take(
    settings: Settings, contract: Contract, source: Source, file: Listed, work: Path
) -> tuple[Listed, list[Taken]]:
    """Read a file; returns how it was listed when it was read, and its deliveries.

    `work` is written to, and belongs to one file at a time. Raises FileIsChanging, OSError, UnreadableServer.
    """
    if not is_archive(file.name):
        copy = None if contract.is_personal else work / "file.zst"
        file, staged = _settled(source, file, lambda now: _if_whole(stage(source.chunks(now), copy), now))
        return file, [Taken(file.name, staged)]
    path = source.path(file)
    if path is None:
        file, path = fetched(source, file, work)
        return file, _members_of(settings, contract, file.name, path, work)
    here = path
    return _settled(source, file, lambda now: _members_of(settings, contract, now.name, here, work))


def fetched(source: Source, file: Listed, work: Path) -> tuple[Listed, Path]:
    """A file of another machine as a file below `work`, and how it was listed. Raises FileIsChanging."""
    target = work / "fetched"

    def read(now: Listed) -> Path | None:
        return target if write(source.chunks(now), target)[1] == now.size else None

    return _settled(source, file, read)


def unpack_members(path: Path, name: str, contract: Contract, settings: Settings, folder: Path) -> None:
    """Write the members of an archive below `folder`, each called by its hash. Raises Refused."""
    target = folder / "member"
    for member in members(path, name, contract.server.member, settings):
        if member.problem is None:
            sha256, _ = write(member.chunks, target)
            target.replace(folder / sha256)


def _settled(source: Source, file: Listed, read: Callable[[Listed], T | None]) -> tuple[Listed, T]:
    """Read a file until it is listed before and after as the same."""
    for _ in range(_ATTEMPTS):
        try:
            result = read(file)
        except FileIsChanging:
            result = None
        now = source.state(file.name)
        if result is not None and now == file:
            return file, result
        file = now
    raise FileIsChanging("the file is still being written; it is taken up by the next run")


def _if_whole(staged: Staged, file: Listed) -> Staged | None:
    return staged if staged.size == file.size else None


def _members_of(settings: Settings, contract: Contract, archive: str, path: Path, work: Path) -> list[Taken]:
    folder = work / "members"
    remove(folder)
    folder.mkdir()
    is_kept = not contract.is_personal
    taken: dict[str, Staged] = {}
    refused: dict[str, str] = {}
    try:
        for number, member in enumerate(members(path, archive, contract.server.member, settings)):
            name = f"{archive}/{member.name}" if member.name else archive
            if member.problem:
                refused[name] = member.problem
            elif name in taken or name in refused:
                refused[name] = _TWICE
            else:
                taken[name] = stage(member.chunks, folder / f"{number}.zst" if is_kept else None)
            if name in refused:
                taken.pop(name, None)
    except Refused as reason:
        taken, refused = {}, {archive: str(reason)}
    found = [Taken(name, staged, archive) for name, staged in taken.items()]
    if refused:
        sent = stage(chunks_of(path), folder / "archive.zst" if is_kept else None)
        found += [Taken(name, sent, archive, reason) for name, reason in refused.items()]
    return found
