"""Dagster's event log in SQLite, its files held open: opening and closing one for each event takes longer than a run.

Belongs here: connections. Does not belong here: what is logged (Dagster).
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.polling_event_watcher import SqlPollingEventWatcher
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

#: logs held open at once: the index, the run under way, and those that somebody looks at
_OPEN = 8
_PATIENCE = 60.0


@dataclass
class _Together:
    """What one thread stores in one transaction a file."""

    thread: int
    files: ExitStack
    connections: dict[str, Connection] = field(default_factory=dict)
    #: by asset and type of event, the last of them, with its id
    last: dict[tuple[dg.AssetKey | None, dg.DagsterEventType | None], tuple[dg.EventLogEntry, int]] = field(
        default_factory=dict
    )


class HeldOpenEventLog(SqliteEventLogStorage):
    """One connection a log, behind Dagster's lock; a crash of the machine may lose the last events, and no more."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._tables: set[str] = set()
        self._watcher = SqlPollingEventWatcher(self)
        self._together: _Together | None = None
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> HeldOpenEventLog:
        """Made by Dagster from `dagster.yaml`."""
        return cls(config_value["base_dir"], inst_data)

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction a file for all that this thread stores in the block: a commit waits for the disk."""
        with self._db_lock, ExitStack() as files:
            self._together = _Together(threading.get_ident(), files)
            try:
                yield
                self._store_last(self._together)
            finally:
                self._together = None

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        together = self._together_here()
        if together:
            if shard not in together.connections:
                together.connections[shard] = together.files.enter_context(self._begin(shard))
            yield together.connections[shard]
        else:
            with self._db_lock, self._begin(shard) as connection:
                yield connection

    def _together_here(self) -> _Together | None:
        together = self._together
        return together if together and together.thread == threading.get_ident() else None

    def _store_asset_event(self, conn: Connection, event: dg.EventLogEntry, event_id: int) -> None:
        """Tell the index of assets what came last of one: in a block once, since each takes the place of the former."""
        if together := self._together_here():
            together.last[event.dagster_event.asset_key if event.dagster_event else None, event.dagster_event_type] = (
                event,
                event_id,
            )
        else:
            super()._store_asset_event(conn, event, event_id)

    def _store_last(self, together: _Together) -> None:
        with self.index_connection() as connection:
            for event, event_id in sorted(together.last.values(), key=lambda one: one[1]):
                super()._store_asset_event(connection, event, event_id)

    @contextmanager
    def _begin(self, shard: str) -> Iterator[Connection]:
        engine = self._engine(shard)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        with engine.begin() as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def watch(self, run_id: str, cursor: str | None, callback: Callable[..., Any]) -> None:
        """Call back on each event of a run, as the UI does. By polling: a log held open is not touched as it grows."""
        self._watcher.watch_run(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: Callable[..., Any]) -> None:
        """End a watch."""
        self._watcher.unwatch_run(run_id, handler)

    def dispose(self) -> None:
        """Close all files."""
        self._watcher.close()
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            if len(self._engines) == _OPEN:
                self._engines.popitem(last=False)[1].dispose()
            patience = {"timeout": _PATIENCE, "check_same_thread": False}
            engine = create_engine(self.conn_string_for_shard(shard), poolclass=StaticPool, connect_args=patience)
            event.listen(engine, "connect", _leave_flushing_to_the_system)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        return self._engines[shard]


def _leave_flushing_to_the_system(connection: sqlite3.Connection, _: object) -> None:
    # with a write-ahead log no crash can damage the file
    connection.execute("pragma synchronous = normal")


def stored_together(instance: dg.DagsterInstance) -> AbstractContextManager[None]:
    """A block whose events are stored at once; where an instance keeps another log, each for itself."""
    log = instance.event_log_storage
    return log.together() if isinstance(log, HeldOpenEventLog) else nullcontext()
