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
import threading
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
    stamps = _stamps(folder)
    indexed = _indexed(folder, entry_type) if len(stamps) >= _UNINDEXED else {}
    entries: list[EntryT] = []
    for name, stamp in stamps.items():
        known = indexed.get(name)
        if known and known[0] == stamp:
            entries.append(known[1])
        else:
            entries.append(entry_type.model_validate_json((folder / name).read_bytes()))
    return entries


def index_entries(folder: Path, entry_type: type[EntryT]) -> None:
    """Write the index anew where many records are not in it. For who holds the home's lock."""
    stamps = _stamps(folder)
    if len(stamps.items() - _index(folder)[0].items()) < _UNINDEXED:
        return
    entries = [entry_type.model_validate_json((folder / name).read_bytes()) for name in stamps]
    content = b"\n".join([json.dumps(stamps).encode(), _of_many(entry_type).dump_json(entries)])
    with written_aside(folder / _INDEX) as aside:
        aside.write_bytes(_seal(content) + b"\n" + content)


def write_entry(target: Path, entry: BaseModel, work: Path) -> None:
    """Write a record, whole or not at all; `work` is a folder on its file system for what is being written."""
    aside = work / f"{os.getpid()}-{threading.get_ident()}-{target.name}"
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


def _index(folder: Path) -> tuple[dict[str, Stamp], bytes]:
    """The stamps of the records in the index, and these as JSON in the same order; none of one that is not whole."""
    try:
        seal, _, content = (folder / _INDEX).read_bytes().partition(b"\n")
    except FileNotFoundError:
        return {}, b"[]"
    if seal != _seal(content):
        return {}, b"[]"
    stamps, _, entries = content.partition(b"\n")
    return {name: tuple(stamp) for name, stamp in json.loads(stamps).items()}, entries


def _indexed(folder: Path, entry_type: type[EntryT]) -> dict[str, tuple[Stamp, EntryT]]:
    stamps, entries = _index(folder)
    read = _of_many(entry_type).validate_json(entries)
    return {name: (stamp, entry) for (name, stamp), entry in zip(stamps.items(), read, strict=True)}


@cache
def _of_many(entry_type: type[EntryT]) -> TypeAdapter[list[EntryT]]:
    return TypeAdapter(list[entry_type])  # type: ignore[valid-type]


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
