"""What is kept of a delivery: its folder of lines and quarantine in the lake, then its entry in the ledger.

A folder is written aside and renamed, the entry comes last, and lines without an entry do not exist: a delivery is in
whole or not at all, whenever a run is killed.

Belongs here: entries, of deliveries that were read, rejected, or sent again. Does not belong here: reading (`ingest`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from orchestration.contracts.model import Contract
from orchestration.files import remove
from orchestration.ingest.parse import QUARANTINE_COLUMNS, Counts
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.sql import text
from orchestration.lake.generations import MOVING, raw_folder
from orchestration.landing.ledger import LedgerEntry, LineDate, Received, enter
from orchestration.landing.names import FROM_FILENAME, moment_in_name
from orchestration.landing.store import work_folder
from orchestration.settings import Settings


def lines_folder(settings: Settings, kind: str, delivery_id: str, reading_hash: str) -> Path:
    """Folder of the lines and the quarantine of one delivery, under one reading of its contract."""
    return raw_folder(settings, kind) / f"{delivery_id}-{reading_hash}"


def entry_of(contract: Contract, received: Received, counts: list[Counts]) -> LedgerEntry:
    """The entry of a delivery that was read."""
    dates = [
        LineDate(
            line_date=day,
            lines=parsed + outside,
            quarantined_lines=quarantined,
            out_of_scope_lines=outside,
            last_day=last_day,
        )
        for _, day, parsed, quarantined, outside, last_day in counts
        if day is not None or quarantined
    ]
    stated = stated_date(contract, received.file_name)
    if stated and stated not in {line.line_date for line in dates}:
        dates.append(LineDate(line_date=stated, lines=0, quarantined_lines=0))
    parsed, quarantined, outside = sum(c[2] for c in counts), sum(c[3] for c in counts), sum(c[4] for c in counts)
    return _ledger_entry(contract, received, parsed, quarantined, outside, tuple(dates))


def _ledger_entry(
    contract: Contract,
    received: Received,
    parsed: int,
    quarantined: int,
    outside: int,
    dates: tuple[LineDate, ...],
    rejected_reason: str | None = None,
) -> LedgerEntry:
    return LedgerEntry(
        delivery_id=received.delivery_id,
        contract_id=contract.id,
        kind=contract.kind_name,
        file_name=received.file_name,
        sha256=received.sha256,
        received_at=received.received_at,
        contract_version=contract.version,
        reading_hash=contract.reading_hash,
        lines_read=parsed + quarantined + outside,
        lines_parsed=parsed,
        lines_quarantined=quarantined,
        lines_out_of_scope=outside,
        rejected_reason=rejected_reason,
        dates=dates,
    )


def stated_date(contract: Contract, file_name: str) -> date | None:
    """The period that the file name states, for contracts with `periodFrom: filename:<pattern>`. Raises Unreadable."""
    pattern = contract.period_from or "lines"
    if not pattern.startswith(FROM_FILENAME):
        return None
    moment = moment_in_name(pattern.removeprefix(FROM_FILENAME), Path(file_name).name)
    if moment is None:
        raise Unreadable(
            "file_name", f"the name {file_name} does not follow periodFrom {pattern}; rename the file or correct it"
        )
    return moment.date()


def reject(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    received: Received,
    former: Mapping[str, LedgerEntry],
    problem: Unreadable,
) -> LedgerEntry:
    """A delivery of which no line can be told counts as one quarantined line, so that it is seen."""
    values = (
        contract.id, contract.kind_name, received.delivery_id, contract.reading_hash, 1,
        problem.code, str(problem), received.file_name, None, None, None, None,
    )  # fmt: skip
    connection.execute(f"create or replace temp table set_aside ({QUARANTINE_COLUMNS})")
    connection.execute("insert into set_aside values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    undated = (LineDate(line_date=None, lines=0, quarantined_lines=1),)
    entry = _ledger_entry(contract, received, 0, 1, 0, undated, rejected_reason=str(problem))
    with work_folder(settings) as work:
        written = work / "written"
        written.mkdir()
        connection.execute(f"copy set_aside to {text(str(written / 'quarantine_0.parquet'))} (format parquet)")
        return commit(settings, entry, former, written)


def commit(settings: Settings, entry: LedgerEntry, former: Mapping[str, LedgerEntry], written: Path) -> LedgerEntry:
    """Move what was written into the lake, then enter it, then drop the lines of a former reading.

    A folder of this name without a ledger entry is what a killed run left.
    """
    before = former.get(entry.delivery_id)
    if before:
        versions = (*before.former_contract_versions, before.contract_version)
        entry = entry.model_copy(update={"former_contract_versions": versions})
    folder = lines_folder(settings, entry.kind, entry.delivery_id, entry.reading_hash)
    with MOVING:
        remove(folder)
        if written.exists():
            written.rename(folder)
        enter(settings, entry)
        if before and before.reading_hash != entry.reading_hash and before.resent_of is None:
            remove(lines_folder(settings, before.kind, before.delivery_id, before.reading_hash))
    return entry


def enter_resent(settings: Settings, contract: Contract, received: Received, original: LedgerEntry) -> LedgerEntry:
    """Enter a delivery whose bytes the feed sent before: it is recorded, and not read again.

    A period that its own name states is kept: files without lines are equal, and speak of different days.
    """
    try:
        stated = stated_date(contract, received.file_name)
    except Unreadable:
        stated = None
    known = {line.line_date for line in original.dates if line.lines or line.quarantined_lines}
    dates = tuple(line for line in original.dates if line.line_date in known) if stated else original.dates
    if stated and stated not in known:
        dates = (*dates, LineDate(line_date=stated, lines=0, quarantined_lines=0))
    entry = original.model_copy(
        update={
            "dates": dates,
            "delivery_id": received.delivery_id,
            "file_name": received.file_name,
            "received_at": received.received_at,
            "contract_version": contract.version,
            "resent_of": original.delivery_id,
        }
    )
    enter(settings, entry)
    return entry
