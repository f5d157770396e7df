"""Print feeds as their partners do: cells to text, text to files, and the number of each line in its file.

Belongs here: spelling of numbers and dates, total lines, bytes. Does not belong here: what a feed holds (`feeds`).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.demo.feeds import Feed
from orchestration.demo.layouts import Layout

#: columns held in cents
MONEY: Final = ("amount", "net_amount", "list_price")


@dataclass(frozen=True)
class Printed:
    """A feed on paper.

    `deliveries`: those of the feed that were sent, plus file_name (below the landing root), lines_read and content
    (bytes). `lines`: as in the feed, in the order of the files, total lines included (class out_of_scope), plus
    line_number.
    """

    feed: Feed
    deliveries: pd.DataFrame
    lines: pd.DataFrame


def printed(feed: Feed) -> Printed:
    """Print all deliveries of a feed."""
    layout = feed.layout
    lines = _with_totals(feed.lines, layout)
    lines = lines.sort_values(["delivery", "place"], kind="stable", ignore_index=True)
    above = len(layout.preamble) + 1 if layout.suffix == "csv" else 0
    lines["line_number"] = lines.groupby("delivery").cumcount() + 1 + above
    bounds = np.searchsorted(lines["delivery"].to_numpy(), np.arange(len(feed.deliveries) + 1))
    contents = _csv_files(lines, layout, bounds) if layout.suffix == "csv" else _parquet_files(lines, layout, bounds)
    source = np.where(feed.deliveries["copy_of"] >= 0, feed.deliveries["copy_of"], feed.deliveries.index)
    deliveries = feed.deliveries.assign(
        file_name=_file_names(feed),
        lines_read=np.diff(bounds)[source],
        content=[contents[place] for place in source],
    )
    return Printed(feed, deliveries.loc[deliveries["is_sent"]], lines)


def _file_names(feed: Feed) -> list[str]:
    layout = feed.layout
    moments = feed.deliveries["received_at"].dt.strftime("%Y%m%d_%H%M")
    names = [f"{layout.folder}/{layout.stem}_{moment}.{layout.suffix}" for moment in moments]
    if len(set(names)) != len(names):
        raise ValueError(f"{feed.contract_id}: two deliveries would have one name")
    return names


def _with_totals(lines: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Add the total lines that the partner prints."""
    if layout.total is None:
        return lines
    keys = ["delivery"] if layout.total == "delivery" else ["delivery", "location_code"]
    groups = lines.groupby(keys, as_index=False)
    totals = groups.agg(place=("place", "max"), units=("units", "sum"), amount=("amount", "sum"))
    totals["place"] += 0.25
    totals = totals[["delivery", "place", "units", "amount"]].assign(
        **{layout.columns[layout.total_column]: layout.total_text},
        line_class="out_of_scope", found_as="", bad_column="", bad_text="", defect=-1, is_conflict=False, factor=1.0,
    )  # fmt: skip
    return pd.concat([lines, totals], ignore_index=True)


def _csv_files(lines: pd.DataFrame, layout: Layout, bounds: np.ndarray) -> list[bytes]:
    cells = [_cells(lines, column, layout) for column in layout.columns.values()]
    rows = pc.binary_join_element_wise(*cells, layout.delimiter).to_pylist()
    head = "".join(f"{line}\r\n" for line in (*layout.preamble, layout.delimiter.join(layout.columns)))
    files = []
    for first, last in pairwise(bounds):
        body = "".join(f"{row}\r\n" for row in rows[first:last])
        files.append((head + body).encode(layout.encoding))
    return files


def _cells(lines: pd.DataFrame, column: str, layout: Layout) -> pa.Array:
    """The cells of a column as text, each distinct value spelled once; what a defect broke is as it broke it."""
    codes, found = pd.factorize(lines[column])
    spell = _speller(lines[column], column, layout)
    texts = np.array([*(_quoted(spell(value), layout.delimiter) for value in found), ""], dtype=object)[codes]
    is_broken = (lines["bad_column"] == column).to_numpy()
    texts[is_broken] = lines.loc[is_broken, "bad_text"].to_numpy(dtype=object)
    return pa.array(texts, type=pa.string())


def _quoted(text: str, delimiter: str) -> str:
    return f'"{text}"' if delimiter in text else text


def _speller(values: pd.Series, column: str, layout: Layout) -> Callable[[Any], str]:
    def date(value: pd.Timestamp) -> str:
        return str(value.strftime(layout.date_format))

    def money(value: float) -> str:
        whole, cents = divmod(abs(int(value)), 100)
        return f"{'-' if value < 0 else ''}{_grouped(whole, layout)}{layout.decimal}{cents:02d}"

    def number(value: float) -> str:
        if value == int(value):
            return f"{'-' if value < 0 else ''}{_grouped(abs(int(value)), layout)}"
        return f"{value:.4f}".rstrip("0").replace(".", layout.decimal)

    if pd.api.types.is_datetime64_any_dtype(values):
        return date
    if column in MONEY:
        return money
    return number if pd.api.types.is_numeric_dtype(values) else str


def _grouped(whole: int, layout: Layout) -> str:
    return f"{whole:,}".replace(",", layout.thousands)


def _parquet_files(lines: pd.DataFrame, layout: Layout, bounds: np.ndarray) -> list[bytes]:
    table = pa.table({name: _typed(lines[column], column) for name, column in layout.columns.items()})
    files = []
    for first, last in pairwise(bounds):
        sink = io.BytesIO()
        pq.write_table(table.slice(first, last - first), sink, compression="zstd")
        files.append(sink.getvalue())
    return files


def _typed(values: pd.Series, column: str) -> pa.Array:
    if column in MONEY:
        codes, found = pd.factorize(values)
        return pa.array([Decimal(int(cents)).scaleb(-2) for cents in found], type=pa.decimal128(18, 2)).take(codes)
    if pd.api.types.is_datetime64_any_dtype(values):
        return pa.array(values.to_numpy(dtype="datetime64[D]"))
    if pd.api.types.is_numeric_dtype(values):
        return pa.array(values.to_numpy(np.int64))
    return pa.array(values.to_numpy(dtype=object), type=pa.string())
