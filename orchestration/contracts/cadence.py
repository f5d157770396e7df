"""When a feed is expected: its periods, counted from its first one, without the days on which it is closed.

Belongs here: periods as dates. The same rules in SQL stand in dbt's `quality_calendar` macros; a test holds the two
together. Does not belong here: what came, and whether it came in time (dbt's `delivery_calendar`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

import holidays

from orchestration.contracts.model import Cadence, Contract

#: far enough ahead that the next due date of a monthly feed is known
DAYS_AHEAD = 62
_YEARS_BACK = 5


def closed_days(contract: Contract, today: date) -> set[date]:
    """Days without a delivery that a contract names, and the public holidays of its country, until `DAYS_AHEAD`."""
    closed = set(contract.closed_dates)
    if contract.holidays:
        first_year = contract.starts_on.year if contract.starts_on else today.year - _YEARS_BACK
        closed |= _public_holidays(contract.holidays, first_year, (today + timedelta(days=DAYS_AHEAD)).year)
    return closed


@lru_cache
def _public_holidays(place: str, first_year: int, last_year: int) -> frozenset[date]:
    """Public holidays of a country or, after a dash, of its subdivision (`FR`, `DE-BY`)."""
    country, _, subdivision = place.partition("-")
    years = range(first_year, last_year + 1)
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=years))


def first_of(contract: Contract, day: date) -> date:
    """First day of the day, week or month, as the feed counts them, that holds `day`."""
    unit = contract.frequency.unit if contract.frequency else "d"
    if unit == "w":
        return day - timedelta(days=(day.isoweekday() - contract.week_begins_on) % 7)
    return day.replace(day=1) if unit == "m" else day


def period_start(day: date, cadence: Cadence, counted_from: date) -> date:
    """First day of the period that holds `day`; `counted_from` is the first day of any period."""
    if cadence.unit == "m":
        months = (day.year - counted_from.year) * 12 + day.month - counted_from.month
        return _months_later(counted_from, months // cadence.value * cadence.value)
    step = cadence.value * (7 if cadence.unit == "w" else 1)
    return counted_from + timedelta(days=(day - counted_from).days // step * step)


def next_period(start: date, cadence: Cadence) -> date:
    """First day of the period after the one that begins on `start`."""
    if cadence.unit == "m":
        return _months_later(start, cadence.value)
    return start + timedelta(days=cadence.value * (7 if cadence.unit == "w" else 1))


def _months_later(first: date, months: int) -> date:
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def expected_periods(contract: Contract, first_day: date, today: date) -> Iterator[date]:
    """First days of the periods that a feed owes from the one of `first_day` to the one under way on `today`."""
    if contract.frequency is None:
        return
    last = min(today, contract.ends_on or today)
    closed = closed_days(contract, today) if contract.frequency.unit == "d" else set()
    start = first_of(contract, first_day)
    while start <= last:
        if start not in closed and not _is_closed_weekday(contract, start):
            yield start
        start = next_period(start, contract.frequency)


def _is_closed_weekday(contract: Contract, day: date) -> bool:
    daily = contract.frequency is not None and contract.frequency.unit == "d"
    return daily and day.isoweekday() in contract.closed_weekdays
