"""Folders of small JSON records, one a file, read at once by an index beside them.

The records alone hold what is true: each is written aside and renamed. The index holds them once more in one file, with
inode, size and time of each record as it was read; a record that is not just so is read itself, and an index that was
cut short or altered counts for nothing. So a kill at any moment, or an index that is lost, changes no answer.
Belongs here: records and their index. Does not belong here: what they mean (`ledger`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, TypeAdapter

from orchestration.files import written_aside

_INDEX: Final = ".index"
#: records that may be read one by one before an index is worth writing
_UNINDEXED: Final = 16

#: inode, size and time of change of a record: every rename into its place changes one of them
Stamp = tuple[int, int, int]
EntryT = TypeVar("EntryT", bound=BaseModel)


def read_entries(folder: Path, entry_type: type[EntryT]) -> list[EntryT]:
    """All records of a folder, by file name; an absent folder has none."""
    return list(_read(folder, entry_type, _stamps(folder))[0].values())


def index_entries(folder: Path, entry_type: type[EntryT]) -> None:
    """Write the index anew where many records are not in it. For who holds the home's lock."""
    stamps = _stamps(folder)
    entries, unindexed = _read(folder, entry_type, stamps)
    if unindexed < _UNINDEXED:
        return
    content = b"\n".join(
        [
            json.dumps({name: stamps[name] for name in entries}).encode(),
            _of_many(entry_type).dump_json([*entries.values()]),
        ]
    )
    with written_aside(folder / _INDEX) as aside:
        aside.write_bytes(_seal(content) + b"\n" + content)


def write_entry(target: Path, entry: BaseModel, work: Path) -> None:
    """Write a record, whole or not at all; `work` is a folder on its file system for what is being written."""
    aside = work / f"{os.getpid()}-{target.name}"
    try:
        aside.write_text(entry.model_dump_json(indent=1), encoding="utf-8")
    except FileNotFoundError:
        work.mkdir(parents=True, exist_ok=True)
        aside.write_text(entry.model_dump_json(indent=1), encoding="utf-8")
    try:
        aside.replace(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.replace(target)


def _stamps(folder: Path) -> dict[str, Stamp]:
    """The records of a folder, as they are now, by name. Taken before they are read: what comes later looks other."""
    try:
        with os.scandir(folder) as found:
            names = [one for one in found if one.name.endswith(".json") and not one.name.startswith(".")]
            states = {one.name: one.stat() for one in names}
    except FileNotFoundError:
        return {}
    return {name: (state.st_ino, state.st_size, state.st_mtime_ns) for name, state in sorted(states.items())}


def _read(folder: Path, entry_type: type[EntryT], stamps: Mapping[str, Stamp]) -> tuple[dict[str, EntryT], int]:
    """Records by name, and how many of them the index does not hold as they are."""
    indexed = _indexed(folder, entry_type) if len(stamps) >= _UNINDEXED else {}
    entries: dict[str, EntryT] = {}
    unindexed = 0
    for name, stamp in stamps.items():
        known = indexed.get(name)
        if known and known[0] == stamp:
            entries[name] = known[1]
        else:
            unindexed += 1
            entries[name] = entry_type.model_validate_json((folder / name).read_bytes())
    return entries, unindexed


def _indexed(folder: Path, entry_type: type[EntryT]) -> dict[str, tuple[Stamp, EntryT]]:
    try:
        seal, _, content = (folder / _INDEX).read_bytes().partition(b"\n")
    except FileNotFoundError:
        return {}
    if seal != _seal(content):
        return {}
    stamps, _, entries = content.partition(b"\n")
    read = _of_many(entry_type).validate_json(entries)
    return {name: (tuple(stamp), entry) for (name, stamp), entry in zip(json.loads(stamps).items(), read, strict=True)}


@cache
def _of_many(entry_type: type[EntryT]) -> TypeAdapter[list[EntryT]]:
    return TypeAdapter(list[entry_type])  # type: ignore[valid-type]


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
