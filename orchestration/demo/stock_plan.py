"""Events between sell-in, sell-out and stock that the demo holds, and how often: the seed draws their cells and weeks.

Belongs here: kinds, counts, and which ones meet in one interval. How an event changes the reports stands in
`stock_defects`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from orchestration.demo.dates import MONDAYS
from orchestration.demo.feeds import Feed, set_values
from orchestration.demo.network import PHARMACIES
from orchestration.demo.plan import PLAN
from orchestration.demo.stock_defects import EVENTS, NOTE_COLUMNS, Books

#: events alone in their interval, in each pharmacy group
SINGLE: Final = {
    "grey_goods": 10, "transfer": 8, "loss": 4, "miscount": 2, "shrinkage": 4, "case_count": 6, "late_booking": 10,
    "late_sales": 6, "uncredited_return": 7,
}  # fmt: skip
#: events that meet in one interval, in each pharmacy group, so many times each
MIXED: Final = (
    ("transfer", "grey_goods"), ("uncredited_return", "loss"), ("late_booking", "loss"), ("grey_goods", "case_count"),
    ("late_sales", "grey_goods"), ("transfer", "loss"), ("shrinkage", "transfer"), ("shrinkage", "late_booking"),
)  # fmt: skip
_MIXED_TIMES: Final = 3
#: events in a week whose sell-out never came
BESIDE_MISSING: Final = {"grey_goods": 3, "transfer": 3, "loss": 3}
_FIRST_WEEK, _LAST_WEEK, _TRIES = 4, 52, 400
#: share of the wholesaler's counts that are a little off
_ROUGH_SHARE: Final = 0.2


def plant_stock_events(feeds: dict[str, Feed], seed: int) -> None:
    """Draw and plant the events of all pharmacy groups; the notes on intervals stay with the stock feeds."""
    for number, partner in enumerate(PHARMACIES):
        rng = np.random.default_rng([seed, 200, number])
        stock = feeds[f"{partner}.stock"]
        books = Books(stock, feeds[f"{partner}.sell_out"], feeds["brand.sell_in"], rng)
        _plant(books, partner)
        books.write()
        stock.notes = pd.DataFrame(books.notes, columns=NOTE_COLUMNS)
    wholesaler = feeds["grand_repartiteur.stock"]
    wholesaler.notes = _roughly_counted(wholesaler, np.random.default_rng([seed, 201]))


def _roughly_counted(stock: Feed, rng: np.random.Generator) -> pd.DataFrame:
    """A wholesaler's counts are off by less than its contract tolerates: both intervals of such a count are."""
    chosen = stock.lines.loc[(rng.random(len(stock.lines)) < _ROUGH_SHARE) & (stock.lines["on_hand_units"] > 200)]
    off = np.maximum(1, np.floor(chosen["on_hand_units"] * rng.uniform(0, 0.005, len(chosen))))
    off *= rng.choice([-1, 1], len(chosen))
    set_values(stock.lines, chosen.index, on_hand_units=chosen["on_hand_units"] + off)
    note = pd.DataFrame({
        "location": -1, "product": chosen["product"].astype(int), "interval": chosen["delivery"].astype(int),
        "event": "rough_count", "cause": "within_tolerance", "happening": np.arange(len(chosen)),
    })  # fmt: skip
    return pd.concat([note, note.assign(interval=note["interval"] + 1)], ignore_index=True)


def _plant(books: Books, partner: str) -> None:
    for kind, times in SINGLE.items():
        for _ in range(times):
            _draw(books, (kind,))
    for kinds in MIXED:
        for _ in range(_MIXED_TIMES):
            _draw(books, kinds)
    for plant in PLAN:
        if plant.kind == "missing" and plant.contract_id == f"{partner}.sell_out":
            week = int(MONDAYS.get_loc(pd.Timestamp(plant.first)))
            for kind, times in BESIDE_MISSING.items():
                for _ in range(times):
                    _draw(books, (kind,), week)


def _draw(books: Books, kinds: tuple[str, ...], week: int | None = None) -> None:
    """Plant events in one cell and week that no other event touched; give up where none is found that can bear them."""
    for _ in range(_TRIES):
        cell = int(books.rng.choice(books.places)), int(books.rng.integers(0, books.row.shape[2]))
        when = week or int(books.rng.integers(_FIRST_WEEK, _LAST_WEEK))
        if cell in books.used or (books.row[when - 1 : when + 2, *cell] < 0).any():
            continue
        books.happening += 1
        if EVENTS[kinds[0]](books, cell, when):
            # what meets a span of weeks meets it in the first of them
            first = next(note[2] for note in books.notes[::-1] if note[:2] == cell and note[3] == kinds[0])
            for kind in kinds[1:]:
                EVENTS[kind](books, cell, first if kinds[0] == "shrinkage" else when)
            return
