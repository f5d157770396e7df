"""The same tables by pandas, but for the ledger: of what does not count it keeps no account.

Belongs here: the work, as a user of pandas would write it. Does not belong here: timing (`bench`).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

_KEY = ["partner_id", "location_id", "product_id"]


def _read(landing: Path, kind: str) -> pd.DataFrame:
    parts = []
    for path in sorted(landing.glob(f"*/{kind}/*.csv")):
        lines = pd.read_csv(path, dtype="string[pyarrow]", engine="pyarrow", dtype_backend="pyarrow")
        lines["file"] = path.name
        if "partner" not in lines:
            lines["partner"] = path.parent.parent.name
        parts.append(lines)
    return pd.concat(parts, ignore_index=True).rename(
        columns={"partner": "partner_id", "store": "location_id", "item": "product_id"}
    )


def work(landing: Path, out: Path) -> None:
    """Do the work over a landing zone, and write the tables as Parquet."""
    sold = _sold(landing)
    stock = _read(landing, "stock")
    stock["snapshot_date"] = pd.to_datetime(stock["day"], format="%Y-%m-%d")
    stock["on_hand_units"] = pd.to_numeric(stock["on_hand"])
    bought = _read(landing, "sell_in")
    bought["document_date"] = pd.to_datetime(bought["day"], format="%Y-%m-%d")
    bought[["units", "net"]] = bought[["units", "net"]].apply(pd.to_numeric)
    stock["week_start"], bought["week_start"] = _monday(stock["snapshot_date"]), _monday(bought["document_date"])
    tables = {"fct_sell_out": sold, "fct_stock": stock, "fct_sell_in": bought}
    tables["reconciliation"] = _reconciliation(sold, stock, bought)
    tables["sell_through_weekly"] = _weekly(sold, stock, bought, ["partner_id", "product_id"])
    tables["sell_through_location_weekly"] = _weekly(sold, stock, bought, _KEY)
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_parquet(out / f"{name}.parquet")


def _monday(days: pd.Series) -> pd.Series:
    return days - pd.to_timedelta(days.dt.weekday, unit="D")


def _sold(landing: Path) -> pd.DataFrame:
    items = pd.read_csv(landing / next((landing / "brand/products").glob("*.csv")))["item"]
    places = pd.read_csv(next((landing / "brand/locations").glob("*.csv")))
    known = set(zip(places["partner"], places["store"], strict=True))
    lines = _read(landing, "sell_out")
    lines = lines[lines["location_id"] != "TOTAL"]
    lines["week_start"] = pd.to_datetime(lines["week"], format="%Y-%m-%d", errors="coerce")
    lines["units"] = pd.to_numeric(lines["quantity"], errors="coerce")
    lines["amount"] = pd.to_numeric(lines["value"], errors="coerce")
    lines = lines.dropna(subset=["week_start", "units"])
    pairs = pd.MultiIndex.from_frame(lines[["partner_id", "location_id"]])
    lines = lines[lines["product_id"].isin(items) & pairs.isin(known)]
    kept = [*_KEY, "week_start"]
    return lines.sort_values("file", kind="stable").drop_duplicates(kept, keep="last")[[*kept, "units", "amount"]]


def _located(lines: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    counted = stock.groupby("partner_id")["location_id"].apply(lambda codes: codes.notna().all())
    is_located = lines["partner_id"].map(counted)
    return lines.assign(location_id=lines["location_id"].where(is_located, "")).fillna({"location_id": ""})


def _reconciliation(sold: pd.DataFrame, stock: pd.DataFrame, bought: pd.DataFrame) -> pd.DataFrame:
    week = [*_KEY, "week_start"]
    out = _located(sold, stock).groupby(week, as_index=False)["units"].sum().rename(columns={"units": "sell_out_units"})
    received = _located(bought, stock).groupby(week, as_index=False)["units"].sum()
    counts = stock.fillna({"location_id": ""}).sort_values([*_KEY, "snapshot_date"])
    counts["opening_units"] = counts.groupby(_KEY)["on_hand_units"].shift()
    counts["opening_date"] = counts.groupby(_KEY)["snapshot_date"].shift()
    counts = counts.dropna(subset="opening_date").merge(out, on=week, how="left")
    counts = counts.merge(received.rename(columns={"units": "received_units"}), on=week, how="left")
    counts = counts.fillna({"sell_out_units": 0, "received_units": 0})
    counts["expected"] = counts["opening_units"] + counts["received_units"] - counts["sell_out_units"]
    counts["variance_units"] = counts["on_hand_units"] - counts["expected"]
    return counts


def _weekly(sold: pd.DataFrame, stock: pd.DataFrame, bought: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    week = [*keys, "week_start"]
    sold = sold.assign(selling=sold["units"] > 0)
    parts = [
        sold.groupby(week, as_index=False).agg(
            sell_out_units=("units", "sum"), amount=("amount", "sum"), selling=("selling", "sum")
        ),
        bought.dropna(subset=keys).groupby(week, as_index=False).agg(sell_in_units=("units", "sum")),
        stock.dropna(subset=keys).groupby(week, as_index=False).agg(closing_stock_units=("on_hand_units", "sum")),
    ]  # fmt: skip
    first = pd.concat([part[week] for part in parts]).groupby(keys, as_index=False)["week_start"].min()
    grid = first.rename(columns={"week_start": "first"}).merge(stock[["week_start"]].drop_duplicates(), how="cross")
    grid = grid[grid["week_start"] >= grid["first"]].drop(columns="first")
    for part in parts:
        grid = grid.merge(part, on=week, how="left")
    told = sold[["partner_id", "week_start"]].drop_duplicates().assign(is_told=True)
    grid = grid.merge(told, on=["partner_id", "week_start"], how="left").sort_values(week, ignore_index=True)
    grid["sell_in_units"] = grid["sell_in_units"].fillna(0)
    grid["sell_out_units"] = grid["sell_out_units"].fillna(0).where(grid["is_told"].notna())
    groups = grid.groupby(keys)
    grid["opening_stock_units"] = groups["closing_stock_units"].shift()
    mean = groups["sell_out_units"].rolling(8, min_periods=1).mean().reset_index(drop=True)
    grid["sell_through_rate"] = grid["sell_out_units"] / (grid["opening_stock_units"] + grid["sell_in_units"])
    grid["sell_out_to_sell_in_ratio"] = grid["sell_out_units"] / grid["sell_in_units"]
    grid["trailing_weeks_of_cover"] = grid["closing_stock_units"] / mean
    grid["velocity"] = grid["sell_out_units"] / grid["selling"]
    grid["average_selling_price"] = grid["amount"] / grid["sell_out_units"]
    return grid


if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]))
