"""Turn deliveries into lines and quarantine in the lake, and enter each in the ledger.

Belongs here: the order of the steps that makes ingestion safe to kill and to run again, and what keeps a bad file to
itself. Does not belong here: formats (`readers`), casts (`casts`), what is kept (`enter`), which line is current (dbt).
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from orchestration.contracts.kinds import KINDS
from orchestration.contracts.model import Contract
from orchestration.files import remove, written_aside
from orchestration.ingest.enter import commit, entry_of, reject, stated_date
from orchestration.ingest.parse import QUARANTINE_COLUMNS, counts_by_date, line_columns, parse, write_lines
from orchestration.ingest.readers import READERS
from orchestration.ingest.relation import Reader, Shape, Unreadable
from orchestration.ingest.rows import REFUSED_INTERCHANGES
from orchestration.ingest.sql import MACROS, text
from orchestration.lake.generations import prepare, raw_folder
from orchestration.landing.bytes import BytesAreGone, bytes_of, is_as_received
from orchestration.landing.ledger import LedgerEntry, Received
from orchestration.landing.store import work_folder
from orchestration.settings import Settings

#: a full disk or memory says nothing of the file: the run fails, and the next one reads it again
_NOT_THE_FILES_FAULT = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.InternalException,
    duckdb.FatalException,
)


def open_ingest() -> duckdb.DuckDBPyConnection:
    """A connection of its own for ingestion: in memory, with the functions that casts are written with."""
    connection = duckdb.connect()
    # the day of a moment must not depend on where this machine stands
    connection.execute("set TimeZone = 'UTC'")
    for statement in (*MACROS, REFUSED_INTERCHANGES):
        connection.execute(statement)
    return connection


def prepare_lake(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Give every kind, and the quarantine, a file without rows, so that reading finds the columns from the start.

    Also clears what a killed run left half done; call it only as the one run that writes.
    """
    remove(settings.lake / ".work")
    for left in settings.lake.glob("*/.writing-*"):
        remove(left)
    # here and not by the first feeds with lines: two at once would each make their own
    _salt(settings)
    for kind in KINDS:
        prepare(settings, kind)
    tables = {
        kind.name: line_columns({column: spec.type for column, spec in kind.columns.items()}) for kind in KINDS.values()
    }
    targets = {raw_folder(settings, kind) / "empty" / "lines_0.parquet": columns for kind, columns in tables.items()}
    targets[raw_folder(settings, "sell_out") / "empty" / "quarantine_0.parquet"] = QUARANTINE_COLUMNS
    for target, columns in targets.items():
        if not target.exists():
            with written_aside(target) as aside:
                connection.execute(f"create or replace temp table no_rows ({columns})")
                connection.execute(f"copy no_rows to {text(str(aside))} (format parquet)")


def _is_the_files_fault(error: duckdb.Error) -> bool:
    # a Parquet file whose footer points beyond its end is told like a disk that fails
    return not isinstance(error, _NOT_THE_FILES_FAULT) or "could not read enough bytes" in str(error).lower()


@dataclass(frozen=True)
class Batch:
    """Deliveries of one feed that are read together.

    former   entries under an earlier version of the contract, by delivery id; their lines are replaced, or stay as
             they are, and `problems` says so, where the bytes are needed again and were not kept
    refused  by delivery id, the interchanges that an earlier delivery brought, each with the reason
    """

    received: Sequence[Received]
    former: Mapping[str, LedgerEntry]
    problems: list[str]
    refused: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def ingest(
    settings: Settings, connection: duckdb.DuckDBPyConnection, contract: Contract, batch: Batch
) -> list[LedgerEntry]:
    """Read deliveries of one feed and enter them; the same call again gives the same result."""
    with work_folder(settings) as work:
        try:
            entries, changed = _ingest_batch(settings, connection, contract, batch, work)
        except duckdb.Error as error:
            if not _is_the_files_fault(error):
                raise
            if len(batch.received) == 1:
                problem = Unreadable("unreadable_file", f"DuckDB cannot read it: {str(error).splitlines()[0]}")
                return [reject(settings, connection, contract, batch.received[0], batch.former, problem)]
            # one bad file must not keep the others out: find it by reading each alone
            entries, changed = [], list(batch.received)
    # what is read again has other bytes in the landing zone by now, or stands alone: this ends
    return entries + [
        entry for one in changed for entry in ingest(settings, connection, contract, replace(batch, received=[one]))
    ]


def _ingest_batch(
    settings: Settings, connection: duckdb.DuckDBPyConnection, contract: Contract, batch: Batch, work: Path
) -> tuple[list[LedgerEntry], list[Received]]:
    """Enter what was read, and return beside it the deliveries whose file changed while it was read."""
    entries: list[LedgerEntry] = []
    changed: list[Received] = []
    by_shape: dict[Shape, dict[int, Path]] = defaultdict(dict)
    from_landing: set[int] = set()
    interchanges: dict[int, tuple[str, ...]] = {}
    remarks: dict[int, tuple[str, ...]] = {}
    folder: Path | None = None
    for number, one in enumerate(batch.received):
        # one that nothing was written to serves the next delivery too: most are read where they lie
        if folder is None or any(folder.iterdir()):
            folder = work / str(number)
            folder.mkdir()
        try:
            reader = _reader_for(contract, one)
            source = bytes_of(settings, contract, one, folder)
            if not source.is_relative_to(folder):
                from_landing.add(number)
            plain = reader.plain(contract, source, folder)
            by_shape[reader.shape(contract, plain)][number] = plain
            interchanges[number] = reader.interchanges(plain) if reader.interchanges else ()
            remarks[number] = reader.remarks(connection, contract, plain) if reader.remarks else ()
        except BytesAreGone as problem:
            if one.delivery_id in batch.former or problem.may_return:
                batch.problems.append(str(problem))
            else:
                gone = Unreadable("missing_bytes", str(problem))
                entries.append(reject(settings, connection, contract, one, batch.former, gone))
        except Unreadable as problem:
            if _changed_meanwhile(settings, one, number in from_landing):
                changed.append(one)
            else:
                entries.append(reject(settings, connection, contract, one, batch.former, problem))
    for shape, files in by_shape.items():
        deliveries = {number: batch.received[number].delivery_id for number in files}
        _name_refused(connection, batch, files)
        relation = READERS[contract.server.format].lines(connection, contract, shape, files)
        cells = parse(connection, contract, shape, relation, deliveries)
        written = work / "written"
        write_lines(connection, contract, cells, _salt(settings), written)
        counts = counts_by_date(connection, contract)
        for number in files:
            one = batch.received[number]
            if _changed_meanwhile(settings, one, number in from_landing):
                changed.append(one)
                continue
            entry = entry_of(contract, one, [count for count in counts if count[0] == number])
            refused = tuple(sorted(batch.refused.get(one.delivery_id, {})))
            update = {
                "interchanges": interchanges[number],
                "refused_interchanges": refused,
                "remarks": remarks[number],
            }
            entry = entry.model_copy(update=update)
            entries.append(commit(settings, entry, batch.former, written / f"delivery={one.delivery_id}"))
    return entries, changed


def _changed_meanwhile(settings: Settings, received: Received, was_read_in_place: bool) -> bool:
    return was_read_in_place and not is_as_received(settings.landing / received.file_name, received)


def _name_refused(connection: duckdb.DuckDBPyConnection, batch: Batch, files: dict[int, Path]) -> None:
    connection.execute(REFUSED_INTERCHANGES)
    rows = [
        (number, interchange, reason)
        for number in files
        for interchange, reason in batch.refused.get(batch.received[number].delivery_id, {}).items()
    ]
    if rows:
        connection.executemany("insert into refused_interchanges values (?, ?, ?)", rows)


def _reader_for(contract: Contract, received: Received) -> Reader:
    if received.problem:
        raise Unreadable("file_name", received.problem)
    stated_date(contract, received.file_name)
    return READERS[contract.server.format]


def _salt(settings: Settings) -> str:
    """The home's secret, by which pseudonyms cannot be made elsewhere; made on first use."""
    path = settings.home / "pseudonym.key"
    if not path.exists():
        with written_aside(path) as aside:
            aside.write_text(secrets.token_hex(32), encoding="ascii")
            aside.chmod(0o600)
    return path.read_text(encoding="ascii")
