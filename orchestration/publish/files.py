"""Files of a release: written aside, linked where nothing changed, made durable, named by one rename.

Belongs here: what touches the disk. Does not belong here: what a table holds, or which release is current and why.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.files import remove, written_aside
from orchestration.publish import parts
from orchestration.publish.manifest import PublishedTable
from orchestration.publish.source import RELEASE_ID, Source
from orchestration.publish.sql import text

DATABASE = "selltrace.duckdb"
#: parts that are written at once
_AT_ONCE = 2

WRITING = ".writing-"
DELETING = ".deleting-"

#: published files are shared between releases by hard links: writing into one would change its former versions
READ_ONLY = 0o444


def clear_leftovers(releases: Path) -> None:
    """Remove what a killed run left half written or half deleted."""
    for leftover in (*releases.glob(f"{WRITING}*"), *releases.glob(f"{DELETING}*")):
        remove(leftover)


def write_table(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    measured: PublishedTable,
    release: Path,
    former: tuple[Path, PublishedTable] | None,
) -> dict[str, str]:
    """Write one table into folder `release`; returns the sha256 of every file by its path within the release.

    `former` is the folder of the release before and what it holds of the table: files of equal content are linked.
    """
    if not source.table.month_of:
        path = f"{source.table.name}.parquet"
        is_same = former and former[1].sha256 == measured.sha256 and RELEASE_ID not in source.columns
        if former and is_same and path in former[1].files and _link(former[0] / path, release / path):
            return {path: former[1].files[path]}
        return {path: _write(connection, source, source.query, release / path)}
    part_of = {parts.path_of(source.table, part): name for name, part in measured.parts.items()}
    if not part_of:
        path = parts.path_of(source.table, parts.NOTHING)
        return {path: _write(connection, source, source.query, release / path)}

    apart = parts.standing_apart(measured.parts.values())

    def write_part(path: str) -> str:
        part = measured.parts[part_of[path]]
        if former and former[1].parts.get(part_of[path]) == part and _link(former[0] / path, release / path):
            return former[1].files[path]
        rows = source.estimated if part.is_estimated else source.query
        query = f"select * from ({rows}) as lines where {parts.rows_of(source.table, [part], apart)}"
        with connection.cursor() as cursor:
            return _write(cursor, source, query, release / path)

    # a part is written by one thread, whatever the engine has
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(part_of, pool.map(write_part, part_of), strict=True))


def _write(connection: duckdb.DuckDBPyConnection, source: Source, query: str, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    order = f"order by {source.order}" if source.is_sorted else ""
    connection.execute(f"copy ({query} {order}) to {text(path)} (format parquet, compression zstd)")
    path.chmod(READ_ONLY)
    return sha256_of(path)


def _link(former: Path, path: Path) -> bool:
    """Share the former release's file; False where it is gone."""
    if not former.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(former, path)
    except OSError:
        # other file system, or one without hard links
        shutil.copyfile(former, path)
        path.chmod(READ_ONLY)
    return True


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_durable(folder: Path) -> None:
    """Flush files and folders below `folder` to disk, so that a rename never names what a power cut can empty."""
    for parent, _, file_names in os.walk(folder):
        for path in (*(Path(parent) / file_name for file_name in file_names), Path(parent)):
            _sync(path)


def rename(written: Path, final: Path) -> None:
    """Give a folder its final name, durably."""
    written.rename(final)
    _sync(final.parent)


def point_current(current: Path, release_id: str) -> None:
    """Make `current` name the release, by one rename of a fresh relative link: readers see the old or the new."""
    if current.exists():
        # before the move: killed in between, the release still is current, and retention leaves it alone
        _note_left_current(current.resolve())
    fresh = current.with_name(f"{WRITING}{release_id}.link")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(release_id, target_is_directory=True)
    fresh.replace(current)
    _sync(current.parent)


def left_current_at(release: Path) -> datetime:
    """When a release that is not current stopped being so, or when it was made, if it never was."""
    return datetime.fromtimestamp(release.stat().st_mtime, UTC)


def _note_left_current(release: Path) -> None:
    # the time of the folder is free to say this; what `selltrace docs` adds to a release can only make it later
    os.utime(release)


def replace_text(path: Path, content: str) -> None:
    """Replace a small file whole, durably."""
    with written_aside(path) as aside:
        aside.write_text(content, encoding="utf-8")
        _sync(aside)
    _sync(path.parent)


def delete_release(release: Path) -> None:
    """Delete a release; it disappears from the listing by one rename before its files go."""
    doomed = release.with_name(f"{DELETING}{release.name}")
    release.rename(doomed)
    shutil.rmtree(doomed)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
