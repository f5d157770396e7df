"""The manifest of a release: what it holds, from what it was made, and how that adds up.

Belongs here: its shape, reading and writing it, and a plain-data view of it (summary).
Does not belong here: measuring the warehouse (`contents`), or deciding what becomes current (`release`).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

FILE_NAME: Final = "manifest.json"


class _Part(BaseModel):
    """Base of the manifest's parts; words of later versions are ignored, so that a rollback can always be read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Contents(_Part):
    """Rows and their checksum, which does not depend on the order of rows nor on how they are stored."""

    rows: int
    sha256: str


class Part(Contents):
    """Rows of a month (YYYY-MM, or none): estimates, those of a partner who has many, or all others (no partner)."""

    month: str
    partner_id: str | None = None
    is_estimated: bool = False


class PublishedTable(Contents):
    """A published table: control totals, its parts by name where it is large, the sha256 of every file by its path."""

    sums: dict[str, Decimal]
    parts: dict[str, Part] = {}
    files: dict[str, str] = {}


class Slice(_Part):
    """A partner x ISO week x record kind: what went out of it, and where held lines come from.

    `carried_from` is the last release in which the slice passed; null where it is published, or never passed.
    `warnings` are the suites that mark the slice; `waivers` say what a person accepted in it, who, until when, and why.
    """

    partner_id: str
    kind: str
    week_start: date
    status: Literal["published", "held"]
    lines: int
    units: Decimal
    reason: str | None = None
    suites: str | None = None
    carried_from: str | None = None
    warnings: list[str] = []
    waivers: list[str] = []


class Reconciliation(_Part):
    """Lines of a record kind: published = accepted - held_back + carried."""

    accepted: int
    held_back: int
    carried: int
    published: int

    @property
    def adds_up(self) -> bool:
        """Whether every accepted line is accounted for."""
        return self.published == self.accepted - self.held_back + self.carried


class LongLines(_Part):
    """Sell-out lines that cover more than a month: in the facts, not in the weekly marts."""

    lines: int
    units: Decimal


class VerdictCount(_Part):
    """How often a suite came to an outcome."""

    suite: str
    severity: str
    outcome: str
    verdicts: int


class GateChange(_Part):
    """A gate that newly fails, or newly passes, against the release before; `reason` is that of the failure."""

    suite: str
    expectation: str
    severity: str
    partner_id: str | None
    kind: str | None
    period_start: date | None
    change: Literal["newly_failed", "newly_passed"]
    reason: str | None


class Head(_Part):
    """What a release is, and what it was made of. Moments are UTC."""

    release_id: str
    build_id: str
    as_of: datetime
    created_at: datetime
    code_version: str
    contract_versions: dict[str, str]
    contract_hashes: dict[str, str] = {}
    reporting_currency: str
    inputs_fingerprint: str
    next_due_at: datetime | None
    former_release_id: str | None
    current: bool
    not_current_reason: str | None


class Manifest(Head):
    """A release, whole."""

    tables: dict[str, PublishedTable]
    database_sha256: str
    slices: list[Slice]
    reconciliation: dict[str, Reconciliation]
    long_lines: LongLines
    verdicts: list[VerdictCount]
    gate_changes: list[GateChange] = []

    def slice_index(self) -> dict[tuple[str, str, date], Slice]:
        """Slices by (partner, kind, week)."""
        return {(entry.partner_id, entry.kind, entry.week_start): entry for entry in self.slices}

    def held(self) -> list[Slice]:
        """Slices that a critical expectation holds back."""
        return [entry for entry in self.slices if entry.status == "held"]


def read(release: Path) -> Manifest:
    """The manifest of the release in folder `release`; FileNotFoundError where there is none."""
    return Manifest.model_validate_json((release / FILE_NAME).read_bytes())


def read_head(release: Path) -> Head:
    """The head alone: slices by the hundred thousand take a second to read."""
    return Head.model_validate_json((release / FILE_NAME).read_bytes())


def write(manifest: Manifest, release: Path) -> None:
    """Write the manifest into folder `release`."""
    (release / FILE_NAME).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")


def summary(manifest: Manifest) -> dict[str, Any]:
    """What a person wants to know of a release, as plain data: its head, rows a table, what is held or marked."""
    head = ("release_id", "as_of", "created_at", "code_version", "reporting_currency", "current", "not_current_reason")
    held: dict[tuple[str, str, str | None, str | None], list[date]] = defaultdict(list)
    for entry in manifest.held():
        held[entry.partner_id, entry.kind, entry.reason, entry.carried_from].append(entry.week_start)
    marked: dict[tuple[str, str, str, str], list[date]] = defaultdict(list)
    for entry in manifest.slices:
        if entry.warnings or entry.waivers:
            marks = ", ".join(entry.warnings), "; ".join(entry.waivers)
            marked[entry.partner_id, entry.kind, *marks].append(entry.week_start)
    return {
        **{name: getattr(manifest, name) for name in head},
        "tables": [{"table": name, "rows": table.rows, "sums": table.sums} for name, table in manifest.tables.items()],
        "held": [
            {"partner_id": partner_id, "kind": kind, "reason": reason, "carried_from": carried_from, "weeks": weeks}
            for (partner_id, kind, reason, carried_from), weeks in held.items()
        ],
        "marked": [
            {"partner_id": partner_id, "kind": kind, "warnings": warnings, "waived": waived, "weeks": weeks}
            for (partner_id, kind, warnings, waived), weeks in marked.items()
        ],
        "reconciliation": {name: line.model_dump() for name, line in manifest.reconciliation.items()},
    }
