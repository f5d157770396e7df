"""What the roll-forward of stock must find in the demo: which intervals are not balanced, by how much, and why.

The market itself is balanced, and sell-in and stock are reported as they are, so a variance is exactly the sell-out
that is accepted beyond the true one. Belongs here: that difference, by interval, and intervals without a snapshot.
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
    """One row an interval whose variance is not 0: units, and the cause that selltrace must name (null: left open)."""
    parts = [
        _variances_of(feeds[f"{partner}.sell_out"], stock)
        for partner, stock in _stock_feeds(feeds).items()
    ]  # fmt: skip
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


def _variances_of(sell_out: Feed, stock: Feed) -> pd.DataFrame:
    by_location = "location_code" in stock.lines
    reported = _keyed(sell_out.lines.loc[sell_out.lines["line_class"] == "accepted"], stock, by_location)
    true = _keyed(sell_out.clean, stock, by_location)
    sums = pd.concat([reported, true.assign(units=-true["units"])]).groupby(_KEY, as_index=False)["units"].sum()
    broken = sums.loc[sums["units"].abs() > 1e-9]
    cells = _snapshots(stock)[_KEY]
    both_ends = broken.merge(cells, on=_KEY).merge(cells.assign(interval=cells["interval"] + 1), on=_KEY)
    marked = pd.concat([sell_out.lines.loc[sell_out.lines["defect"] >= 0], sell_out.dropped])
    blamed = _keyed(marked, stock, by_location).groupby(_KEY, as_index=False)["defect"].max()
    found = both_ends.merge(blamed, on=_KEY, how="left")
    kinds = found["defect"].map(dict(enumerate(plant.kind for plant in PLAN)))
    named = _named(found, str(sell_out.layout.partner), stock.clean_deliveries["period_end"])
    return named.assign(
        variance_units=found["units"].to_numpy(),
        defect=found["defect"].to_numpy(),
        cause=kinds.map(_CAUSES).to_numpy(),
    )


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
