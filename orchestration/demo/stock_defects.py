"""What goes wrong between sell-in, sell-out and stock: goods lent, lost, late, sent back, counted in cases.

Belongs here: one function a kind, which changes reports as the event would, and notes the intervals it touches with
the cause that selltrace should name. Where and how often is drawn from the seed (`stock_plan`). Does not belong here:
defects of files and feeds (`defects`), what the roll-forward finds (`truth_stock`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from orchestration.demo.catalogue import products
from orchestration.demo.feeds import Feed, set_values

#: what a note on an interval says; `happening` numbers what was planted together
NOTE_COLUMNS: Final = ["location", "product", "interval", "event", "cause", "happening"]


@dataclass
class Books:
    """The reports of one partner that sell-in, sell-out and stock meet in, as tables of interval x cell.

    A cell is a location x product of the weekly stock feed; `row` gives the place of its line in `stock.lines`, or -1.
    Weeks are places of deliveries: stock of week i closes interval i. `places` are the locations that report their
    first product in every week of the stock that came.
    """

    stock: Feed
    sell_out: Feed
    sell_in: Feed
    rng: np.random.Generator
    row: np.ndarray = field(init=False)
    on_hand: np.ndarray = field(init=False)
    places: np.ndarray = field(init=False)
    units_per_case: np.ndarray = field(init=False)
    #: cells that an event touched: the next one goes elsewhere, unless it is meant to meet it
    used: set[tuple[int, int]] = field(default_factory=set)
    notes: list[tuple[int, int, int, str, str, int]] = field(default_factory=list)
    happening: int = 0

    def __post_init__(self) -> None:
        lines = self.stock.lines
        self.units_per_case = products()["units_per_case"].to_numpy(float)
        shape = (len(self.stock.clean_deliveries), int(lines["location"].max()) + 1, len(self.units_per_case))
        place = (lines["delivery"].to_numpy(int), lines["location"].to_numpy(int), lines["product"].to_numpy(int))
        self.row = np.full(shape, -1)
        self.row[place] = lines.index.to_numpy()
        self.on_hand = np.full(shape, np.inf)
        self.on_hand[place] = lines["on_hand_units"].to_numpy(float)
        came = (self.row >= 0).any(axis=(1, 2))
        self.places = np.flatnonzero((self.row[came, :, 0] >= 0).all(axis=0))

    def note(self, cell: tuple[int, int], week: int, event: str, cause: str) -> None:
        """Say that an event touches the interval that closes in a week."""
        self.used.add(cell)
        self.notes.append((*cell, week, event, cause, self.happening))

    def shift(self, cell: tuple[int, int], first: int, units: float, last: int | None = None) -> None:
        """Report so many units more from week `first` on (to `last`, included)."""
        span = slice(first, None if last is None else last + 1)
        self.on_hand[(span, *cell)] += units

    def write(self) -> None:
        """Put the stock that was shifted into the lines of the feed."""
        is_told = self.row >= 0
        set_values(self.stock.lines, self.row[is_told], on_hand_units=self.on_hand[is_told])


Event = Callable[[Books, tuple[int, int], int], bool]


def _spare(books: Books, cell: tuple[int, int], week: int) -> int:
    """Units that can go from a week on without a report below zero."""
    return int(min(books.on_hand[(slice(week, None), *cell)].min(), 1000))


def _some(books: Books, least: int, most: int) -> int:
    return int(books.rng.integers(least, most + 1))


def grey_goods(books: Books, cell: tuple[int, int], week: int) -> bool:
    """Goods come from somebody else than the brand."""
    books.shift(cell, week, _some(books, 3, 18))
    books.note(cell, week, "grey_goods", "unreported_receipt")
    return True


def transfer(books: Books, cell: tuple[int, int], week: int) -> bool:
    """Units go to a sibling, and nobody writes it down."""
    others = [int(place) for place in books.places if (int(place), cell[1]) not in books.used | {cell}]
    most = min(_spare(books, cell, week), 12)
    if most < 2 or not others:
        return False
    sibling, units = (int(books.rng.choice(others)), cell[1]), _some(books, 2, most)
    for place, moved in ((cell, -units), (sibling, units)):
        books.shift(place, week, moved)
        books.note(place, week, "transfer", "misrouted")
    return True


def loss(books: Books, cell: tuple[int, int], week: int) -> bool:
    """Units vanish once."""
    most = min(_spare(books, cell, week), 15)
    if most < 5:
        return False
    books.shift(cell, week, -_some(books, 5, most))
    books.note(cell, week, "loss", "unexplained")
    return True


def miscount(books: Books, cell: tuple[int, int], week: int) -> bool:
    """One count is wrong, the next one right again."""
    most = min(int(books.on_hand[(week, *cell)]), 6)
    if most < 2:
        return False
    units = _some(books, 2, most) * int(books.rng.choice([-1, 1]))
    books.shift(cell, week, units, week)
    for touched in (week, week + 1):
        books.note(cell, touched, "miscount", "unexplained")
    return True


def shrinkage(books: Books, cell: tuple[int, int], week: int) -> bool:
    """A unit goes now and then, over half a year."""
    weeks = np.arange(week, min(week + 26, len(books.on_hand) - 1))
    gone = weeks[books.rng.random(len(weeks)) < 0.35]
    if len(gone) < 5 or _spare(books, cell, week) < len(gone):
        return False
    for one in gone:
        books.shift(cell, int(one), -1)
        books.note(cell, int(one), "shrinkage", "shrinkage")
    return True


def case_count(books: Books, cell: tuple[int, int], week: int) -> bool:
    """A stock is counted in cases once."""
    case = float(books.units_per_case[cell[1]])
    units = books.on_hand[(week, *cell)]
    # a report has four decimals: halves of a case survive them
    if units < 2 * case or 2 * units % case:
        return False
    books.shift(cell, week, units / case - units, week)
    for touched in (week, week + 1):
        books.note(cell, touched, "case_count", "unit_error")
    return True


def late_booking(books: Books, cell: tuple[int, int], week: int) -> bool:
    """A receipt is booked into stock after the count of its week."""
    lines, ends = books.sell_in.lines, books.stock.deliveries["period_end"]
    came = (lines["location"] == cell[0]) & (lines["product"] == cell[1]) & (lines["units"] > 0)
    came &= (lines["receipt_on"] <= ends[week]) & (lines["receipt_on"] > ends[week - 1])
    received = lines.loc[came]
    units = float(received["units"].sum() + received["free_units"].fillna(0).sum())
    if len(received) != 1 or units > books.on_hand[(week, *cell)]:
        return False
    books.shift(cell, week, -units, week)
    for touched in (week, week + 1):
        books.note(cell, touched, "late_booking", "timing")
    return True


def late_sales(books: Books, cell: tuple[int, int], week: int) -> bool:
    """Sales of a week's last day are reported with the next week."""
    lines = books.sell_out.lines
    of_cell = (lines["location"] == cell[0]) & (lines["product"] == cell[1]) & (lines["line_class"] == "accepted")
    starts = books.stock.deliveries["period_start"]
    now, then = (lines.index[of_cell & (lines["period_start"] == starts[one])] for one in (week, week + 1))
    if len(now) != 1 or len(then) != 1 or lines.loc[now[0], "units"] < 2:
        return False
    units = float(_some(books, 1, int(lines.loc[now[0], "units"]) - 1))
    for row, moved in ((now, -units), (then, units)):
        set_values(lines, row, units=lines.loc[row, "units"] + moved)
    for touched in (week, week + 1):
        books.note(cell, touched, "late_sales", "timing")
    return True


def uncredited_return(books: Books, cell: tuple[int, int], week: int) -> bool:
    """Goods go back to the brand, which writes the return document some weeks later."""
    credited = week + _some(books, 1, 4)
    most = min(_spare(books, cell, week), 12)
    if most < 2 or credited >= len(books.on_hand) - 1:
        return False
    units = _some(books, 2, most)
    _add_return(books, cell, credited, units)
    books.shift(cell, week, -units)
    for touched in (week, credited):
        books.note(cell, touched, "uncredited_return", "returns")
    return True


def _add_return(books: Books, cell: tuple[int, int], week: int, units: int) -> None:
    """A return document of one line, dated the Wednesday of a week, as the brand prints it."""
    lines = books.sell_in.lines
    model = lines.loc[(lines["location"] == cell[0]) & (lines["product"] == cell[1]) & (lines["units"] > 0)].iloc[[0]]
    day = books.stock.deliveries["period_start"][week] + pd.Timedelta(days=2)
    price = model["net_amount"] // model["units"]
    added = model.assign(
        document_type="return", document_id=f"RD{week:02d}{cell[0]:03d}{cell[1]:02d}", document_line="1",
        document_date=day, received_on=day, receipt_on=day, units=-float(units), free_units=np.nan,
        net_amount=(-units * price).astype(np.int64), delivery=week, place=lines["place"].max() + 1,
    )  # fmt: skip
    books.sell_in.lines = pd.concat([lines, added], ignore_index=True)


EVENTS: Final[dict[str, Event]] = {
    event.__name__: event
    for event in (
        grey_goods, transfer, loss, miscount, shrinkage, case_count, late_booking, late_sales, uncredited_return,
    )
}  # fmt: skip
