"""`selltrace.duckdb` of a release: every published table in one file, made from the one before where that is less work.

Belongs here: the database file. Does not belong here: the Parquet files that its tables are read from (`files`), or
what they hold (`contents`).

The file is written aside like the others, so that it may be changed table by table until the release is named. What a
table held before is told by the manifests: a table of equal content is left as the former release had it, and of a
large one only the rows that changed are replaced, of the parts that did. A former file that is not what its manifest
says is not built on. It is copied before anybody knows whether it serves, since to copy leaves a core idle.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from orchestration.publish import parts
from orchestration.publish.files import DATABASE, READ_ONLY, sha256_of
from orchestration.publish.manifest import Manifest, PublishedTable
from orchestration.publish.source import RELEASE_ID, Source
from orchestration.publish.sql import name, text

LOG = logging.getLogger(__name__)


def copy_former(release: Path, former: tuple[Path, Manifest] | None) -> Manifest | None:
    """Copy the file of the release that is built on, of which `former` is folder and manifest, into folder `release`.

    Returns the manifest that says what is there now; None, and there is nothing, where it is gone or not what it was.
    """
    if not former or not (former[0] / DATABASE).exists():
        return None
    # both at once: the system copies on one core, and the other adds up
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(sha256_of, former[0] / DATABASE)
        try:
            shutil.copyfile(former[0] / DATABASE, release / DATABASE)
            if found.result() == former[1].database_sha256:
                return former[1]
        except OSError as error:
            LOG.warning("%s is written anew, and not from the release before: %s", DATABASE, error)
    (release / DATABASE).unlink(missing_ok=True)
    return None


def write_database(
    connection: duckdb.DuckDBPyConnection,
    tables: dict[str, tuple[Source, PublishedTable]],
    release: Path,
    copied: Manifest | None,
) -> Path:
    """Write every published table into `selltrace.duckdb` of the folder `release`.

    `copied` tells what stands in that file already; None where there is no such file.
    """
    path = release / DATABASE
    before = copied.tables if copied else {}
    if not _are_most_kept(tables, before):
        path.unlink(missing_ok=True)
        before = {}
    # halves the time; within the database no order is promised
    connection.execute("set preserve_insertion_order = false")
    connection.execute(f"attach {text(path)} as release")
    for gone in before.keys() - tables.keys():
        connection.execute(f"drop table release.main.{name(gone)}")
    for table_name, (source, measured) in tables.items():
        _write(connection, source, measured, before.get(table_name), release)
    connection.execute("checkpoint release")
    connection.execute("detach release")
    path.chmod(READ_ONLY)
    return path


def _are_most_kept(tables: dict[str, tuple[Source, PublishedTable]], before: dict[str, PublishedTable]) -> bool:
    """Whether most rows stand as they did: else a new file is less work, and has no room left by what was replaced."""
    kept = 0
    for table_name, (_, measured) in tables.items():
        former = before.get(table_name)
        if former and former.sha256 == measured.sha256:
            kept += measured.rows
        elif former:
            kept += sum(measured.parts[key].rows for key in _kept_parts(measured, former))
    return 2 * kept > sum(measured.rows for _, measured in tables.values())


def _kept_parts(measured: PublishedTable, before: PublishedTable) -> set[str]:
    return {key for key, part in measured.parts.items() if before.parts.get(key) == part}


def _write(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    measured: PublishedTable,
    before: PublishedTable | None,
    release: Path,
) -> None:
    table = f"release.main.{name(source.table.name)}"
    if before and before.sha256 == measured.sha256 and RELEASE_ID not in source.columns:
        return
    # names and types are in the checksum of a part: where one is the same, so are the columns of all
    kept = _kept_parts(measured, before) if before else set()
    if not before or not kept:
        connection.execute(f"create or replace table {table} as {_rows(release, measured.files)}")
        connection.execute(f"comment on table {table} is {text(source.table.grain)}")
        return
    comes = [part for key, part in measured.parts.items() if key not in kept]
    gone = [part for key, part in before.parts.items() if key not in measured.parts]
    changed = parts.rows_of(source.table, [*comes, *gone], parts.standing_apart(measured.parts.values()))
    paths = [parts.path_of(source.table, part) for part in comes]
    files = paths or measured.files
    rows = f"({_rows(release, files)} where {changed})"
    if source.table.is_unique:
        _replace_rows(connection, source, table, changed, rows)
    else:
        connection.execute(f"delete from {table} where {changed}")
        connection.execute(f"insert into {table} by name select * from {rows}")


def _replace_rows(connection: duckdb.DuckDBPyConnection, source: Source, table: str, changed: str, rows: str) -> None:
    """Make `table` hold `rows` where `changed` is true, and touch no row that it holds already.

    Of a part of a mart one delivery changes few rows, and to write one costs several times what it costs to read two.
    A row is told by two hashes of all that it holds, like the checksum of its part; no two rows of a table are equal.
    """
    columns = ", ".join(name(column) for column in source.columns)
    row_hash = f"struct_pack(one := hash({columns}), other := hash(1, {columns}))"
    connection.execute(
        f"create or replace temp table stood as select rowid as row, {row_hash} as content from {table} where {changed}"
    )
    connection.execute(f"create or replace temp table comes as select {row_hash} as content from {rows}")
    connection.execute(
        f"delete from {table} where rowid in (select row from stood where content not in (select content from comes))"
    )
    connection.execute(
        f"insert into {table} by name select * from {rows} where {row_hash} not in (select content from stood)"
    )
    connection.execute("drop table stood")
    connection.execute("drop table comes")


def _rows(release: Path, paths: Iterable[str]) -> str:
    files = ", ".join(text(release / path) for path in paths)
    return f"select * from read_parquet([{files}], hive_partitioning = false)"
