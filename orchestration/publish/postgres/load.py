"""The current release, brought into PostgreSQL.

Belongs here: what is loaded, and what is left because it is there already. Does not belong here: the wire (`server`).

All of it is one transaction of deletes and COPYs, so that readers see the former release until the commit and the new
one after it, in every statement, without waiting: `truncate` and renames would lock them out, or show them an empty
table. Killed at any moment, the server undoes it. What has not changed by its checksum is not sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from orchestration.publish.errors import PostgresBehind
from orchestration.publish.manifest import Contents, Manifest, Part, PublishedTable
from orchestration.publish.parts import path_of, rows_of, standing_apart
from orchestration.publish.postgres.server import Server, connected, lock
from orchestration.publish.postgres.types import column_types, select_sql
from orchestration.publish.releases import current_release_id, show_release
from orchestration.publish.source import RELEASE_ID
from orchestration.publish.sql import name, text
from orchestration.publish.tables import TABLES, Table
from orchestration.settings import Settings

#: one row: the release that the schema holds
RELEASE: Final = "published_release"

#: a row a table, of large ones a row a part: the checksum of what was loaded
PARTS: Final = "published_parts"

_OWN_TABLES: Final = {
    RELEASE: "release_id text not null, as_of timestamp not null, created_at timestamp not null",
    PARTS: "table_name text not null, part text not null, month text not null, partner_id text, "
    "is_estimated boolean not null, rows bigint not null, sha256 text not null",
}

#: name of the one part of a table that is not cut
_WHOLE: Final = ""


@dataclass(frozen=True)
class Loaded:
    """What a load did: the release that PostgreSQL holds now, and the rows that had to be sent for it."""

    release_id: str
    rows_sent: int
    was_there: bool


def held_release(settings: Settings) -> str | None:
    """The release that PostgreSQL holds; None where it holds none. Raises PostgresBehind."""
    with connected(settings) as server:
        return _held(server)


def load(settings: Settings) -> Loaded | None:
    """Bring PostgreSQL to the current release; None where there is no release yet.

    The caller holds the home's lock. Raises PostgresBehind; what PostgreSQL held then stands, and so does the release.
    """
    release_id = current_release_id(settings)
    if release_id is None:
        return None
    document = show_release(settings, release_id)
    with connected(settings) as server:
        lock(server)
        if _held(server) == release_id:
            return Loaded(release_id, 0, was_there=True)
        _prepare(server)
        sent = _load_tables(server, document, settings.releases / release_id)
        _say_release(server, document)
        server.commit()
    return Loaded(release_id, sent, was_there=False)


def _held(server: Server) -> str | None:
    if not server.rows(f"select 1 where to_regclass({text(server.table(RELEASE))}) is not null"):
        return None
    rows = server.rows(f"select release_id from {server.table(RELEASE)}")
    return str(rows[0][0]) if rows else None


def _prepare(server: Server) -> None:
    if not server.rows(f"select 1 from pg_namespace where nspname = {text(server.schema)}"):
        server.execute(f"create schema {name(server.schema)}")
    for table, columns in _OWN_TABLES.items():
        server.execute(f"create table if not exists {server.table(table)} ({columns})")


def _load_tables(server: Server, document: Manifest, release: Path) -> int:
    """Load every table of the release; returns the rows sent."""
    there: dict[str, dict[str, Part]] = {}
    columns = ", ".join(Part.model_fields)
    for table_name, key, *held in server.rows(f"select table_name, part, {columns} from {server.table(PARTS)}"):
        there.setdefault(table_name, {})[key] = Part(**dict(zip(Part.model_fields, held, strict=True)))
    with duckdb.connect() as connection:
        return sum(
            _load_table(server, connection, TABLES[table_name], published, release, there.get(table_name, {}))
            for table_name, published in document.tables.items()
        )


def _load_table(
    server: Server,
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    published: PublishedTable,
    release: Path,
    there: dict[str, Part],
) -> int:
    paths = [str(release / path) for path in published.files]
    columns = column_types(connection, paths[0])
    is_empty = _shape(server, table, columns)
    is_cut = bool(published.parts)
    whole = Part(month="", rows=published.rows, sha256=published.sha256)
    wanted = published.parts if is_cut else {_WHOLE: whole}
    # its rows name the release, and the checksum leaves that out
    is_stale = is_empty or RELEASE_ID in columns
    gone = {key: part for key, part in there.items() if key not in wanted}
    comes = {key: part for key, part in wanted.items() if is_stale or there.get(key) != part}
    if there.keys() <= {*gone, *comes}:
        server.execute(f"delete from {server.table(table.name)}")
    elif gone or comes:
        changed = rows_of(table, [*gone.values(), *comes.values()], standing_apart(wanted.values()))
        server.execute(f"delete from {server.table(table.name)} where {changed}")
    sent = 0
    for part in comes.values():
        files = [str(release / path_of(table, part))] if is_cut else paths
        sent += _send(server, connection, table, columns, files, part)
    _say_parts(server, table, comes, [*gone, *comes])
    return sent


def _shape(server: Server, table: Table, columns: dict[str, str]) -> bool:
    """Give the table its columns; True where it is new, and empty therefore."""
    found = dict(
        server.rows(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            f"where attrelid = to_regclass({text(server.table(table.name))}) and attnum > 0 and not attisdropped"
        )
    )
    if found and found.items() <= columns.items():
        for column in columns.keys() - found.keys():
            server.execute(f"alter table {server.table(table.name)} add column {name(column)} {columns[column]}")
        return False
    if found:
        server.execute(f"drop table {server.table(table.name)}")
    spelled = ", ".join(f"{name(column)} {type_}" for column, type_ in columns.items())
    server.execute(f"create table {server.table(table.name)} ({spelled})")
    server.execute(f"comment on table {server.table(table.name)} is {text(table.grain)}")
    if table.month_of:
        # a few pages for any number of rows; months lie together as they were loaded
        server.execute(f"create index on {server.table(table.name)} using brin ({name(table.month_of)})")
    return True


def _send(
    server: Server,
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    columns: dict[str, str],
    files: list[str],
    expected: Contents,
) -> int:
    reader = connection.sql(select_sql(columns, files)).to_arrow_reader()
    sent = server.append(table.name, reader)
    if sent != expected.rows:
        raise PostgresBehind(f"{sent} rows of {table.name} were taken, and the release holds {expected.rows}")
    return sent


def _say_parts(server: Server, table: Table, loaded: dict[str, Part], replaced: list[str]) -> None:
    of_table = f"table_name = {text(table.name)}"
    if replaced:
        keys = ", ".join(text(key) for key in replaced)
        server.execute(f"delete from {server.table(PARTS)} where {of_table} and part in ({keys})")
    if loaded:
        columns = ", ".join(("table_name", "part", *Part.model_fields))
        values = ", ".join(
            f"({', '.join(map(_literal, (table.name, key, *part.model_dump().values())))})"
            for key, part in loaded.items()
        )
        server.execute(f"insert into {server.table(PARTS)} ({columns}) values {values}")


def _literal(value: object) -> str:
    return "null" if value is None else text(value)


def _say_release(server: Server, document: Manifest) -> None:
    moments = ", ".join(
        f"timestamp '{moment.replace(tzinfo=None).isoformat()}'" for moment in (document.as_of, document.created_at)
    )
    server.execute(f"delete from {server.table(RELEASE)}")
    server.execute(f"insert into {server.table(RELEASE)} values ({text(document.release_id)}, {moments})")
