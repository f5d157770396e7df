"""Lines of held slices, as the current release published them, and what it says of whom and what they name.

Belongs here: reading them from the release and leaving them where the marts take them from. Does not belong here:
which slices are held (`verdicts`), or how facts are composed (dbt).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import duckdb
import pyarrow.parquet as pq

from orchestration.contracts.kinds import KINDS
from orchestration.files import written_aside
from orchestration.gates.errors import GateInputError
from orchestration.gates.evaluate import columns_sql
from orchestration.gates.verdicts import HELD_SLICES
from orchestration.gates.wording import column_sql
from orchestration.publish.manifest import FILE_NAME, read_head
from orchestration.publish.tables import FACTS, Table
from orchestration.settings import Settings

_FILES: Final = "read_parquet($files, union_by_name = true, hive_partitioning = false)"
#: the key of lines that names a row of a dimension
_DIMENSIONS: Final = {"dim_products": "product_id", "dim_partners": "partner_id", "dim_locations": "location_id"}


def carry(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, int]:
    """Write `lake/carried/<table>.parquet` for every fact and dimension, whole or not at all; return the lines carried
    by fact.

    A table without a release, or a fact without a held slice in it, gets a file with its columns and no row. Rows of
    dimensions are those that carried lines name: master data may have dropped them since.

    Raises:
        GateInputError: `releases/current` points to a release that is not there.
    """
    release = _release(settings.current)
    keeps_reporting = release is None or _reports_in_the_same_currency(settings, release)
    lines = {
        fact.name: _carry_fact(connection, fact, release, settings.carried, keeps_reporting) for fact in FACTS.values()
    }
    for dimension in _DIMENSIONS:
        _carry_dimension(connection, dimension, release, settings.carried)
    return lines


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
    return _write_carried(connection, folder / f"{fact.name}.parquet")


def _carry_dimension(connection: duckdb.DuckDBPyConnection, dimension: str, release: Path | None, folder: Path) -> None:
    columns = {name: spec.type for name, spec in KINDS[dimension.removeprefix("dim_")].columns.items()}
    connection.execute(f"create or replace temp table carried ({columns_sql(columns)})")
    file = release / f"{dimension}.parquet" if release else None
    if file and file.exists():
        key = _DIMENSIONS[dimension]
        facts = [str(folder / f"{fact}.parquet") for fact in FACTS]
        connection.execute(
            f"""
            insert into carried by name
            select {_as_they_are_now("rows", columns, _published(connection, [str(file)]))}
            from read_parquet($file) as rows
            semi join read_parquet($facts, union_by_name = true) as lines
                on lines.{key} = rows.{key}
            """,
            {"file": str(file), "facts": facts},
        )
    _write_carried(connection, folder / f"{dimension}.parquet")


def _write_carried(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    with written_aside(path) as aside:
        # every value is plain: `copy` takes no parameter for its target
        target = str(aside).replace("'", "''")
        connection.execute(f"copy (select * from carried) to '{target}' (format parquet, compression zstd)")
    row = connection.execute("select count(*) from carried").fetchone()
    connection.execute("drop table carried")
    return int(row[0]) if row else 0


def _take_held(connection: duckdb.DuckDBPyConnection, fact: Table, files: list[str], keeps_reporting: bool) -> None:
    published = _published(connection, files)
    if not keeps_reporting:
        # amounts in the former reporting currency must not be added to amounts in this one
        published = {column for column in published if not column.endswith("_reporting")}
    connection.execute(
        f"""
        insert into carried by name
        select {_as_they_are_now("lines", fact.columns, published)}
        from {_FILES} as lines
        semi join (select partner_id, week_start from {HELD_SLICES} where kind = $kind) as held
            on held.partner_id = lines.partner_id and held.week_start = lines.week_start
        """,
        {"files": files, "kind": fact.kind},
    )


def _published(connection: duckdb.DuckDBPyConnection, files: list[str]) -> set[str]:
    described = connection.execute(f"describe select * from {_FILES}", {"files": files}).fetchall()
    return {row[0] for row in described}


def _as_they_are_now(relation: str, columns: Mapping[str, str], published: Collection[str]) -> str:
    """Columns of published rows; a release of an earlier version may lack one that its table has now."""
    return ", ".join(
        f"cast({relation + '.' + column_sql(name) if name in published else 'null'} as {type_}) as {column_sql(name)}"
        for name, type_ in columns.items()
    )
