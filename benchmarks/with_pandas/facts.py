"""Every line of sell-out given its class, and what counts as facts. Of each key the last line that came counts.

Belongs here: classes, the ledger of deliveries, facts, and what files leave unknown. Does not belong here: reading
(`ingest`), what facts say (`reconciliation`, `marts`, `measures`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.with_pandas.ingest import Landed
from benchmarks.with_pandas.keys import KEY, PLACE, packed

_CLASSES = ["accepted", "duplicate", "superseded", "unmatched", "out_of_scope", "quarantined"]
_ACCEPTED, _DUPLICATE, _SUPERSEDED, _UNMATCHED, _OUT_OF_SCOPE, _QUARANTINED = range(len(_CLASSES))


@dataclass(frozen=True)
class Facts:
    """What counts, and `unread`: places, products and weeks of which a line came that cannot be read."""

    sell_out: pd.DataFrame
    stock: pd.DataFrame
    sell_in: pd.DataFrame
    unread: pd.DataFrame
    ledger: pd.DataFrame


def facts_of(landed: Landed) -> Facts:
    """Class all lines, and keep those that count."""
    products = landed.products["product_id"]
    is_resent = np.array([file.is_resent for file in landed.files])[landed.sell_out["file_number"]]
    lines = landed.sell_out.assign(**{"class": _classes(landed, is_resent)})
    counts = lines["class"].to_numpy() == _ACCEPTED
    columns = [*KEY, "period_start", "units", "amount"]
    return Facts(
        sell_out=lines.loc[counts, columns].reset_index(drop=True),
        stock=landed.stock[landed.stock["product_id"].isin(products)].reset_index(drop=True),
        sell_in=landed.sell_in[landed.sell_in["product_id"].isin(products)].reset_index(drop=True),
        unread=_unread(lines, is_resent, products),
        ledger=_ledger(lines, landed),
    )


def _classes(landed: Landed, is_resent: np.ndarray) -> np.ndarray:
    lines = landed.sell_out
    classes = np.select(
        [is_resent, lines["is_out_of_scope"], lines["is_quarantined"]],
        [np.int8(_DUPLICATE), np.int8(_OUT_OF_SCOPE), np.int8(_QUARANTINED)],
        np.int8(_ACCEPTED),
    )
    # a line without a code is no other's duplicate
    has_codes = lines["location_id"].notna() & lines["product_id"].notna()
    rows = np.flatnonzero((classes == _ACCEPTED) & has_codes)
    cell = [*KEY, "period_start"]
    keys = pd.Series(packed(lines[cell].iloc[rows], cell))
    is_met_again = keys.duplicated(keep=False).to_numpy()
    met = lines[["file_number", "units", "amount"]].iloc[rows[is_met_again]]
    outdone = _outdone(met.assign(key=keys[is_met_again].to_numpy()))
    classes[outdone.index] = outdone
    is_known = lines["product_id"].isin(landed.products["product_id"])
    is_known &= pd.Series(packed(lines, PLACE)).isin(packed(landed.locations, PLACE))
    classes[(classes == _ACCEPTED) & ~is_known] = _UNMATCHED
    return classes


def _outdone(met: pd.DataFrame) -> pd.Series:
    """Classes of lines whose key came more than once, but for the one that counts; lines are in the order they came."""
    met = met.sort_values("key", kind="stable")
    is_last = ~met.duplicated(["key", "file_number"], keep="last")
    told = met[is_last]
    same = (told["key"] == told["key"].shift()) & (told["units"] == told["units"].shift())
    same &= (told["amount"] == told["amount"].shift()) | (told["amount"].isna() & told["amount"].shift().isna())
    news = told[~same]
    superseded = news.index[news.duplicated("key", keep="last")]
    duplicate = met.index[~is_last].union(told.index[same])
    return pd.concat([pd.Series(_DUPLICATE, duplicate), pd.Series(_SUPERSEDED, superseded)])


def _unread(lines: pd.DataFrame, is_resent: np.ndarray, products: pd.Series) -> pd.DataFrame:
    """A line that cannot be read leaves its week unknown, unless a later file told of the place and week."""
    place_week = [*PLACE, "period_start"]
    classes = lines["class"].to_numpy()
    unread = lines.loc[classes == _QUARANTINED, [*KEY, "period_start", "file_number"]].dropna(subset=place_week)
    is_told = ~is_resent & (classes != _QUARANTINED) & (classes != _OUT_OF_SCOPE)
    told = pd.Series(lines["file_number"].to_numpy()[is_told], packed(lines.loc[is_told, place_week], place_week))
    wanted = packed(unread, place_week)
    told = told[told.index.isin(wanted)].groupby(level=0).max()
    unread = unread[told.reindex(wanted).fillna(-1).to_numpy() <= unread["file_number"].to_numpy()]
    unread["product_id"] = unread["product_id"].where(unread["product_id"].isin(products))
    return unread.drop(columns="file_number").drop_duplicates().rename(columns={"period_start": "week_start"})


def _ledger(lines: pd.DataFrame, landed: Landed) -> pd.DataFrame:
    cells = lines["file_number"].to_numpy() * len(_CLASSES) + lines["class"].to_numpy()
    counts = np.bincount(cells, minlength=len(landed.files) * len(_CLASSES)).reshape(-1, len(_CLASSES))
    ledger = pd.DataFrame(counts, columns=_CLASSES)
    ledger.insert(0, "contract_id", [f"{file.partner}.sell_out" for file in landed.files])
    ledger.insert(1, "file_name", [file.path.name for file in landed.files])
    ledger.insert(2, "lines_read", counts.sum(axis=1))
    return ledger[ledger["lines_read"] > 0]
