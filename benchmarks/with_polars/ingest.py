"""Files to typed lines.

Belongs here: reading text, numbers, dates and codes. Does not belong here: which lines count (`facts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.deliveries import Delivery, deliveries

_CODES = {"partner": "partner_id", "store": "location_id", "item": "product_id"}


@dataclass(frozen=True)
class Landed:
    """Lines of all files; `files` are those of sell-out, and a line of sell-out has the number of its file."""

    files: pl.LazyFrame
    sell_out: pl.LazyFrame
    stock: pl.LazyFrame
    sell_in: pl.LazyFrame
    products: pl.LazyFrame
    locations: pl.LazyFrame


def scan(landing: Path) -> Landed:
    """Scan a landing zone."""
    sent = deliveries(landing, "sell_out")
    products = _text(deliveries(landing, "products"), ["item", "name", "list_price"])
    locations = _text(deliveries(landing, "locations"), ["store", "partner", "name"])
    return Landed(
        files=_files(sent),
        sell_out=_sell_out(sent),
        stock=_stock([file for file in deliveries(landing, "stock") if not file.is_resent]),
        sell_in=_sell_in(deliveries(landing, "sell_in")),
        products=products.select("product_id"),
        locations=locations.select("partner_id", "location_id"),
    )


def _sell_out(files: list[Delivery]) -> pl.LazyFrame:
    is_unread = pl.any_horizontal(pl.col("period_start", "units").is_null())
    is_unread |= pl.col("amount").is_null() & pl.col("value").is_not_null()
    return (
        _text(files, ["store", "item", "week", "quantity", "value"])
        .join(_files(files).drop("file_name"), on="path", maintain_order="left")
        .with_columns(_date("week", "period_start"), _number("quantity", "units"), _number("value", "amount"))
        .with_columns(is_out_of_scope=pl.col("location_id").eq_missing(pl.lit("TOTAL")), is_unread=is_unread)
        .drop("path", "week", "quantity", "value")
    )


def _stock(files: list[Delivery]) -> pl.LazyFrame:
    return (
        _text(files, ["store", "item", "day", "on_hand"])
        .join(_files(files).select("path", "partner_id"), on="path")
        .with_columns(_date("day", "snapshot_date"), _number("on_hand", "on_hand_units"))
        .drop("path", "day", "on_hand")
    )


def _sell_in(files: list[Delivery]) -> pl.LazyFrame:
    return (
        _text(files, ["document", "line", "partner", "store", "item", "day", "units", "net"])
        .with_columns(_date("day", "document_date"), _number("units", "units"), _number("net", "net_amount"))
        .drop("path", "document", "line", "day", "net")
    )


def _text(files: list[Delivery], columns: list[str]) -> pl.LazyFrame:
    """Columns as text and codes as categories, with the path of the file; a file may lack a column."""
    schema = {column: pl.Categorical if column in _CODES else pl.String for column in columns}
    lines = pl.scan_csv(
        [file.path for file in files], schema=schema, missing_columns="insert", include_file_paths="path"
    )
    return lines.rename(_CODES, strict=False)


def _files(files: list[Delivery]) -> pl.LazyFrame:
    return pl.LazyFrame(
        {
            "path": [str(file.path) for file in files],
            "file_name": [file.path.name for file in files],
            "partner_id": [file.partner for file in files],
            "file_number": range(len(files)),
            "is_resent": [file.is_resent for file in files],
        },
        schema_overrides={"partner_id": pl.Categorical, "file_number": pl.Int32},
    )


def _number(text: str, name: str) -> pl.Expr:
    return pl.col(text).cast(pl.Float64, strict=False).alias(name)


def _date(text: str, name: str) -> pl.Expr:
    return pl.col(text).str.to_date("%Y-%m-%d", strict=False).alias(name)
