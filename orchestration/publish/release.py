"""Publish: a build whose verdicts allow it becomes a release, whole or not at all.

Belongs here: the order of the steps, and what becomes current. Does not belong here: measuring (`contents`), the disk
(`files`), judging (`gates`). Nothing is written to the warehouse; the caller holds the home's lock.

A release is written into `releases/.writing-<id>`, made durable, renamed to its id, and only then does `current` move,
by one rename. Killed at any step, `current` names a whole release, and the next publish clears what was left.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.publish import contents, counts, database, files, manifest, releases
from orchestration.publish.build import Build, next_due_at, read_build
from orchestration.publish.errors import NotPublishable, StaleBuild
from orchestration.publish.gate_changes import gate_changes
from orchestration.publish.manifest import Manifest, PublishedTable
from orchestration.publish.retention import retain
from orchestration.publish.source import Source, source_of
from orchestration.publish.sql import text
from orchestration.publish.tables import FACTS, TABLES
from orchestration.settings import Settings

LOG = logging.getLogger(__name__)

#: published tables by name: how they are selected, and what was measured of them
Tables = dict[str, tuple[Source, PublishedTable]]
Publishable = Callable[[duckdb.DuckDBPyConnection], Sequence[str]]


@dataclass(frozen=True)
class Provenance:
    """What a release is made from, as the run knows it."""

    code_version: str
    contract_versions: Mapping[str, str]
    inputs_fingerprint: str
    contract_hashes: Mapping[str, str]


@dataclass(frozen=True)
class Published:
    """A release that was written; `is_current` is false where it was only written aside, and `reason` says why."""

    release_id: str
    folder: Path
    is_current: bool
    reason: str | None
    manifest: Manifest


def publish(
    settings: Settings,
    code_version: str,
    contract_versions: Mapping[str, str],
    inputs_fingerprint: str,
    *,
    contract_hashes: Mapping[str, str] | None = None,
    due_at: datetime | None = None,
    publishable: Publishable | None = None,
) -> Published:
    """Turn the warehouse into a release and make it current, unless its `as_of` lies before the current one's, or a
    rollback pinned the current one: then it is written aside.

    `contract_hashes` tell contracts apart that changed without a new version.
    `due_at` is the moment at which verdicts go stale by time alone (default: computed from calendar and waivers);
    `publishable` returns the reasons that stop a release (default: the gates' own).
    Raises NotPublishable, StaleBuild or WarehouseIncomplete, and leaves `current` as it was.
    """
    settings.releases.mkdir(parents=True, exist_ok=True)
    files.clear_leftovers(settings.releases)
    _reached("leftovers cleared")
    provenance = Provenance(code_version, contract_versions, inputs_fingerprint, contract_hashes or {})
    connection = _connect(settings)
    try:
        published = _write_aside(connection, settings, provenance, due_at, publishable or _gates_publishable(settings))
    finally:
        connection.close()
        files.clear_leftovers(settings.releases)
    if published.is_current:
        files.point_current(settings.current, published.release_id)
        _reached("current moved")
    retain(settings)
    _reached("retained")
    return published


def _gates_publishable(settings: Settings) -> Publishable:
    # imported late: the gates read the list of facts from this stage
    from orchestration.gates.verdicts import publishable

    return lambda connection: publishable(connection, settings)


def _connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A connection of its own with the warehouse attached read-only, so that nothing here can write to it."""
    connection = duckdb.connect(config={"memory_limit": settings.memory})
    connection.execute(f"set temp_directory = {text(settings.releases / f'{files.WRITING}spill')}")
    connection.execute(f"attach {text(settings.warehouse)} as warehouse (read_only)")
    connection.execute("use warehouse")
    return connection


def _write_aside(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    provenance: Provenance,
    due_at: datetime | None,
    publishable: Publishable,
) -> Published:
    build = read_build(connection, settings.control)
    current = _current_manifest(settings)
    _refuse_stale(build, current)
    reasons = publishable(connection)
    if reasons:
        raise NotPublishable(reasons)

    release_id, created_at = _name_release(settings, build, datetime.now(UTC))
    writing = settings.releases / f"{files.WRITING}{release_id}"
    writing.mkdir()
    built_on = (settings.releases / current.release_id, current) if current else None
    # the database is large, and to read it through takes one core: beside what the others do
    with ThreadPoolExecutor(1) as beside:
        copying = beside.submit(database.copy_former, writing, built_on)
        tables = _measure_tables(connection, settings, release_id)
        reconciliation = _reconcile(connection, settings, tables)
        tables = _write_tables(connection, tables, writing, built_on)
        reason = _why_not_current(settings, build, current)
        former = _former(settings, build, current)
        path = database.write_database(connection, tables, writing, copying.result())
        hashing = beside.submit(files.sha256_of, path)
        _reached("database written")
        # while it is added up: of what is flushed now, nothing is written again at the end
        files.make_durable(writing)
        # on the other cores: one more would hold up the sum, which nothing can be done after
        connection.execute(f"set threads = {max(1, (os.cpu_count() or 2) - 1)}")
        document = Manifest(
            release_id=release_id,
            build_id=build.build_id,
            as_of=build.as_of,
            created_at=created_at,
            code_version=provenance.code_version,
            contract_versions=dict(provenance.contract_versions),
            contract_hashes=dict(provenance.contract_hashes),
            reporting_currency=build.reporting_currency,
            inputs_fingerprint=provenance.inputs_fingerprint,
            next_due_at=due_at or next_due_at(connection, settings.control, build.as_of),
            former_release_id=former.release_id if former else None,
            current=reason is None,
            not_current_reason=reason,
            tables={name: measured for name, (_, measured) in tables.items()},
            slices=contents.slices(connection, former),
            reconciliation=reconciliation,
            long_lines=contents.long_lines(connection),
            verdicts=contents.verdict_counts(connection),
            gate_changes=gate_changes(connection, settings.releases / former.release_id if former else None),
            database_sha256=hashing.result(),
        )
    manifest.write(document, writing)
    _reached("manifest written")
    files.make_durable(writing)
    folder = settings.releases / release_id
    files.rename(writing, folder)
    _reached("named")
    return Published(release_id, folder, document.current, reason, document)


def _measure_tables(connection: duckdb.DuckDBPyConnection, settings: Settings, release_id: str) -> Tables:
    sources = {name: source_of(connection, table, release_id) for name, table in TABLES.items()}
    counts.load(connection, settings.counted)
    tables = {name: (found, contents.measure(connection, found)) for name, found in sources.items()}
    counts.save(connection, settings.counted)
    return tables


def _write_tables(
    connection: duckdb.DuckDBPyConnection, tables: Tables, writing: Path, built_on: tuple[Path, Manifest] | None
) -> Tables:
    written = {}
    for name, (source, measured) in tables.items():
        former = None
        if built_on and name in built_on[1].tables:
            former = built_on[0], built_on[1].tables[name]
        paths = files.write_table(connection, source, measured, writing, former)
        written[name] = source, measured.model_copy(update={"files": paths})
        _reached(f"{name} written")
    return written


def _reconcile(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tables: Tables
) -> dict[str, manifest.Reconciliation]:
    """Published = accepted - held back + carried, for every fact: an invariant."""
    lines = {
        name: contents.reconcile(connection, table, settings.carried, tables[name][1].rows)
        for name, table in FACTS.items()
    }
    broken = [f"{name} does not add up: {line.model_dump()}" for name, line in lines.items() if not line.adds_up]
    if broken:
        raise NotPublishable(broken)
    return lines


def _current_manifest(settings: Settings) -> Manifest | None:
    current = releases.current_release_id(settings)
    return manifest.read(settings.releases / current) if current else None


def _refuse_stale(build: Build, current: Manifest | None) -> None:
    """Held slices were carried from the release that the build names: another one may not stand before it.

    A publish that was killed after `current` moved is repeated with the build's own release standing there.
    """
    current_id = current.release_id if current else None
    if current_id != build.current_release_id and not (current and current.build_id == build.build_id):
        raise StaleBuild(
            f"the build carried held slices from release {build.current_release_id}, but {current_id} is current now: "
            "run again"
        )


def _former(settings: Settings, build: Build, current: Manifest | None) -> Manifest | None:
    """The release that the build carried from; after a repeated publish that is no longer the current one."""
    named = build.current_release_id
    if named and (settings.releases / named / manifest.FILE_NAME).exists():
        return manifest.read(settings.releases / named)
    return current


def _why_not_current(settings: Settings, build: Build, current: Manifest | None) -> str | None:
    if current and build.as_of < current.as_of:
        return f"its moment {build.as_of.isoformat()} lies before that of the current release {current.release_id}"
    if current and releases.is_pinned(settings):
        return f"a rollback pinned release {current.release_id}"
    return None


def _name_release(settings: Settings, build: Build, moment: datetime) -> tuple[str, datetime]:
    """UTC time to the millisecond, and the start of the build's id: sorts by time, and is never used twice."""
    taken = {path.name[:19] for path in settings.releases.iterdir()}
    stamp = moment.strftime("%Y%m%dT%H%M%S%f")[:18] + "Z"
    while stamp in taken:
        moment += timedelta(milliseconds=1)
        stamp = moment.strftime("%Y%m%dT%H%M%S%f")[:18] + "Z"
    suffix = "".join(letter for letter in build.build_id if letter.isalnum())[:8]
    return f"{stamp}-{suffix}", moment


def _reached(step: str) -> None:
    LOG.debug("publish: %s", step)
