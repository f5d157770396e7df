"""Stock rolled forward between counts, by location where stock is counted there, else by partner.

Belongs here: the intervals between counts. Does not belong here: weeks (`marts`).
"""

from __future__ import annotations

import pandas as pd

from benchmarks.with_pandas.facts import Facts
from benchmarks.with_pandas.keys import KEY, monday, packed


def by_location(stock: pd.DataFrame) -> pd.Series:
    """Whether a partner counts its stock by location, by partner; of those that count none nothing."""
    return stock["location_id"].notna().groupby(stock["partner_id"], observed=True).all()


def intervals(facts: Facts) -> pd.DataFrame:
    """One row for each count but the first of a key, with what came and went since."""
    located = by_location(facts.stock)
    counts = facts.stock.sort_values([*KEY, "snapshot_date"], na_position="first", ignore_index=True)
    keys = pd.Series(packed(counts, KEY))
    openings = counts[["snapshot_date", "on_hand_units"]].shift().where(keys == keys.shift())
    table = counts.rename(columns={"snapshot_date": "closing_date", "on_hand_units": "reported_closing_units"})
    table["opening_date"], table["opening_units"] = openings["snapshot_date"], openings["on_hand_units"]
    table = table[table["opening_date"].notna()]
    begins = packed(table.assign(week=table["closing_date"] - pd.Timedelta(days=6)), [*KEY, "week"])
    received = facts.sell_in.assign(week=monday(facts.sell_in["document_date"]))
    table["received_units"] = _moved(received, located).reindex(begins, fill_value=0).to_numpy()
    sold = facts.sell_out.rename(columns={"period_start": "week"})
    table["sell_out_units"] = _moved(sold, located).reindex(begins, fill_value=0).to_numpy()
    table["expected_closing_units"] = table["opening_units"] + table["received_units"] - table["sell_out_units"]
    table["variance_units"] = table["reported_closing_units"] - table["expected_closing_units"]
    return table


def _moved(lines: pd.DataFrame, located: pd.Series) -> pd.Series:
    """Units by key and week, packed as numbers."""
    is_located = lines["partner_id"].isin(located.index[located])
    keys = lines[[*KEY, "week"]].assign(location_id=lines["location_id"].where(is_located))
    return lines["units"].groupby(packed(keys, [*KEY, "week"])).sum()
