"""The same tables by polars, but for the ledger: of what does not count it keeps no account.

Belongs here: the work, as a user of polars would write it. Does not belong here: timing (`bench`).
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

_KEY = ["partner_id", "location_id", "product_id"]


def _scan(landing: Path, kind: str) -> pl.LazyFrame:
    parts = []
    for folder in sorted(landing.glob(f"*/{kind}")):
        lines = pl.scan_csv(folder / "*.csv", infer_schema=False, include_file_paths="file")
        names = lines.collect_schema().names()
        columns = [] if "store" in names else [pl.lit(None, pl.String).alias("store")]
        columns += [] if "partner" in names else [pl.lit(folder.parent.name).alias("partner")]
        parts.append(lines.with_columns(*columns, pl.col("file").str.extract(r"([^/]+)$")))
    return pl.concat(parts, how="diagonal")


def _number(name: str, scale: int) -> pl.Expr:
    return pl.col(name).cast(pl.Decimal(18, scale), strict=False)


def work(landing: Path, out: Path) -> None:
    """Do the work over a landing zone, and write the tables as Parquet."""
    items = pl.scan_csv(landing / "brand/products/*.csv").select(product_id="item")
    places = pl.scan_csv(landing / "brand/locations/*.csv").select(location_id="store", partner_id="partner")
    sold = (
        _scan(landing, "sell_out")
        .filter(pl.col("store") != "TOTAL")
        .select(
            partner_id="partner", location_id="store", product_id="item", file="file",
            week_start=pl.col("week").str.to_date(strict=False), units=_number("quantity", 4),
            amount=_number("value", 6),
        )
        .drop_nulls(["week_start", "units"])
        .join(items, on="product_id", how="semi")
        .join(places, on=["location_id", "partner_id"], how="semi")
        .sort("file")
        .unique([*_KEY, "week_start"], keep="last")
        .drop("file")
        .collect(engine="streaming")
    )  # fmt: skip
    stock = (
        _scan(landing, "stock")
        .select(
            partner_id="partner", location_id="store", product_id="item",
            snapshot_date=pl.col("day").str.to_date(), on_hand_units=_number("on_hand", 4),
        )
        .collect(engine="streaming")
    )  # fmt: skip
    bought = (
        _scan(landing, "sell_in")
        .select(
            partner_id="partner", location_id="store", product_id="item", document_date=pl.col("day").str.to_date(),
            units=_number("units", 4), net_amount=_number("net", 6),
        )
        .collect(engine="streaming")
    )  # fmt: skip
    tables = {"fct_sell_out": sold, "fct_stock": stock, "fct_sell_in": bought}
    tables["reconciliation"] = _reconciliation(sold, stock, bought)
    tables["sell_through_weekly"] = _weekly(sold, stock, bought, ["partner_id", "product_id"])
    tables["sell_through_location_weekly"] = _weekly(sold, stock, bought, _KEY)
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write_parquet(out / f"{name}.parquet")


def _located(lines: pl.DataFrame, stock: pl.DataFrame) -> pl.DataFrame:
    counted = stock.group_by("partner_id").agg(pl.col("location_id").is_not_null().all().alias("is_located"))
    return lines.join(counted, on="partner_id").with_columns(
        location_id=pl.when("is_located").then("location_id").otherwise(None)
    )


def _reconciliation(sold: pl.DataFrame, stock: pl.DataFrame, bought: pl.DataFrame) -> pl.DataFrame:
    week = [*_KEY, "week_start"]
    out = _located(sold, stock).group_by(week).agg(sell_out_units=pl.sum("units"))
    received = bought.with_columns(week_start=pl.col("document_date").dt.truncate("1w"))
    received = _located(received, stock).group_by(week).agg(received_units=pl.sum("units"))
    return (
        stock.sort("snapshot_date")
        .with_columns(
            opening_date=pl.col("snapshot_date").shift(1).over(_KEY),
            opening_units=pl.col("on_hand_units").shift(1).over(_KEY),
            week_start=pl.col("snapshot_date").dt.truncate("1w"),
        )
        .drop_nulls("opening_date")
        .join(out, on=week, how="left", nulls_equal=True)
        .join(received, on=week, how="left", nulls_equal=True)
        .with_columns(pl.col("sell_out_units", "received_units").fill_null(0))
        .with_columns(expected=pl.col("opening_units") + pl.col("received_units") - pl.col("sell_out_units"))
        .with_columns(variance_units=pl.col("on_hand_units") - pl.col("expected"))
    )


def _weekly(sold: pl.DataFrame, stock: pl.DataFrame, bought: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    week = [*keys, "week_start"]
    parts = [
        sold.group_by(week).agg(
            sell_out_units=pl.sum("units"), amount=pl.sum("amount"), selling=(pl.col("units") > 0).sum()
        ),
        bought.drop_nulls(keys).with_columns(week_start=pl.col("document_date").dt.truncate("1w"))
        .group_by(week).agg(sell_in_units=pl.sum("units")),
        stock.drop_nulls(keys).with_columns(week_start=pl.col("snapshot_date").dt.truncate("1w"))
        .group_by(week).agg(closing_stock_units=pl.sum("on_hand_units")),
    ]  # fmt: skip
    first = pl.concat([part.select(week) for part in parts]).group_by(keys).agg(first=pl.min("week_start"))
    grid = first.join(stock.select(week_start=pl.col("snapshot_date").dt.truncate("1w")).unique(), how="cross")
    grid = grid.filter(pl.col("week_start") >= pl.col("first")).drop("first")
    for part in parts:
        grid = grid.join(part, on=week, how="left")
    told = sold.select("partner_id", "week_start").unique().with_columns(is_told=pl.lit(True))
    sold_out, units = pl.col("sell_out_units").cast(pl.Float64), pl.col("closing_stock_units").cast(pl.Float64)
    return (
        grid.join(told, on=["partner_id", "week_start"], how="left")
        .with_columns(
            sell_in_units=pl.col("sell_in_units").fill_null(0),
            sell_out_units=pl.when("is_told").then(pl.col("sell_out_units").fill_null(0)),
        )
        .sort(week)
        .with_columns(
            opening_stock_units=pl.col("closing_stock_units").shift(1).over(keys),
            mean=sold_out.rolling_mean(8, min_samples=1).over(keys),
        )
        .with_columns(
            sell_through_rate=sold_out / (pl.col("opening_stock_units") + pl.col("sell_in_units")).cast(pl.Float64),
            sell_out_to_sell_in_ratio=sold_out / pl.col("sell_in_units").cast(pl.Float64),
            trailing_weeks_of_cover=units / pl.col("mean"),
            velocity=sold_out / pl.col("selling"),
            average_selling_price=pl.col("amount").cast(pl.Float64) / sold_out,
        )
    )


if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]))
