"""Packs: folders of raw lines that hold many deliveries, in order, so that a filter on a delivery reads a part of one.

A pack is `packed-<id>` beside the folders of single deliveries, with files of the same names and columns. Nothing of a
pack is ever changed: it is written anew without a delivery that is read again.
Belongs here: writing packs, finding and taking out what is in them. Does not belong here: which deliveries are packed
(`compact`).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.lake.generations import MOVING, generation_of, link_folder, make_durable, next_generation
from orchestration.landing.ledger import LedgerEntry
from orchestration.settings import Settings

STEMS: Final = ("lines", "quarantine")
_PREFIX: Final = "packed-"
#: lines that are read where one delivery is asked for
_ROW_GROUP: Final = 16_384


class WouldDiffer(Exception):
    """What was written does not hold the lines that it was made of; nothing was replaced."""


def is_pack(folder: Path) -> bool:
    """Whether a folder of raw lines holds many deliveries."""
    return folder.name.startswith(_PREFIX)


def files_of(folders: Iterable[Path], stem: str) -> list[str]:
    """The files of one sort in folders of raw lines."""
    return [str(file) for folder in folders for file in sorted(folder.glob(f"{stem}_*.parquet"))]


def read_delivery(
    connection: duckdb.DuckDBPyConnection, raw: Path, delivery: tuple[str, str], query: str, values: dict[str, object]
) -> list[Any]:
    """Rows of a query over `lines`: those of a delivery under one reading (its id and the hash), wherever they lie.

    Asks for no lock: where the folder that is read is replaced meanwhile, the query is made once more.
    """
    delivery_id, reading_hash = delivery
    generation = raw.resolve()
    own = files_of([generation / f"{delivery_id}-{reading_hash}"], "lines")
    files = own or files_of(generation.glob(f"{_PREFIX}*"), "lines")
    named = f"delivery_id = {_text(delivery_id)} and reading_hash = {_text(reading_hash)}"
    try:
        if not files:
            return []
        return connection.execute(f"with lines as (from {_relation(files)} where {named}) {query}", values).fetchall()
    except duckdb.IOException:
        if raw.resolve() == generation:
            raise
        return read_delivery(connection, raw, delivery, query, values)


def write_pack(connection: duckdb.DuckDBPyConnection, folders: Sequence[Path], into: Path, where: str = "true") -> None:
    """Write the lines of folders as one pack. Raises WouldDiffer."""
    pack = into / f"{_PREFIX}{secrets.token_hex(8)}"
    pack.mkdir()
    for stem in STEMS:
        if not (files := files_of(folders, stem)):
            continue
        source = f"(select * from {_relation(files)} where {where})"
        target = pack / f"{stem}_0.parquet"
        connection.execute(
            f"copy (from {source} order by delivery_id, line_number) to {_text(target)} "
            f"(format parquet, row_group_size {_ROW_GROUP})"
        )
        make_durable(target)
        _require_equal(connection, source, [str(target)])
    make_durable(pack)


def take_out(settings: Settings, connection: duckdb.DuckDBPyConnection, entries: Collection[LedgerEntry]) -> None:
    """Give deliveries that will be read again a folder of their own, from which their lines can be replaced.

    Needs the home's lock. Raises WouldDiffer.
    """
    for kind in sorted({entry.kind for entry in entries}):
        with MOVING:
            _take_out_of_kind(settings, connection, kind, [entry for entry in entries if entry.kind == kind])


def _take_out_of_kind(
    settings: Settings, connection: duckdb.DuckDBPyConnection, kind: str, entries: Collection[LedgerEntry]
) -> None:
    generation = generation_of(settings, kind)
    packs = sorted(generation.glob(f"{_PREFIX}*"))
    if not packs:
        return
    wanted = {
        entry.delivery_id
        for entry in entries
        if not (generation / f"{entry.delivery_id}-{entry.reading_hash}").exists()
    }
    opened = [pack for pack in packs if wanted and _holds(connection, pack, wanted)]
    if not opened:
        return
    with next_generation(settings, kind) as into:
        for folder in generation.iterdir():
            if folder not in opened:
                link_folder(folder, into)
        _name_wanted(connection, wanted)
        for pack in opened:
            write_pack(connection, [pack], into, "delivery_id not in (from taken_out)")
            _write_single(connection, pack, into)


def _holds(connection: duckdb.DuckDBPyConnection, pack: Path, wanted: Collection[str]) -> bool:
    _name_wanted(connection, wanted)
    return any(
        connection.execute(
            f"select exists (from {_relation([file])} where delivery_id in (from taken_out))"
        ).fetchall()[0][0]
        for stem in STEMS
        for file in files_of([pack], stem)
    )


def _name_wanted(connection: duckdb.DuckDBPyConnection, wanted: Collection[str]) -> None:
    connection.execute("create or replace temp table taken_out as select unnest($ids) as id", {"ids": sorted(wanted)})


def _write_single(connection: duckdb.DuckDBPyConnection, pack: Path, into: Path) -> None:
    """Write the deliveries that were taken out of a pack, each to a folder of its own."""
    for stem in STEMS:
        if not (files := files_of([pack], stem)):
            continue
        source = f"(select * from {_relation(files)} where delivery_id in (from taken_out))"
        rows = connection.execute(f"select distinct delivery_id, reading_hash from {source} order by all").fetchall()
        written = []
        for delivery_id, reading_hash in rows:
            target = into / f"{delivery_id}-{reading_hash}" / f"{stem}_0.parquet"
            target.parent.mkdir(exist_ok=True)
            connection.execute(
                f"copy (select * from {_relation(files)} where delivery_id = '{delivery_id}' "
                f"and reading_hash = '{reading_hash}' order by line_number) to {_text(target)} (format parquet)"
            )
            make_durable(target)
            make_durable(target.parent)
            written.append(str(target))
        if written:
            _require_equal(connection, source, written)


def _require_equal(connection: duckdb.DuckDBPyConnection, source: str, written: Sequence[str]) -> None:
    """Refuse what does not hold the same lines, each as often: what it was made of is removed afterwards."""
    before, after = (
        connection.execute(f"select count(*), sum(hash(lines)::hugeint) from {relation} as lines").fetchall()
        for relation in (source, _relation(written))
    )
    if before != after:
        raise WouldDiffer(f"{written[0]} does not hold the lines that it was made of; the lake is as it was")


def _relation(files: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(map(_text, files))}], hive_partitioning = false)"


def _text(path: Path | str) -> str:
    return "'" + str(path).replace("'", "''") + "'"
