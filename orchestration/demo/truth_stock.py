"""What the roll-forward of stock must find in the demo: which intervals are not balanced, by how much, and why.

The market itself is balanced, so a variance is exactly what is reported beyond the truth: sell-out that is accepted,
stock, receipts. Belongs here: that difference, by interval, and intervals without a snapshot.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from orchestration.demo.catalogue import products
from orchestration.demo.feeds import Feed
from orchestration.demo.network import locations
from orchestration.demo.plan import PLAN
from orchestration.demo.truth import units_of

#: the cause that the evidence of a defect allows; other defects leave it open
_CAUSES: Final = {
    "missing": "missing_sell_out",
    "silent": "missing_sell_out",
    "pack_size": "unit_error",
    "repeated_day": "duplicate_sell_out",
}
_KEY = ["location", "product", "interval"]


def variances(feeds: dict[str, Feed]) -> pd.DataFrame:
    """One row an interval whose variance is not 0: its units, and the causes of what was planted there.

    `causes` lists them, the one that selltrace must name where there is one; null where a defect leaves it open.
    `is_mixed` says that another cause stands in the interval, or in one that the same event left its other half in.
    """
    sell_in = feeds["brand.sell_in"]
    parts = [
        _variances_of(feeds[f"{partner}.sell_out"], sell_in, stock) for partner, stock in _stock_feeds(feeds).items()
    ]
    return pd.concat(parts, ignore_index=True)


def unknown_intervals(feeds: dict[str, Feed]) -> pd.DataFrame:
    """One row an interval of which an expected snapshot is absent, with the end that is unknown."""
    parts = []
    for partner, stock in _stock_feeds(feeds).items():
        ends = stock.clean_deliveries["period_end"]
        gone = stock.dropped.assign(interval=stock.dropped["delivery"])
        known = _snapshots(stock)[_KEY]
        # an interval has the number of its closing snapshot: its other end must be known
        closing = gone.merge(known.assign(interval=known["interval"] + 1), on=_KEY)
        opening = gone.assign(interval=gone["interval"] + 1).merge(known, on=_KEY)
        parts.append(_named(closing, partner, ends).assign(cause="closing_unknown"))
        parts.append(_named(opening, partner, ends).assign(cause="opening_unknown"))
    return pd.concat(parts, ignore_index=True)


def _stock_feeds(feeds: dict[str, Feed]) -> dict[str, Feed]:
    return {name.removesuffix(".stock"): feed for name, feed in feeds.items() if name.endswith(".stock")}


def _snapshots(stock: Feed) -> pd.DataFrame:
    """Cells reported, by the place of their snapshot."""
    lines = stock.lines if "location_code" in stock.lines else stock.lines.assign(location=-1)
    return lines.assign(interval=lines["delivery"])


def _variances_of(sell_out: Feed, sell_in: Feed, stock: Feed) -> pd.DataFrame:
    by_location = "location_code" in stock.lines
    partner = str(sell_out.layout.partner)
    accepted = sell_out.lines.loc[sell_out.lines["line_class"] == "accepted"]
    beyond = [
        _units(_keyed(accepted, stock, by_location), 1),
        _units(_keyed(sell_out.clean, stock, by_location), -1),
        _units(_received(sell_in.lines, partner, stock, by_location), -1),
        _units(_received(sell_in.clean, partner, stock, by_location), 1),
        *_stock_beyond(stock),
    ]
    sums = pd.concat(beyond).groupby(_KEY, as_index=False)["units"].sum()
    broken = sums.loc[sums["units"].abs() > 1e-9]
    cells = _snapshots(stock)[_KEY]
    both_ends = broken.merge(cells, on=_KEY).merge(cells.assign(interval=cells["interval"] + 1), on=_KEY)
    marked = pd.concat([sell_out.lines.loc[sell_out.lines["defect"] >= 0], sell_out.dropped])
    blamed = _keyed(marked, stock, by_location).groupby(_KEY, as_index=False)["defect"].max()
    found = both_ends.merge(blamed, on=_KEY, how="left")
    kinds = found["defect"].map(dict(enumerate(plant.kind for plant in PLAN)))
    causes = _causes(found, kinds, stock)
    mixed = _mixed_keys(stock)
    named = _named(found, partner, stock.clean_deliveries["period_end"])
    return named.assign(
        variance_units=found["units"].to_numpy(),
        defect=found["defect"].to_numpy(),
        causes=causes,
        cause=[one[0] if one and len(one) == 1 else None for one in causes],
        is_mixed=[key in mixed or bool(one and len(one) > 1) for key, one in zip(_keys_of(found), causes, strict=True)],
    )


def _mixed_keys(stock: Feed) -> set[tuple[int, ...]]:
    """Intervals of events that met another cause in one of their intervals."""
    if stock.notes is None:
        return set()
    met = stock.notes.groupby(_KEY)["cause"].transform("nunique") > 1
    touched = stock.notes["happening"].isin(stock.notes.loc[met, "happening"])
    return set(_keys_of(stock.notes.loc[touched]))


def _keys_of(rows: pd.DataFrame) -> list[tuple[int, ...]]:
    return list(rows[_KEY].astype(int).itertuples(index=False, name=None))


def _units(flow: pd.DataFrame, sign: int) -> pd.DataFrame:
    return flow[[*_KEY, "units"]].assign(units=sign * flow["units"])


def _stock_beyond(stock: Feed) -> list[pd.DataFrame]:
    """Stock reported beyond the true one: it adds to the interval that it closes, and lacks in the one it opens."""
    reported, true = _snapshots(stock), stock.clean
    true = true if "location_code" in true else true.assign(location=-1)
    pairs = reported.merge(true[["delivery", "location", "product", "on_hand_units"]],
                           on=["delivery", "location", "product"], suffixes=("", "_true"))  # fmt: skip
    beyond = pairs.assign(units=pairs["on_hand_units"] - pairs["on_hand_units_true"])
    return [_units(beyond, 1), _units(beyond.assign(interval=beyond["interval"] + 1), -1)]


def _received(lines: pd.DataFrame, partner: str, stock: Feed, by_location: bool) -> pd.DataFrame:
    """Units received, net of returns, by the interval in which they came."""
    own = lines.loc[lines["partner_id"] == partner]
    ends = stock.clean_deliveries["period_end"].to_numpy()
    return pd.DataFrame({
        "location": own["location"].astype(int) if by_location else -1,
        "product": own["product"].astype(int),
        "interval": np.searchsorted(ends, own["receipt_on"].to_numpy()),
        "units": own["units"] + own["free_units"].fillna(0),
    })  # fmt: skip


def _causes(found: pd.DataFrame, kinds: pd.Series, stock: Feed) -> list[list[str] | None]:
    """Causes planted in each interval: by defects of its sell-out, and by what happened to its goods."""
    noted: dict[tuple[int, ...], set[str]] = {}
    for row in stock.notes.itertuples() if stock.notes is not None else ():
        noted.setdefault((row.location, row.product, row.interval), set()).add(row.cause)
    return [_named_causes(kind, noted.get(key, set())) for key, kind in zip(_keys_of(found), kinds, strict=True)]


def _named_causes(kind: object, noted: set[str]) -> list[str] | None:
    is_open = isinstance(kind, str) and kind not in _CAUSES
    by_defect = {_CAUSES[kind]} if isinstance(kind, str) and kind in _CAUSES else set()
    return None if is_open else sorted(by_defect | noted) or None


def _keyed(lines: pd.DataFrame, stock: Feed, by_location: bool) -> pd.DataFrame:
    """Units of sell-out lines by the interval in which they fall: the one that the next snapshot closes."""
    ends = stock.clean_deliveries["period_end"].to_numpy()
    return pd.DataFrame({
        "location": lines["location"].astype(int) if by_location else -1,
        "product": lines["product"].astype(int),
        "interval": np.searchsorted(ends, lines["period_start"].to_numpy()),
        "units": units_of(lines),
        "defect": lines["defect"],
    })  # fmt: skip


def _named(found: pd.DataFrame, partner: str, ends: pd.Series) -> pd.DataFrame:
    place = found["location"].to_numpy(dtype=int)
    ids = np.where(place >= 0, locations()["location_id"].to_numpy(dtype=object)[place], None)
    interval = found["interval"].to_numpy(dtype=int)
    return pd.DataFrame({
        "partner_id": partner,
        "location_id": ids,
        "product_id": products()["product_id"].to_numpy()[found["product"].to_numpy(dtype=int)],
        "opening_date": ends.to_numpy()[np.maximum(interval - 1, 0)],
        "closing_date": ends.to_numpy()[interval],
    })  # fmt: skip
