"""The ledger: what was received, what became of each delivery, and which deliveries a person withdrew.

Belongs here: the entries and where they lie. An entry of the ledger is the last thing that ingest writes: lines
without an entry do not exist. Does not belong here: reading files (`ingest`), classes of lines (dbt).
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from orchestration.files import remove
from orchestration.landing.entries import index_entries, read_entries, write_entry
from orchestration.settings import Settings


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)


_SHOWN_REMARKS = 2


class Received(_Entry):
    """One delivery (contract x file, or contract x member of an archive) as it was found in the landing zone.

    `size` is that of the delivery's bytes, `modified_ns` the file's or the archive's. A delivery with a `problem`
    cannot be read: if it is a member of an archive, its bytes are the archive's.
    """

    delivery_id: str
    contract_id: str
    file_name: str
    size: int
    modified_ns: int
    sha256: str
    received_at: datetime
    archive: str | None = None
    problem: str | None = None
    rule: str | None = None


class Opened(_Entry):
    """An archive as it was listed when all its members were recorded, and the rule they were taken by."""

    contract_id: str
    file_name: str
    size: int
    modified_ns: int
    rule: str


class LineDate(_Entry):
    """How many lines of a delivery speak of a day (None: their date cannot be read).

    `lines` are those that could be read, `out_of_scope_lines` of them outside the feed's scope; `last_day` is the last
    that any of them names as the end of its period.
    """

    line_date: date | None
    lines: int
    quarantined_lines: int
    out_of_scope_lines: int = 0
    last_day: date | None = None


class LedgerEntry(_Entry):
    """What became of one delivery. `lines_read` = `lines_parsed` + `lines_quarantined` + `lines_out_of_scope`.

    `interchanges` are those that an EDI file holds (sender, receiver, control number); the lines of
    `refused_interchanges` are quarantined, because an earlier delivery brought an interchange of that number.
    `remarks` say what the file states of itself and its lines do not bear out; the lines stay as they are.
    """

    delivery_id: str
    contract_id: str
    kind: str
    file_name: str
    sha256: str
    received_at: datetime
    contract_version: str
    former_contract_versions: tuple[str, ...] = ()
    reading_hash: str
    lines_read: int
    lines_parsed: int
    lines_quarantined: int
    lines_out_of_scope: int
    resent_of: str | None = None
    rejected_reason: str | None = None
    interchanges: tuple[str, ...] = ()
    refused_interchanges: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    dates: tuple[LineDate, ...] = ()

    @property
    def remarked(self) -> tuple[str, ...]:
        """The first remarks and how many more there are, for a table."""
        more = len(self.remarks) - _SHOWN_REMARKS
        return (*self.remarks[:_SHOWN_REMARKS], f"and {more} more") if more > 0 else self.remarks


class Withdrawal(_Entry):
    """A person's statement that a delivery must not count."""

    delivery_id: str
    reason: str
    withdrawn_at: datetime


def received_folder(settings: Settings, contract_id: str) -> Path:
    """Where the records of what a feed received lie."""
    return settings.lake / "received" / contract_id


def _ledger_folder(settings: Settings) -> Path:
    return settings.lake / "ledger"


def _withdrawals_folder(settings: Settings) -> Path:
    return settings.lake / "withdrawals"


def _work(settings: Settings) -> Path:
    return settings.lake / ".work"


def received_of(settings: Settings, contract_id: str) -> list[Received]:
    """Everything that a feed received, in order of precedence (received_at, file name)."""
    entries = read_entries(received_folder(settings, contract_id), Received)
    return sorted(entries, key=lambda entry: (entry.received_at, entry.file_name))


def record_received(settings: Settings, entry: Received) -> None:
    """Keep the record of a delivery; the same delivery again replaces it."""
    folder = received_folder(settings, entry.contract_id)
    write_entry(folder / f"{entry.delivery_id}.json", entry, _work(settings))


def _opened_folder(settings: Settings, contract_id: str) -> Path:
    return settings.lake / "opened" / contract_id


def opened_of(settings: Settings, contract_id: str) -> list[Opened]:
    """The archives of a feed, each as it was opened last."""
    return read_entries(_opened_folder(settings, contract_id), Opened)


def record_opened(settings: Settings, entry: Opened) -> None:
    """Keep that an archive needs no opening until it changes."""
    name = hashlib.sha256(entry.file_name.encode()).hexdigest()[:20]
    write_entry(_opened_folder(settings, entry.contract_id) / f"{name}.json", entry, _work(settings))


def ledger(settings: Settings, contract_id: str = "*") -> dict[str, LedgerEntry]:
    """Entries of the ledger by delivery id, of one feed or of all."""
    folders = sorted(_ledger_folder(settings).glob(contract_id), key=str)
    entries = (entry for folder in folders for entry in read_entries(folder, LedgerEntry))
    return {entry.delivery_id: entry for entry in entries}


def enter(settings: Settings, entry: LedgerEntry) -> None:
    """Write an entry of the ledger: from now on the lines of the delivery exist."""
    target = _ledger_folder(settings) / entry.contract_id / f"{entry.delivery_id}.json"
    write_entry(target, entry, _work(settings))


def index_feed(settings: Settings, contract_id: str) -> None:
    """Make what a feed received, and what became of it, quick to read again. Needs the home's lock."""
    index_entries(received_folder(settings, contract_id), Received)
    index_entries(_opened_folder(settings, contract_id), Opened)
    index_entries(_ledger_folder(settings) / contract_id, LedgerEntry)


def withdrawals(settings: Settings) -> dict[str, Withdrawal]:
    """Deliveries that a person withdrew, by delivery id."""
    entries = read_entries(_withdrawals_folder(settings), Withdrawal)
    return {entry.delivery_id: entry for entry in entries}


def withdraw(settings: Settings, withdrawal: Withdrawal) -> None:
    """Take a delivery out of the figures by the next run: its lines become out_of_scope.

    Raises KeyError where the ledger does not know the delivery.
    """
    if withdrawal.delivery_id not in ledger(settings):
        raise KeyError(withdrawal.delivery_id)
    target = _withdrawals_folder(settings) / f"{withdrawal.delivery_id}.json"
    write_entry(target, withdrawal, _work(settings))


def restore(settings: Settings, delivery_id: str) -> None:
    """Undo a withdrawal."""
    remove(_withdrawals_folder(settings) / f"{delivery_id}.json")
