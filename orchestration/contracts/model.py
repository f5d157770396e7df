"""What a contract says, in our words: the typed form that every later stage reads.

Belongs here: the shape of a checked contract and what follows from it alone.
Does not belong here: reading YAML, finding mistakes (`load`, `check`), or how a file is read (`ingest`).
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from orchestration.contracts.kinds import KINDS, Kind

DeliveryMode = Literal["append", "keyed", "replace_period", "snapshot"]
Period = Literal["transaction", "day", "week", "month", "year"]
Format = Literal["csv", "xlsx", "json", "parquet", "edifact", "x12"]
Status = Literal["draft", "active", "deprecated", "retired"]


class Frozen(BaseModel):
    """Base of all parts of a contract: immutable, and strict about unknown words."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Total(Frozen):
    """A total that a JSON document states (`total`), of a field of its records (`of`) that agree with it in `by`."""

    total: str
    of: str
    by: tuple[str, ...] = ()


class Server(Frozen):
    """Where the files of the feed land and how they are written."""

    type: Literal["local", "s3", "sftp", "azure"] = "local"
    path: str
    endpoint_url: str | None = None
    member: str | None = None
    format: Format
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    decimal: str = "."
    thousands: str = ""
    skip_rows: int = 0
    header: tuple[str, ...] = ()
    sheet: str | None = None
    record_path: str | None = None
    totals: tuple[Total, ...] = ()
    message: str | None = None
    product_qualifiers: tuple[str, ...] = ()


class Mapping(Frozen):
    """One mapped column: theirs (`physical_name`, or an SQL expression over their columns) to ours (`name`)."""

    name: str
    physical_name: str | None = None
    transform_logic: str | None = None
    date_format: str | None = None
    required: bool = False
    primary_key: bool = False
    personal: bool = False
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str, ...] = ()


class Cadence(Frozen):
    """How often a delivery is promised, and how long after the period's end."""

    value: int
    unit: Literal["d", "w", "m"]


class Waiver(Frozen):
    """A person's acceptance of one slice: the period, why, by whom, until when."""

    period_start: date
    reason: str
    by: str
    until: date


class Threshold(Frozen):
    """A bound or severity of a suite's expectation, as this feed's own slices are judged by it."""

    suite: str
    expectation: str
    min_value: float | None = None
    max_value: float | None = None
    severity: Literal["critical", "warning", "info"] | None = None
    reason: str


class PartnerExpectation(Frozen):
    """An expectation of the partner's own, in Great Expectations' words."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["info", "warning", "critical"] = "warning"


class Contract(Frozen):
    """One feed: everything selltrace must know to read, judge and publish it."""

    id: str
    version: str
    status: Status
    file: Path
    kind_name: str
    server: Server
    mappings: tuple[Mapping, ...]
    expectations: tuple[PartnerExpectation, ...] = ()
    owner: str | None = None
    frequency: Cadence | None = None
    latency_days: int = 0
    partner: str | None = None
    delivery: DeliveryMode = "append"
    period: Period = "transaction"
    unit: Literal["each", "case"] = "each"
    currency: str | None = None
    timezone: str = "UTC"
    starts_on: date | None = None
    ends_on: date | None = None
    closed_weekdays: tuple[int, ...] = ()
    closed_dates: tuple[date, ...] = ()
    holidays: str | None = None
    period_from: str | None = None
    lead_time_days: int | None = None
    stock_tolerance: float = 0.0
    snapshot_taken: Literal["end_of_day", "start_of_day"] = "end_of_day"
    coverage: Literal["complete", "partial"] = "partial"
    basis: Literal["invoice", "shipment", "receipt"] = "invoice"
    received_at: str | None = None
    defaults: dict[str, str] = Field(default_factory=dict)
    where: str | None = None
    waivers: tuple[Waiver, ...] = ()
    thresholds: tuple[Threshold, ...] = ()

    @property
    def kind(self) -> Kind:
        """The record kind that the feed fills."""
        return KINDS[self.kind_name]

    @property
    def week_begins_on(self) -> int:
        """ISO weekday (Monday is 1) on which the weeks begin that the feed speaks in: of lines that are of a week, that
        of the first period, and else Monday, since such a feed is cut by ISO weeks from the one that holds its first
        day."""
        return self.starts_on.isoweekday() if self.starts_on and self.period == "week" else 1

    @property
    def key(self) -> list[str]:
        """Canonical columns of the primary key, in the order of the contract."""
        return [mapping.name for mapping in self.mappings if mapping.primary_key]

    @property
    def is_personal(self) -> bool:
        """Whether a mapped column holds personal data, so that the bytes as sent must not be kept."""
        return any(mapping.personal for mapping in self.mappings)

    @property
    def is_read(self) -> bool:
        """Whether files of the feed are ingested: a draft is only checked, a retired feed is ignored."""
        return self.status in ("active", "deprecated")

    @property
    def reading_hash(self) -> str:
        """Fingerprint of what decides how a file becomes lines; a change means: read the stored bytes again."""
        reading = self.model_dump(
            mode="json",
            include={
                "kind_name", "server", "mappings", "defaults", "where", "delivery",
                "period", "period_from", "basis", "currency", "timezone",
            },
        )  # fmt: skip
        # a word that states its own default reads other than none: an EDI file says its encoding and marks itself
        stated = sorted(self.server.model_fields_set | (self.model_fields_set & {"timezone"}))
        return hashlib.sha256(json.dumps([reading, stated], sort_keys=True).encode()).hexdigest()[:16]
