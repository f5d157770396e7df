"""Every line of sell-out given its class, and what counts as facts. Of each key the last line that came counts.

Belongs here: classes, the ledger of deliveries, facts, and what files leave unknown. Does not belong here: reading
(`ingest`), what facts say (`reconciliation`, `marts`, `measures`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from benchmarks.with_polars.ingest import Landed
from benchmarks.with_polars.keys import KEY, PLACE

_CLASSES = ["accepted", "duplicate", "superseded", "unmatched", "out_of_scope", "quarantined"]
_CLASS = pl.Enum(_CLASSES)
_CELL = [*KEY, "period_start"]


@dataclass(frozen=True)
class Facts:
    """What counts, and `unread`: places, products and weeks of which a line came that cannot be read."""

    sell_out: pl.LazyFrame
    stock: pl.LazyFrame
    sell_in: pl.LazyFrame
    unread: pl.LazyFrame
    ledger: pl.LazyFrame


def facts_of(landed: Landed) -> Facts:
    """Class all lines, and hold what every later table is made of in memory."""
    lines = _classed(landed)
    sell_out = lines.filter(pl.col("class") == "accepted").select(*_CELL, "units", "amount")
    stock = landed.stock.join(landed.products, on="product_id", how="semi")
    sell_in = landed.sell_in.join(landed.products, on="product_id", how="semi")
    frames = [sell_out, stock, sell_in, _unread(lines, landed.products), _ledger(lines, landed.files)]
    return Facts(*(frame.lazy() for frame in pl.collect_all(frames, engine="streaming")))


def _classed(landed: Landed) -> pl.LazyFrame:
    class_as_sent = (
        pl.when("is_resent").then(pl.lit("duplicate"))
        .when("is_out_of_scope").then(pl.lit("out_of_scope"))
        .when("is_unread").then(pl.lit("quarantined"))
        .otherwise(pl.lit("accepted"))
    )  # fmt: skip
    lines = (
        landed.sell_out.with_columns(class_as_sent.cast(_CLASS).alias("class"))
        .drop("is_out_of_scope", "is_unread")
        .join(landed.products.with_columns(is_product=True), on="product_id", how="left", maintain_order="left")
        .join(landed.locations.with_columns(is_place=True), on=PLACE, how="left", maintain_order="left")
        .collect(engine="streaming")
        .with_row_index("line")
        .lazy()
    )
    is_unmatched = (pl.col("class") == "accepted") & pl.any_horizontal(pl.col("is_product", "is_place").is_null())
    outdone = _outdone(lines.filter(pl.col("class") == "accepted"))
    return (
        lines.join(outdone, on="line", how="left")
        .with_columns(pl.col("outdone").fill_null(pl.col("class")).alias("class"))
        .with_columns(pl.when(is_unmatched).then(pl.lit("unmatched").cast(_CLASS)).otherwise("class").alias("class"))
        .drop("line", "outdone", "is_product", "is_place")
        .collect(engine="streaming")
        .lazy()
    )


def _outdone(accepted: pl.LazyFrame) -> pl.LazyFrame:
    """Classes of lines whose key came more than once, but for the one that counts; lines are in the order they came."""
    cells = accepted.group_by(_CELL).len().filter(pl.col("len") > 1).select(_CELL).with_row_index("cell")
    met = accepted.join(cells, on=_CELL).select("cell", "line", "file_number", "units", "amount").sort("cell", "line")
    cell, file, units, amount = (pl.col(name) for name in ("cell", "file_number", "units", "amount"))
    is_followed = (cell == cell.shift(-1)) & (file == file.shift(-1))
    of_delivery = met.with_columns(is_last=~is_followed.fill_null(False))
    is_told = (cell == cell.shift()) & (units == units.shift()) & amount.eq_missing(amount.shift())
    told = of_delivery.filter("is_last").with_columns(is_news=~is_told.fill_null(False))
    is_outdone = cell == cell.shift(-1)
    superseded = told.filter("is_news").filter(is_outdone.fill_null(False))
    return pl.concat(
        [
            of_delivery.filter(~pl.col("is_last")).select("line", outdone=pl.lit("duplicate").cast(_CLASS)),
            told.filter(~pl.col("is_news")).select("line", outdone=pl.lit("duplicate").cast(_CLASS)),
            superseded.select("line", outdone=pl.lit("superseded").cast(_CLASS)),
        ]
    )


def _unread(lines: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """A line that cannot be read leaves its week unknown, unless a later file told of the place and week."""
    place_week = [*PLACE, "period_start"]
    unread = lines.filter(pl.col("class") == "quarantined").select(*_CELL, "file_number")
    told = (
        lines.filter(~pl.col("class").is_in(["quarantined", "out_of_scope"]) & ~pl.col("is_resent"))
        .join(unread, on=place_week, how="semi")
        .group_by(place_week)
        .agg(told_by=pl.max("file_number"))
    )
    known = products.with_columns(known="product_id")
    return (
        unread.join(told, on=place_week, how="left")
        .filter(pl.col("told_by").is_null() | (pl.col("told_by") <= pl.col("file_number")))
        .join(known, on="product_id", how="left")
        .select(*PLACE, pl.col("known").alias("product_id"), pl.col("period_start").alias("week_start"))
        .unique()
    )


def _ledger(lines: pl.LazyFrame, files: pl.LazyFrame) -> pl.LazyFrame:
    counts = lines.group_by("file_number").agg(
        pl.len().alias("lines_read"), *((pl.col("class") == name).sum().alias(name) for name in _CLASSES)
    )
    contract = pl.col("partner_id").cast(pl.String) + ".sell_out"
    return files.join(counts, on="file_number").select(
        contract.alias("contract_id"), "file_name", "lines_read", *_CLASSES
    )
