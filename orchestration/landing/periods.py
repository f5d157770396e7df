"""The periods of a feed as partitions of its asset: filled where delivered, so that a gap is seen without a query.

Belongs here: which partitions an asset has, and which of them deliveries fill. Does not belong here: when a period is
due, late or missing (dbt's `delivery_calendar`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from orchestration.contracts.cadence import closed_days, expected_periods, first_of, next_period, period_start
from orchestration.contracts.model import Cadence, Contract
from orchestration.landing.ledger import LedgerEntry

_CRON = {"d": "0 0 * * *", "w": "0 0 * * {weekday}", "m": "0 0 1 * *"}
_MONTHS = 12
_DAYS_LOADED = 366


def is_partitioned(contract: Contract) -> bool:
    """Whether the calendar expects deliveries of the feed: without a cadence there is no gap to see."""
    return contract.status == "active" and contract.frequency is not None


def feed_partitions(contract: Contract) -> dg.PartitionsDefinition[str] | None:
    """Partitions of a feed's asset, keyed by the first day of a period; None where nothing is expected.

    Periods that no cron schedule can tell, or that have no start in the contract, are named as runs meet them.
    """
    if contract.frequency is None or not is_partitioned(contract):
        return None
    cron = _cron(contract, contract.frequency)
    if cron is None or contract.starts_on is None:
        return dg.DynamicPartitionsDefinition(name=f"landing/{contract.id}")
    return dg.TimeWindowPartitionsDefinition(
        cron_schedule=cron,
        start=_midnight(first_of(contract, contract.starts_on)),
        end=_midnight(_day_after(contract, contract.frequency)) if contract.ends_on else None,
        fmt="%Y-%m-%d",
        timezone=contract.timezone,
        # the period under way may be delivered before it ends
        end_offset=1,
        exclusions=_exclusions(contract),
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _cron(contract: Contract, cadence: Cadence) -> str | None:
    if cadence.value == 1:
        return _CRON[cadence.unit].format(weekday=contract.week_begins_on % 7)
    if cadence.unit == "m" and contract.starts_on and _MONTHS % cadence.value == 0:
        months = sorted(
            (contract.starts_on.month - 1 + step) % _MONTHS + 1 for step in range(0, _MONTHS, cadence.value)
        )
        return f"0 0 1 {','.join(str(month) for month in months)} *"
    return None


def _day_after(contract: Contract, cadence: Cadence) -> date:
    """The day on which the period after the last one begins."""
    assert contract.starts_on and contract.ends_on
    counted_from = first_of(contract, contract.starts_on)
    return next_period(period_start(contract.ends_on, cadence, counted_from), cadence)


def _exclusions(contract: Contract) -> list[str | datetime]:
    """Closed days of a daily feed, as cron schedules and as days."""
    if contract.frequency is None or contract.frequency.unit != "d":
        return []
    # a code location may stay loaded into the next year, whose holidays would then look like gaps
    known_until = datetime.now(UTC).date() + timedelta(days=_DAYS_LOADED)
    weekdays = [f"0 0 * * {weekday % 7}" for weekday in contract.closed_weekdays]
    return [*weekdays, *(_midnight(day) for day in sorted(closed_days(contract, known_until)))]


def periods_filled(
    contract: Contract, entries: Iterable[LedgerEntry], today: date
) -> tuple[list[str], dict[str, list[LedgerEntry]]]:
    """Keys of the periods expected so far, and of those among them that deliveries speak of, each with these."""
    cadence, entries = contract.frequency, list(entries)
    days = [line.line_date for entry in entries for line in entry.dates if line.line_date]
    if cadence is None or not (contract.starts_on or days):
        return [], {}
    first_day = contract.starts_on or min(days)
    counted_from = first_of(contract, first_day)
    expected = [start.isoformat() for start in expected_periods(contract, first_day, today)]
    filled: dict[str, list[LedgerEntry]] = {key: [] for key in expected}
    for entry in entries:
        starts = {period_start(line.line_date, cadence, counted_from) for line in entry.dates if line.line_date}
        for key in {start.isoformat() for start in starts} & filled.keys():
            filled[key].append(entry)
    return expected, {key: told for key, told in filled.items() if told}


def is_in_period(contract: Contract, day: date, key: str) -> bool:
    """Whether a day lies in the period of a partition."""
    start = date.fromisoformat(key)
    return contract.frequency is not None and start <= day < next_period(start, contract.frequency)
