"""The small tables that tell dbt what a run works on: the build, the feeds, the deliveries known at its moment.

Belongs here: their columns, and how contracts and ledger become rows. Does not belong here: any rule on sales data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.code_version import code_version
from orchestration.contracts.cadence import closed_days
from orchestration.contracts.model import Contract
from orchestration.files import written_aside
from orchestration.landing.ledger import LedgerEntry, Withdrawal, ledger, withdrawals
from orchestration.publish.manifest import read as read_manifest
from orchestration.settings import Settings

_MOMENT = pa.timestamp("us")

SCHEMAS: dict[str, pa.Schema] = {
    "build": pa.schema(
        {
            "build_id": pa.string(),
            "as_of": _MOMENT,
            "reporting_currency": pa.string(),
            "current_release_id": pa.string(),
            "inputs_fingerprint": pa.string(),
        }
    ),
    "contracts": pa.schema(
        {
            "contract_id": pa.string(),
            "version": pa.string(),
            "status": pa.string(),
            "kind": pa.string(),
            "partner_id": pa.string(),
            "delivery_mode": pa.string(),
            "period": pa.string(),
            "week_begins_on": pa.int32(),
            "frequency_value": pa.int32(),
            "frequency_unit": pa.string(),
            "latency_days": pa.int32(),
            "starts_on": pa.date32(),
            "ends_on": pa.date32(),
            "closed_weekdays": pa.string(),
            "holidays": pa.string(),
            "timezone": pa.string(),
            "unit": pa.string(),
            "currency": pa.string(),
            "lead_time_days": pa.int32(),
            "stock_tolerance": pa.float64(),
            "snapshot_taken": pa.string(),
            "coverage": pa.string(),
            "basis": pa.string(),
            "owner": pa.string(),
            "has_location": pa.bool_(),
            "default_location_code": pa.string(),
            "has_period_end": pa.bool_(),
            "has_amount": pa.bool_(),
            "has_currency": pa.bool_(),
            "has_dated_keys": pa.bool_(),
            "reading_hash": pa.string(),
        }
    ),
    "contract_waivers": pa.schema(
        {
            "contract_id": pa.string(),
            "period_start": pa.date32(),
            "reason": pa.string(),
            "waived_by": pa.string(),
            "until": pa.date32(),
        }
    ),
    "contract_thresholds": pa.schema(
        {
            "contract_id": pa.string(),
            "partner_id": pa.string(),
            "kind": pa.string(),
            "suite": pa.string(),
            "expectation": pa.string(),
            "min_value": pa.float64(),
            "max_value": pa.float64(),
            "severity": pa.string(),
            "reason": pa.string(),
        }
    ),
    "contract_expectations": pa.schema(
        {
            "contract_id": pa.string(),
            "kind": pa.string(),
            "number": pa.int32(),
            "type": pa.string(),
            "kwargs": pa.string(),
            "severity": pa.string(),
            "owner": pa.string(),
        }
    ),
    "closed_days": pa.schema({"contract_id": pa.string(), "closed_on": pa.date32()}),
    "deliveries": pa.schema(
        {
            "delivery_id": pa.string(),
            "contract_id": pa.string(),
            "kind": pa.string(),
            "file_name": pa.string(),
            "sha256": pa.string(),
            "received_at": _MOMENT,
            "contract_version": pa.string(),
            "reading_hash": pa.string(),
            "stored_delivery_id": pa.string(),
            "lines_read": pa.int64(),
            "lines_parsed": pa.int64(),
            "lines_quarantined": pa.int64(),
            "lines_out_of_scope": pa.int64(),
            "resent_of": pa.string(),
            "refused_interchanges": pa.string(),
            "rejected_reason": pa.string(),
            "remarks": pa.string(),
            "remark_count": pa.int32(),
            "period_start": pa.date32(),
            "period_end": pa.date32(),
            "withdrawn": pa.bool_(),
            "withdrawn_reason": pa.string(),
        }
    ),
    "delivery_dates": pa.schema(
        {
            "delivery_id": pa.string(),
            "line_date": pa.date32(),
            "lines": pa.int64(),
            "quarantined_lines": pa.int64(),
            "out_of_scope_lines": pa.int64(),
            "last_day": pa.date32(),
        }
    ),
    "released_slices": pa.schema(
        {
            "partner_id": pa.string(),
            "kind": pa.string(),
            "week_start": pa.date32(),
            "lines": pa.int64(),
            "units": pa.decimal128(38, 4),
        }
    ),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Build:
    """One build: what it takes for now, and what identifies it."""

    build_id: str
    as_of: datetime
    inputs: str
    deliveries: int


def inputs_fingerprint(settings: Settings, contracts: Sequence[Contract], entries: Iterable[LedgerEntry]) -> str:
    """Fingerprint of deliveries, withdrawals, contracts, code and settings: equal inputs give an equal release."""
    return _digest(
        {
            "deliveries": sorted(
                (entry.delivery_id, entry.reading_hash, entry.refused_interchanges) for entry in entries
            ),
            "withdrawn": sorted(withdrawals(settings)),
            "contracts": sorted(contract_hash(contract) for contract in contracts),
            "code": code_version(),
            "currency": settings.currency,
        }
    )


def contract_hash(contract: Contract) -> str:
    """Fingerprint of everything that a contract says, wherever its file lies."""
    return _digest(contract.model_dump_json(exclude={"file"}))[:16]


def write_control(
    settings: Settings,
    contracts: Sequence[Contract],
    as_of: datetime,
    withdrawn: Mapping[str, Withdrawal] | None = None,
) -> Build:
    """Write the control tables for a run that takes `as_of` (UTC) for now.

    `withdrawn`: the withdrawals that count, by delivery id; by default all that were made.
    """
    read = [contract for contract in contracts if contract.is_read]
    known_contracts = {contract.id for contract in read}
    entries = [
        entry
        for entry in ledger(settings).values()
        if entry.contract_id in known_contracts and entry.received_at <= as_of
    ]
    withdrawn = withdrawals(settings) if withdrawn is None else withdrawn
    inputs = inputs_fingerprint(settings, contracts, entries)
    current = settings.current.resolve().name if settings.current.exists() else None
    build = Build(_digest([inputs, as_of.isoformat(), current])[:20], as_of, inputs, len(entries))
    rows: dict[str, Iterable[Row]] = {
        "build": [
            {
                "build_id": build.build_id,
                "as_of": _naive(as_of),
                "reporting_currency": settings.currency,
                "current_release_id": current,
                "inputs_fingerprint": inputs,
            }
        ],
        "contracts": [_contract_row(contract) for contract in read],
        "contract_waivers": [row for contract in read for row in _waiver_rows(contract)],
        "contract_thresholds": [row for contract in read for row in threshold_rows(contract)],
        "contract_expectations": [row for contract in read for row in expectation_rows(contract)],
        "closed_days": [row for contract in read for row in _closed_rows(contract, as_of.date())],
        "deliveries": [_delivery_row(entry, withdrawn.get(entry.delivery_id)) for entry in entries],
        "delivery_dates": [row for entry in entries for row in _date_rows(entry)],
        "released_slices": _released_slices(settings),
    }
    for table, schema in SCHEMAS.items():
        with written_aside(settings.control / f"{table}.parquet") as aside:
            pq.write_table(pa.Table.from_pylist(list(rows[table]), schema=schema), aside)
    return build


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _contract_row(contract: Contract) -> Row:
    filled = {mapping.name for mapping in contract.mappings} | set(contract.defaults)
    return {
        **contract.model_dump(include=set(SCHEMAS["contracts"].names)),
        "contract_id": contract.id,
        "kind": contract.kind_name,
        "partner_id": contract.partner,
        "week_begins_on": contract.week_begins_on,
        "delivery_mode": contract.delivery,
        "frequency_value": contract.frequency.value if contract.frequency else None,
        "frequency_unit": contract.frequency.unit if contract.frequency else None,
        "closed_weekdays": ",".join(str(weekday) for weekday in contract.closed_weekdays),
        "has_location": "location_code" in filled,
        "default_location_code": contract.defaults.get("location_code"),
        "has_period_end": "period_end" in filled,
        "has_amount": bool({"amount", "net_amount"} & filled),
        "has_currency": "currency" in filled,
        "has_dated_keys": contract.delivery == "append"
        or not contract.key
        or contract.kind.date_column in contract.key,
        "reading_hash": contract.reading_hash,
    }


def _waiver_rows(contract: Contract) -> list[Row]:
    return [
        {
            "contract_id": contract.id,
            "period_start": waiver.period_start,
            "reason": waiver.reason,
            "waived_by": waiver.by,
            "until": waiver.until,
        }
        for waiver in contract.waivers
    ]


def threshold_rows(contract: Contract) -> list[Row]:
    """Thresholds by which a contract's own slices are judged, as rows of `contract_thresholds`."""
    whose = {"contract_id": contract.id, "partner_id": contract.partner, "kind": contract.kind_name}
    return [whose | threshold.model_dump() for threshold in contract.thresholds]


def expectation_rows(contract: Contract) -> list[Row]:
    """What a contract expects of its own lines, as rows of `contract_expectations`."""
    return [
        {
            "contract_id": contract.id,
            "kind": contract.kind_name,
            "number": number,
            "type": expectation.type,
            "kwargs": json.dumps(expectation.kwargs, sort_keys=True, default=str),
            "severity": expectation.severity,
            "owner": contract.owner,
        }
        for number, expectation in enumerate(contract.expectations, start=1)
    ]


def _closed_rows(contract: Contract, today: date) -> list[Row]:
    return [{"contract_id": contract.id, "closed_on": day} for day in sorted(closed_days(contract, today))]


def _delivery_row(entry: LedgerEntry, withdrawal: Withdrawal | None) -> Row:
    days = [line.line_date for line in entry.dates if line.line_date is not None]
    return {
        **entry.model_dump(include=set(SCHEMAS["deliveries"].names)),
        "received_at": _naive(entry.received_at),
        "stored_delivery_id": entry.resent_of or entry.delivery_id,
        "refused_interchanges": "; ".join(entry.refused_interchanges) or None,
        "remarks": "; ".join(entry.remarks) or None,
        "remark_count": len(entry.remarks),
        "period_start": min(days, default=None),
        "period_end": max(days, default=None),
        "withdrawn": withdrawal is not None,
        "withdrawn_reason": withdrawal.reason if withdrawal else None,
    }


def _date_rows(entry: LedgerEntry) -> list[Row]:
    return [{"delivery_id": entry.delivery_id, **line.model_dump()} for line in entry.dates]


def _released_slices(settings: Settings) -> list[Row]:
    """Lines and units by slice of the current release, which the stability gate compares with."""
    if not settings.current.exists():
        return []
    columns = set(SCHEMAS["released_slices"].names)
    return [entry.model_dump(include=columns) for entry in read_manifest(settings.current).slices if entry.lines]


def built_from(settings: Settings) -> str:
    """Fingerprint of the inputs that the control tables describe."""
    return str(pq.read_table(settings.control / "build.parquet")["inputs_fingerprint"][0].as_py())
