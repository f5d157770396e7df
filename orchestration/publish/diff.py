"""What changed between two releases, for whom, and why.

Belongs here: which releases are compared, what both knew of deliveries and slices, and the totals that the changes must
add up to. Does not belong here: comparing lines (`diff_lines`), the reasons (`diff_reasons`), or printing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import pyarrow as pa

from orchestration.publish.diff_lines import Change, changes_of
from orchestration.publish.errors import UnknownRelease
from orchestration.publish.manifest import Manifest, PublishedTable
from orchestration.publish.releases import show_release
from orchestration.publish.sql import text
from orchestration.publish.tables import FACTS
from orchestration.settings import Settings

_NO_TABLE: Final = PublishedTable(rows=0, sha256="", sums={})

SliceKey = tuple[str, str, date]

_CONTRACTS: Final = pa.schema({"contract_id": pa.string(), "is_changed": pa.bool_(), "words": pa.string()})
_SLICES: Final = pa.schema(
    {
        "kind": pa.string(),
        "partner_id": pa.string(),
        "week_start": pa.date32(),
        "is_held": pa.bool_(),
        "was_held": pa.bool_(),
        "held_reason": pa.string(),
        "held_reason_before": pa.string(),
    }
)


@dataclass(frozen=True)
class TableChange:
    """A table whose content differs: rows before and after, and what its totals moved by (newer less older)."""

    table: str
    rows_before: int
    rows_after: int
    sums: Mapping[str, Decimal]


@dataclass(frozen=True)
class Diff:
    """What changed from release `older` to `newer`: tables, and of the facts every slice with its reasons."""

    older: str
    newer: str
    tables: list[TableChange]
    changes: list[Change]

    @property
    def adds_up(self) -> bool:
        """Whether the changes of the facts sum to the differences of their totals."""
        return not self.gaps()

    def gaps(self) -> list[str]:
        """Facts whose changes do not sum to the difference of rows or totals; none, unless a file is damaged."""
        whole = {table.table: table for table in self.tables}
        gaps = []
        for fact in FACTS:
            told = whole.get(fact, TableChange(fact, 0, 0, {}))
            of_fact = [change for change in self.changes if change.table == fact]
            rows = sum(change.rows for change in of_fact) == told.rows_after - told.rows_before
            sums = all(
                sum((change.sums[column] for change in of_fact), Decimal(0)) == told.sums.get(column, Decimal(0))
                for column in FACTS[fact].sums
            )
            gaps += [] if rows and sums else [fact]
        return gaps


def diff(settings: Settings, older: str | None = None, newer: str | None = None) -> Diff:
    """Compare two kept releases (default: the current one with the one that stood before it).

    Given the later one first, the reasons are those of the way there, and the figures count backwards. Raises
    UnknownRelease where a release is not kept, or there is none to compare with.
    """
    after = show_release(settings, newer)
    older = older or after.former_release_id
    if older is None:
        raise UnknownRelease(f"nothing stood before release {after.release_id}; name the release to compare it with")
    before = show_release(settings, older)
    if (before.as_of, before.release_id) > (after.as_of, after.release_id):
        return _backwards(_compare(settings.releases, after, before))
    return _compare(settings.releases, before, after)


def _compare(releases: Path, before: Manifest, after: Manifest) -> Diff:
    tables = [_table_change(name, before, after) for name in after.tables if _content_differs(name, before, after)]
    with TemporaryDirectory(prefix="selltrace-") as spill, duckdb.connect() as connection:
        connection.execute(f"set temp_directory = {text(spill)}")
        _tell_contracts(connection, before, after)
        _tell_deliveries(connection, releases / before.release_id, releases / after.release_id)
        _tell_slices(connection, before, after)
        _tell_versions(connection, before, after)
        changes = [change for name in FACTS for change in _changes(connection, releases, name, before, after)]
    told = {((one.partner_id, one.kind, one.week_start), one.reason) for one in changes}
    changes += _status_changes(before, after, told)
    changes.sort(key=lambda one: (one.table, one.partner_id, one.week_start, one.reason))
    return Diff(before.release_id, after.release_id, tables, changes)


def _content_differs(name: str, before: Manifest, after: Manifest) -> bool:
    return before.tables.get(name, _NO_TABLE).sha256 != after.tables[name].sha256


def _table_change(name: str, before: Manifest, after: Manifest) -> TableChange:
    former, table = before.tables.get(name, _NO_TABLE), after.tables[name]
    moved = {column: total - former.sums.get(column, Decimal(0)) for column, total in table.sums.items()}
    return TableChange(name, former.rows, table.rows, {column: change for column, change in moved.items() if change})


def _changes(
    connection: duckdb.DuckDBPyConnection, releases: Path, name: str, before: Manifest, after: Manifest
) -> list[Change]:
    former, table = before.tables.get(name, _NO_TABLE), after.tables[name]
    older = [path for path, sha256 in former.files.items() if table.files.get(path) != sha256]
    newer = [path for path, sha256 in table.files.items() if former.files.get(path) != sha256]
    if not older and not newer:
        return []
    here, there = releases / before.release_id, releases / after.release_id
    return changes_of(
        connection,
        FACTS[name],
        [str(here / path) for path in older],
        [str(there / path) for path in newer],
        [str(here / path) for path in former.files],
    )


def _tell_deliveries(connection: duckdb.DuckDBPyConnection, before: Path, after: Path) -> None:
    """Leave in `ledger` every delivery that one of the releases knew, as both knew it."""
    compared = ", ".join(
        f"coalesce(b.{column}, {none}) as {column}, coalesce(a.{column}, {none}) as {former}"
        for column, former, none in (
            ("is_withdrawn", "was_withdrawn", "false"),
            ("superseded", "superseded_before", "0"),
            ("duplicate", "duplicate_before", "0"),
            ("unmatched", "unmatched_before", "0"),
            ("contract_version", "contract_version_before", "''"),
        )
    )
    connection.execute(
        f"""
        create temp table ledger as
        with deliveries as (
            select
                coalesce(b.delivery_id, a.delivery_id) as delivery_id,
                coalesce(b.contract_id, a.contract_id) as contract_id,
                coalesce(b.file_name, a.file_name) as file_name,
                a.delivery_id is not null as known_before,
                b.delivery_id is not null as known_now,
                {compared}
            from read_parquet({text(before / "delivery_ledger.parquet")}) as a
            full join read_parquet({text(after / "delivery_ledger.parquet")}) as b on a.delivery_id = b.delivery_id
        )
        select
            deliveries.*,
            contracts.is_changed as contract_changed,
            contracts.words as contract_words,
            bool_or(known_now and not known_before) over contract as contract_deliveries,
            bool_or(is_withdrawn <> was_withdrawn) over contract as contract_withdrawals
        from deliveries
        left join contracts on contracts.contract_id = deliveries.contract_id
        window contract as (partition by deliveries.contract_id)
        """
    )


def _tell_contracts(connection: duckdb.DuckDBPyConnection, before: Manifest, after: Manifest) -> None:
    """Leave in `contracts` every contract that one of the releases knew, and whether it is another now."""
    rows = [
        {
            "contract_id": contract_id,
            "is_changed": before.contract_hashes.get(contract_id) != after.contract_hashes.get(contract_id),
            "words": f"{contract_id} {_versions(before, after, contract_id)}",
        }
        for contract_id in sorted(before.contract_versions.keys() | after.contract_versions.keys())
    ]
    connection.register("contracts", pa.Table.from_pylist(rows, _CONTRACTS))


def _versions(before: Manifest, after: Manifest, contract_id: str) -> str:
    versions = [document.contract_versions.get(contract_id) for document in (before, after)]
    if None in versions:
        return "is new" if versions[0] is None else "is no longer read"
    return " to ".join(dict.fromkeys(str(version) for version in versions))


def _tell_slices(connection: duckdb.DuckDBPyConnection, before: Manifest, after: Manifest) -> None:
    """Leave in `slice_status` every slice that is held, or was."""
    now, former = _held(after), _held(before)
    rows = [
        {
            "partner_id": key[0],
            "kind": key[1],
            "week_start": key[2],
            "is_held": key in now,
            "was_held": key in former,
            "held_reason": now.get(key),
            "held_reason_before": former.get(key),
        }
        for key in now.keys() | former.keys()
    ]
    connection.register("slice_status", pa.Table.from_pylist(rows, _SLICES))


def _tell_versions(connection: duckdb.DuckDBPyConnection, before: Manifest, after: Manifest) -> None:
    """Leave in `versions` one row: what else of the two releases differs."""
    connection.execute(
        "create temp table versions as select ? as code_changed, ? as codes, ? as currencies",
        [
            before.code_version != after.code_version,
            f"{before.code_version} to {after.code_version}",
            " to ".join(dict.fromkeys([before.reporting_currency, after.reporting_currency])),
        ],
    )


def _held(document: Manifest) -> dict[SliceKey, str | None]:
    return {(one.partner_id, one.kind, one.week_start): one.reason for one in document.held()}


def _status_changes(before: Manifest, after: Manifest, told: set[tuple[SliceKey, str]]) -> Iterator[Change]:
    """Slices that are held now and were not, or the other way round, of whose lines none changed."""
    now, former = _held(after), _held(before)
    fact_of = {table.kind: table for table in FACTS.values()}
    for key in sorted(now.keys() ^ former.keys()):
        reason = "held" if key in now else "mended"
        if (key, reason) not in told:
            partner_id, kind, week_start = key
            evidence = now[key] if key in now else f"was held: {former[key]}"
            nothing = {column: Decimal(0) for column in fact_of[kind].sums}
            yield Change(fact_of[kind].name, kind, partner_id, week_start, reason, evidence, 0, 0, 0, nothing)


def _backwards(there: Diff) -> Diff:
    """The way back."""
    tables = [
        TableChange(one.table, one.rows_after, one.rows_before, {column: -moved for column, moved in one.sums.items()})
        for one in there.tables
    ]
    changes = [
        replace(
            one,
            rows_added=one.rows_removed,
            rows_removed=one.rows_added,
            sums={column: -moved for column, moved in one.sums.items()},
        )
        for one in there.changes
    ]
    return Diff(there.newer, there.older, tables, changes)
