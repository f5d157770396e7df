"""Files to typed lines.

Belongs here: reading text, numbers, dates and codes. Does not belong here: which lines count (`facts`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.deliveries import Delivery, deliveries

_NAMES = {"partner": "partner_id", "store": "location_id", "item": "product_id"}


@dataclass(frozen=True)
class Landed:
    """Lines of all files; `files` are those of sell-out, and a line of sell-out has the number of its file."""

    files: list[Delivery]
    sell_out: pd.DataFrame
    stock: pd.DataFrame
    sell_in: pd.DataFrame
    products: pd.DataFrame
    locations: pd.DataFrame


def read(landing: Path) -> Landed:
    """Read a landing zone. Codes have the same categories in all frames."""
    files = deliveries(landing, "sell_out")
    landed = Landed(
        files,
        _sell_out(files),
        _stock([file for file in deliveries(landing, "stock") if not file.is_resent]),
        _sell_in(deliveries(landing, "sell_in")),
        _text(deliveries(landing, "products"))[["product_id"]],
        _text(deliveries(landing, "locations"))[["partner_id", "location_id"]],
    )
    frames = [landed.sell_out, landed.stock, landed.sell_in, landed.products, landed.locations]
    for column in _NAMES.values():
        _share_categories([frame for frame in frames if column in frame], column)
    return landed


def _sell_out(files: list[Delivery]) -> pd.DataFrame:
    lines = _text(files)
    lines["period_start"] = _parsed(lines.pop("week"), _dates)
    lines["units"] = _parsed(lines.pop("quantity"), _numbers)
    sent = lines.pop("value")
    lines["amount"] = _parsed(sent, _numbers)
    is_unread = lines["period_start"].isna() | lines["units"].isna() | (lines["amount"].isna() & sent.notna())
    lines["is_out_of_scope"] = lines["location_id"] == "TOTAL"
    lines["is_quarantined"] = is_unread & ~lines["is_out_of_scope"]
    return lines


def _stock(files: list[Delivery]) -> pd.DataFrame:
    lines = _text(files).drop(columns="file_number")
    lines["snapshot_date"] = _parsed(lines.pop("day"), _dates)
    lines["on_hand_units"] = _parsed(lines.pop("on_hand"), _numbers)
    return lines


def _sell_in(files: list[Delivery]) -> pd.DataFrame:
    lines = _text(files).drop(columns=["file_number", "document", "line"])
    lines["document_date"] = _parsed(lines.pop("day"), _dates)
    lines["units"] = _parsed(lines.pop("units"), _numbers)
    lines["net_amount"] = _parsed(lines.pop("net"), _numbers)
    return lines


def _text(files: list[Delivery]) -> pd.DataFrame:
    """Every column as text, codes as categories; with the number of the file, and its partner where lines have none."""
    options = dict(dtype="str", engine="pyarrow", dtype_backend="pyarrow", keep_default_na=False, na_values=[""])
    parts = [pd.read_csv(file.path, **options) for file in files]
    numbers = np.repeat(np.arange(len(files), dtype="int32"), [len(part) for part in parts])
    lines = pd.concat(parts, ignore_index=True).rename(columns=_NAMES)
    lines["file_number"] = numbers
    if "partner_id" not in lines:
        partners = pd.Categorical([file.partner for file in files])
        lines["partner_id"] = partners.take(numbers)
    codes = [column for column in _NAMES.values() if column in lines]
    return lines.astype(dict.fromkeys(codes, "category"))


def _parsed(texts: pd.Series, parse: Callable[[pd.Index], np.ndarray]) -> np.ndarray:
    # of millions of texts few differ: each of these is parsed once
    codes, different = pd.factorize(texts)
    return pd.api.extensions.take(parse(different), codes, allow_fill=True)


def _numbers(texts: pd.Index) -> np.ndarray:
    return pd.to_numeric(texts, errors="coerce").to_numpy(dtype="float64")


def _dates(texts: pd.Index) -> np.ndarray:
    return pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce").to_numpy(dtype="datetime64[s]")


def _share_categories(frames: list[pd.DataFrame], column: str) -> None:
    met = pd.concat([frame[column].cat.categories.to_series() for frame in frames]).drop_duplicates().sort_values()
    for frame in frames:
        frame[column] = frame[column].cat.set_categories(pd.Index(met))
