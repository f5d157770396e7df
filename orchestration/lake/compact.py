"""Merge the raw lines of many small deliveries into packs, since every file costs each model that reads it.

Only deliveries that the ledger knows are packed: what a killed run left is replaced by name, which a pack has not.
Belongs here: which deliveries are worth it. Does not belong here: packs (`packs`), moving the link (`generations`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow.parquet as pq

from orchestration.contracts.kinds import KINDS
from orchestration.groups import bounded_groups
from orchestration.lake.generations import generation_of, link_folder, next_generation, prepare
from orchestration.lake.packs import files_of, is_pack, write_pack
from orchestration.landing.ledger import LedgerEntry, ledger
from orchestration.settings import Settings

#: below this a file costs more to open than to read
SMALL_BYTES: Final = 1 << 20
#: fewer small deliveries of a kind cost a model less than a tenth of a second
WORTH_DELIVERIES: Final = 256
#: a pack is full with either, so that taking a delivery out of it rewrites no more than that
_PACK_LINES: Final = 1_000_000
_PACK_FOLDERS: Final = 10_000


@dataclass(frozen=True)
class Compacted:
    """What became of a kind: deliveries that were packed, and folders of raw lines before and after."""

    kind: str
    deliveries: int
    folders_before: int
    folders_after: int


@dataclass(frozen=True)
class _Part:
    """A folder that goes into a pack: a small delivery, or a pack that is not full."""

    folder: Path
    lines: int


def kinds_worth_it(settings: Settings) -> list[str]:
    """Kinds that many small deliveries came of since they were packed last."""
    return [kind for kind in KINDS if len(_small_folders(settings, kind)) >= WORTH_DELIVERIES]


def compact(settings: Settings) -> list[Compacted]:
    """Pack the small deliveries of every kind that is worth it. Needs the home's lock. Raises WouldDiffer."""
    worth = kinds_worth_it(settings)
    entries = ledger(settings) if worth else {}
    with duckdb.connect() as connection:
        return [_compact_kind(settings, connection, kind, entries.values()) for kind in worth]


def _small_folders(settings: Settings, kind: str) -> list[Path]:
    generation = generation_of(settings, kind)
    folders = generation.iterdir() if generation.exists() else ()
    return [folder for folder in folders if not is_pack(folder) and _bytes(folder) < SMALL_BYTES]


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _compact_kind(
    settings: Settings, connection: duckdb.DuckDBPyConnection, kind: str, entries: Collection[LedgerEntry]
) -> Compacted:
    prepare(settings, kind)
    known = {
        f"{entry.delivery_id}-{entry.reading_hash}": entry
        for entry in entries
        if entry.kind == kind and entry.resent_of is None
    }
    small = [folder for folder in _small_folders(settings, kind) if folder.name in known]
    small.sort(key=lambda folder: (known[folder.name].contract_id, folder.name))
    generation = generation_of(settings, kind)
    parts = [*_packs_not_full(generation), *(_Part(one, known[one.name].lines_read) for one in small)]
    merged = {part.folder for part in parts}
    before = list(generation.iterdir())
    with next_generation(settings, kind) as into:
        for folder in before:
            if folder not in merged:
                link_folder(folder, into)
        for group in bounded_groups(parts, lambda part: part.lines, _PACK_FOLDERS, _PACK_LINES):
            write_pack(connection, [part.folder for part in group], into)
        after = len(list(into.iterdir()))
    return Compacted(kind, len(small), len(before), after)


def _packs_not_full(generation: Path) -> list[_Part]:
    packs = (_Part(folder, _lines(folder)) for folder in sorted(generation.iterdir()) if is_pack(folder))
    return [pack for pack in packs if pack.lines < _PACK_LINES // 2]


def _lines(pack: Path) -> int:
    return sum(pq.read_metadata(file).num_rows for stem in ("lines", "quarantine") for file in files_of([pack], stem))
