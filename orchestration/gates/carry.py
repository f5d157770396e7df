"""Lines of held slices, as the current release published them: what a held slice keeps.

Belongs here: reading them from the release and leaving them where the marts take them from. Does not belong here:
which slices are held (`verdicts`), or how facts are composed (dbt).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from orchestration.files import written_aside
from orchestration.gates.errors import GateInputError
from orchestration.gates.evaluate import columns_sql
from orchestration.gates.verdicts import HELD_SLICES
from orchestration.gates.wording import column_sql
from orchestration.publish.manifest import FILE_NAME, read_head
from orchestration.publish.tables import FACTS, Table
from orchestration.settings import Settings


def carry(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, int]:
    """Write `lake/carried/<fact>.parquet` for every fact, whole or not at all; return the lines carried by table.

    A fact without a release, or without a held slice in it, gets a file with its columns and no line.

    Raises:
        GateInputError: `releases/current` points to a release that is not there.
    """
    release = _release(settings.current)
    keeps_reporting = release is None or _reports_in_the_same_currency(settings, release)
    return {
        fact.name: _carry_fact(connection, fact, release, settings.carried, keeps_reporting) for fact in FACTS.values()
    }


def _reports_in_the_same_currency(settings: Settings, release: Path) -> bool:
    if not (release / FILE_NAME).exists():
        return True
    build = pq.read_table(settings.control / "build.parquet", columns=["reporting_currency"])
    return bool(build["reporting_currency"][0].as_py() == read_head(release).reporting_currency)


def _release(current: Path) -> Path | None:
    if current.exists():
        return current.resolve()
    if current.is_symlink():
        # taken for "no release", it would empty every held slice
        raise GateInputError(f"releases/current points to {current.readlink()}, which is not there: roll back")
    return None


def _carry_fact(
    connection: duckdb.DuckDBPyConnection, fact: Table, release: Path | None, folder: Path, keeps_reporting: bool
) -> int:
    files = sorted(str(path) for path in (release / fact.name).rglob("*.parquet")) if release else []
    connection.execute(f"create or replace temp table carried ({columns_sql(fact.columns)})")
    if files:
        _take_held(connection, fact, files, keeps_reporting)
    with written_aside(folder / f"{fact.name}.parquet") as aside:
        # every value is plain: `copy` takes no parameter for its target
        target = str(aside).replace("'", "''")
        connection.execute(f"copy (select * from carried) to '{target}' (format parquet, compression zstd)")
    row = connection.execute("select count(*) from carried").fetchone()
    connection.execute("drop table carried")
    return int(row[0]) if row else 0


def _take_held(connection: duckdb.DuckDBPyConnection, fact: Table, files: list[str], keeps_reporting: bool) -> None:
    source = "read_parquet($files, union_by_name = true, hive_partitioning = false)"
    published = {row[0] for row in connection.execute(f"describe select * from {source}", {"files": files}).fetchall()}
    if not keeps_reporting:
        # amounts in the former reporting currency must not be added to amounts in this one
        published = {column for column in published if not column.endswith("_reporting")}
    # a release of an earlier version may lack a column that facts have now
    columns = ", ".join(
        f"cast({'lines.' + column_sql(name) if name in published else 'null'} as {type_}) as {column_sql(name)}"
        for name, type_ in fact.columns.items()
    )
    connection.execute(
        f"""
        insert into carried by name
        select {columns}
        from {source} as lines
        semi join (select partner_id, week_start from {HELD_SLICES} where kind = $kind) as held
            on held.partner_id = lines.partner_id and held.week_start = lines.week_start
        """,
        {"files": files, "kind": fact.kind},
    )
