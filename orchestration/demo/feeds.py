"""The feeds of the demo as partners would send them without a mistake: deliveries and their lines.

Belongs here: what a feed is, when it is received. Does not belong here: mistakes (`defects`), print (`printing`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from orchestration.demo.layouts import LAYOUTS, Layout

#: what becomes of a line and how, until a defect says otherwise
_MARKS: Final[dict[str, Any]] = {
    "location": -1, "factor": 1.0, "defect": -1, "line_class": "accepted", "found_as": "", "is_conflict": False,
    "bad_column": "", "bad_text": "",
}  # fmt: skip


@dataclass
class Feed:
    """Deliveries and lines of one contract.

    `deliveries`: period_start, period_end, received_at (local time), copy_of (the delivery with the same bytes, or -1),
    defect, is_sent (false: it never came).
    `lines`: a row a line. `delivery` is the place in `deliveries`, `place` the order within it; `location` and
    `product` are places in the master tables; `defect` is the planted defect the line belongs to, or -1; `line_class`
    the class it must end in; `factor` the base units in a unit of its code.
    `notes`: what went wrong with the goods themselves, by interval (`stock_defects`).
    `dropped`: lines that a defect took out. `clean`, `clean_deliveries`: lines and deliveries before any defect.
    """

    contract_id: str
    deliveries: pd.DataFrame
    lines: pd.DataFrame
    notes: pd.DataFrame | None = None
    dropped: pd.DataFrame = field(init=False)
    clean: pd.DataFrame = field(init=False)
    clean_deliveries: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        self.deliveries = self.deliveries.assign(copy_of=-1, defect=-1, is_sent=True).reset_index(drop=True)
        for name, value in _MARKS.items():
            if name not in self.lines:
                self.lines[name] = value
        self.lines = self.lines.reset_index(drop=True)
        self.lines["place"] = np.arange(len(self.lines), dtype=float)
        self.dropped = self.lines.iloc[:0]
        # copies: a defect writes into lines and deliveries
        self.clean, self.clean_deliveries = self.lines.copy(), self.deliveries.copy()

    @property
    def layout(self) -> Layout:
        """How the partner prints it."""
        return LAYOUTS[self.contract_id]

    def delivery_of(self, period_start: str) -> int:
        """The first delivery for the period that begins on this day. Raises IndexError where there is none."""
        return int(self.deliveries.index[self.deliveries["period_start"] == pd.Timestamp(period_start)][0])

    def received_at(self, delivery: int) -> pd.Timestamp:
        """Local moment at which a delivery was received."""
        return pd.Timestamp(self.deliveries["received_at"].iloc[delivery])


def set_values(table: pd.DataFrame, rows: Any, **values: Any) -> None:
    """Write values into columns of some rows, in place."""
    for name, value in values.items():
        table.loc[rows, name] = value


def received(ends: pd.DatetimeIndex, days: int, clock: str, rng: np.random.Generator | None = None) -> pd.DatetimeIndex:
    """Moments of receipt: so many days after the end of the period, sometimes a day earlier if `rng` is given."""
    earlier = rng.integers(0, 2, len(ends)) if rng is not None else np.zeros(len(ends), dtype=int)
    minutes = rng.integers(0, 50, len(ends)) if rng is not None else np.zeros(len(ends), dtype=int)
    moments = ends + pd.Timedelta(days=days) + pd.Timedelta(f"{clock}:00")
    return pd.DatetimeIndex(moments - pd.to_timedelta(earlier, unit="D") + pd.to_timedelta(minutes, unit="min"))


def deliveries(starts: pd.DatetimeIndex, ends: pd.DatetimeIndex, moments: pd.DatetimeIndex) -> pd.DataFrame:
    """One delivery a period."""
    return pd.DataFrame({"period_start": starts, "period_end": ends, "received_at": moments})
