"""A transaction on the PostgreSQL server: statements, rows, bulk loads, and errors without credentials.

Belongs here: talking to the server by ADBC. Does not belong here: what is loaded (`load`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import adbc_driver_manager.dbapi as adbc
import adbc_driver_postgresql.dbapi as driver
import pyarrow as pa

from orchestration.publish.errors import PostgresBehind
from orchestration.publish.sql import name, text
from orchestration.settings import Settings

#: a server that does not answer must not hold up a run for the minutes that the network takes to give up
_CONNECT_SECONDS = 10

#: a change of columns waits for readers, and new readers wait behind it: rather try again with the next run
_LOCK_SECONDS = 10


class Server:
    """One transaction; the schema is made where it is not there."""

    def __init__(self, connection: adbc.Connection, schema: str) -> None:
        self._connection = connection
        self.schema = schema

    def execute(self, statement: str) -> None:
        """Run a statement."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    def append(self, table: str, rows: pa.RecordBatchReader) -> int:
        """Append rows to a table by COPY; returns how many."""
        with self._connection.cursor() as cursor:
            return int(cursor.adbc_ingest(table, rows, mode="append", db_schema_name=self.schema))

    def table(self, table: str) -> str:
        """The quoted name of a table of the schema."""
        return f"{name(self.schema)}.{name(table)}"

    def commit(self) -> None:
        """Let readers see it."""
        self._connection.commit()


@contextmanager
def connected(settings: Settings) -> Iterator[Server]:
    """A transaction on the server that the settings name, undone unless it is committed.

    Raises PostgresBehind for whatever the server, or the way to it, answers.
    """
    uri = settings.postgres.get_secret_value() if settings.postgres else ""
    try:
        with driver.connect(_with_timeout(uri)) as connection:
            server = Server(connection, settings.postgres_schema)
            server.execute(f"set local lock_timeout = '{_LOCK_SECONDS}s'")
            try:
                yield server
            finally:
                # also after a commit: closing with a transaction open is refused
                with suppress(adbc.Error):
                    connection.rollback()
    except adbc.Error as error:
        # the driver's own error may quote the URI
        raise PostgresBehind(_without_credentials(str(error), uri)) from None


def lock(server: Server) -> None:
    """Keep other homes from loading into the same schema at the same time; freed with the transaction."""
    server.execute(f"select pg_advisory_xact_lock(hashtext({text('selltrace ' + server.schema)}))")


def _with_timeout(uri: str) -> str:
    if "connect_timeout=" in uri:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}connect_timeout={_CONNECT_SECONDS}"


def _without_credentials(message: str, uri: str) -> str:
    """The first line of a message, in which neither the URI nor its password stands."""
    password = urlsplit(uri).password or ""
    first = message.strip().split("\n")[0]
    for secret in sorted({uri, password, unquote(password)} - {""}, key=len, reverse=True):
        first = first.replace(secret, "…")
    return first
