"""Sell-through by week, of partners and of points of sale. What a complete report leaves out is 0; what did not come is
unknown.

Belongs here: the weekly marts. A mart has every week of a pair from its first, in order: the row of a cell is known
from its pair and week, so that sums are put there without a join. Does not belong here: what is made of weeks
(`cohorts`, `measures`, `availability`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.indexers import BaseIndexer

from benchmarks.with_pandas.facts import Facts
from benchmarks.with_pandas.keys import monday, packed, rate
from benchmarks.with_pandas.reconciliation import by_location

_COVER_WEEKS = 8


def weekly(facts: Facts, keys: list[str]) -> pd.DataFrame:
    """The mart of pairs of a place and a product, places as `keys` say."""
    located = by_location(facts.stock)
    weeks = pd.DatetimeIndex(monday(facts.stock["snapshot_date"]).drop_duplicates().sort_values())
    sold = facts.sell_out.rename(columns={"period_start": "week_start"})
    bought = facts.sell_in.dropna(subset=keys)
    bought = bought.assign(week_start=monday(bought["document_date"]))
    counted = facts.stock.dropna(subset=keys)
    counted = counted.assign(week_start=monday(counted["snapshot_date"]))
    grid, rows = _grid([part[[*keys, "week_start"]] for part in (sold, bought, counted)], keys, weeks, located)
    rows_sold, rows_bought, rows_counted = rows
    table = grid.pairs.take(grid.pair).reset_index(drop=True)
    table["week_start"] = weeks[grid.week]
    table["sell_in_units"] = _sums(grid, rows_bought, bought["units"]).fillna(0)
    if "location_id" in keys:
        table["sell_in_units"] = table["sell_in_units"].where(table["partner_id"].isin(located.index[located]))
    line_units = _sums(grid, rows_sold, sold["units"])
    is_reported = _is_reported(sold, grid, weeks)
    is_unread, is_named = _unread_cells(facts.unread, grid, keys, weeks)
    table["sell_out_units"] = line_units.mask(line_units.isna() & is_reported & ~is_unread, 0)
    table["is_partial"] = line_units.notna() & is_named
    closing = _sums(grid, rows_counted, counted["on_hand_units"])
    table["opening_stock_units"] = closing.shift().where(grid.week > grid.first[grid.pair])
    table["closing_stock_units"] = closing
    sell_out = table["sell_out_units"]
    table["sell_through_rate"] = rate(sell_out, table["opening_stock_units"] + table["sell_in_units"])
    table["sell_out_to_sell_in_ratio"] = rate(sell_out, table["sell_in_units"])
    mean = sell_out.rolling(_WeeksOfPair(grid.starts[grid.pair]), min_periods=1).mean()
    table["trailing_weeks_of_cover"] = rate(closing, mean)
    table["velocity"] = rate(sell_out, _sums(grid, rows_sold, (sold["units"] > 0).astype("float64")))
    table["average_selling_price"] = rate(_sums(grid, rows_sold, sold["amount"]), line_units)
    return table


@dataclass(frozen=True)
class _Grid:
    """Pair and week of each row, first week and first row of each pair."""

    pairs: pd.DataFrame
    pair: np.ndarray
    week: np.ndarray
    first: np.ndarray
    starts: np.ndarray

    def row(self, pairs: np.ndarray, weeks: np.ndarray, is_met: np.ndarray) -> np.ndarray:
        """Row of each cell; -1 where there is none."""
        return np.where(is_met & (weeks >= self.first[pairs]), self.starts[pairs] + weeks - self.first[pairs], -1)


def _grid(
    parts: list[pd.DataFrame], keys: list[str], weeks: pd.DatetimeIndex, located: pd.Series
) -> tuple[_Grid, list[np.ndarray]]:
    """The rows of a mart, and those that the lines of each part fall on."""
    lines = pd.concat(parts, ignore_index=True)
    numbers = pd.Series(packed(lines, keys))
    pair, _ = pd.factorize(numbers)
    pairs = lines.loc[~numbers.duplicated(), keys].reset_index(drop=True)
    week, is_met = _week_numbers(lines["week_start"], weeks)
    first = pd.Series(week).groupby(pair).min().to_numpy()
    # a partner whose stock was never counted has no weeks
    first = np.where(pairs["partner_id"].isin(located.index), first, len(weeks))
    lengths = len(weeks) - first
    starts = lengths.cumsum() - lengths
    pair_of_row = np.repeat(np.arange(len(pairs)), lengths)
    week_of_row = np.arange(lengths.sum()) - (starts - first)[pair_of_row]
    grid = _Grid(pairs, pair_of_row, week_of_row, first, starts)
    ends = np.cumsum([len(part) for part in parts])
    return grid, np.split(grid.row(pair, week, is_met), ends[:-1])


def _week_numbers(days: pd.Series, weeks: pd.DatetimeIndex) -> tuple[np.ndarray, np.ndarray]:
    """Number of the week of each day, and whether it is met: else it is that of the next."""
    codes, different = pd.factorize(days)
    numbers = np.append(weeks.searchsorted(different), len(weeks))
    return numbers[codes], np.append(different.isin(weeks), False)[codes]


def _sums(grid: _Grid, rows: np.ndarray, values: pd.Series) -> pd.Series:
    """Sum by row; of no value unknown."""
    known = (rows >= 0) & values.notna().to_numpy()
    rows = rows[known]
    sums = np.bincount(rows, values.to_numpy()[known], len(grid.pair))
    sums[np.bincount(rows, minlength=len(grid.pair)) == 0] = np.nan
    return pd.Series(sums)


def _is_reported(sold: pd.DataFrame, grid: _Grid, weeks: pd.DatetimeIndex) -> np.ndarray:
    """Whether the partner of a row reported its week."""
    partners = grid.pairs["partner_id"].cat
    reports = sold[["partner_id", "week_start"]].drop_duplicates()
    week, is_met = _week_numbers(reports["week_start"], weeks)
    reported = np.zeros((len(partners.categories), len(weeks)), dtype=bool)
    reported[reports["partner_id"].cat.codes[is_met], week[is_met]] = True
    return reported[partners.codes.to_numpy()[grid.pair], grid.week]


def _unread_cells(
    unread: pd.DataFrame, grid: _Grid, keys: list[str], weeks: pd.DatetimeIndex
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of which a line could not be read, and those of which it named the product: without it, it may be of any."""
    pairs = grid.pairs.assign(pair=np.arange(len(grid.pairs)))
    places = [key for key in keys if key != "product_id"]
    named = unread.dropna(subset="product_id").merge(pairs, on=keys)
    unnamed = unread.loc[unread["product_id"].isna(), [*places, "week_start"]].merge(pairs, on=places)
    is_unread = np.zeros((2, len(grid.pair)), dtype=bool)
    for cells, kinds in ((named, [0, 1]), (unnamed, [0])):
        week, is_met = _week_numbers(cells["week_start"], weeks)
        rows = grid.row(cells["pair"].to_numpy(), week, is_met)
        for kind in kinds:
            is_unread[kind, rows[rows >= 0]] = True
    return is_unread[0], is_unread[1]


class _WeeksOfPair(BaseIndexer):  # type: ignore[misc]  # pandas has no types
    """Windows of the last weeks that end with a row and hold none of another pair."""

    def __init__(self, first_rows: np.ndarray) -> None:
        super().__init__(first_rows)

    def get_window_bounds(
        self,
        num_values: int = 0,
        min_periods: int | None = None,
        center: bool | None = None,
        closed: str | None = None,
        step: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """First row of each window, and the row after its last."""
        rows = np.arange(num_values, dtype="int64")
        return np.maximum(rows - _COVER_WEEKS + 1, self.index_array), rows + 1
