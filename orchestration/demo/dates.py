"""The days of the demo market: which ones are simulated, which weeks and months they fall in, when a shop is closed.

Belongs here: calendar facts of the demo. Does not belong here: what is sold on a day (`market`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

DEMO_AS_OF: Final = "2026-03-05"
FIRST_DAY: Final = date(2025, 1, 6)
#: whole weeks that weekly feeds report; daily feeds go on to DEMO_AS_OF, so one more week is simulated
WEEKS: Final = 60
SIMULATED_WEEKS: Final = WEEKS + 1
DAYS: Final = SIMULATED_WEEKS * 7

#: public holidays of France in the simulated time, as the `holidays` package lists them
FRENCH_HOLIDAYS: Final = tuple(
    date.fromisoformat(day)
    for day in (
        "2025-04-21", "2025-05-01", "2025-05-08", "2025-05-29", "2025-06-09", "2025-07-14", "2025-08-15",
        "2025-11-01", "2025-11-11", "2025-12-25", "2026-01-01",
    )
)  # fmt: skip

ALL_DAYS: Final = pd.date_range(FIRST_DAY, periods=DAYS, freq="D", unit="s")
MONDAYS: Final = pd.DatetimeIndex(ALL_DAYS[::7])
SUNDAYS: Final = pd.DatetimeIndex(ALL_DAYS[6::7])
#: first days of the months that monthly feeds report
MONTHS: Final = pd.date_range("2025-01-01", "2026-02-01", freq="MS", unit="s")
MONTH_ENDS: Final = pd.DatetimeIndex(MONTHS + pd.offsets.MonthEnd(0))


def day_index(day: date | str) -> int:
    """Place of a day in the simulation, 0 for the first; negative before it."""
    return (date.fromisoformat(str(day)) - FIRST_DAY).days


def month_of_day() -> np.ndarray:
    """Place in MONTHS of each simulated day; -1 for days after the last reported month."""
    starts = np.asarray(MONTHS.values, dtype="datetime64[D]")
    days = np.asarray(ALL_DAYS.values, dtype="datetime64[D]")
    month = np.searchsorted(starts, days, side="right") - 1
    return np.where(days > np.datetime64(MONTH_ENDS[-1], "D"), -1, month)


def is_shop_open() -> np.ndarray:
    """One flag a simulated day: the own shop is closed on Sundays and public holidays."""
    days = [FIRST_DAY + timedelta(days=index) for index in range(DAYS)]
    return np.array([day.weekday() != 6 and day not in FRENCH_HOLIDAYS for day in days])


def weeks_overlapped(first_day: date, last_day: date) -> list[date]:
    """Mondays of the ISO weeks that a period touches."""
    monday = first_day - timedelta(days=first_day.weekday())
    return [monday + timedelta(days=offset) for offset in range(0, (last_day - monday).days + 1, 7)]
