"""Write the demo: the landing zone of a brand with eight partners, and the truth beside it.

Belongs here: the order of the steps. The same seed gives the same bytes; a file appears whole or not at all, and one
that is there already is left alone, so that a second call changes nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pandas as pd

from orchestration.demo import truth, truth_gates, truth_stock
from orchestration.demo.brand_feeds import master_feeds, sell_in_feed
from orchestration.demo.dates import DEMO_AS_OF
from orchestration.demo.defects import plant_all
from orchestration.demo.feeds import Feed
from orchestration.demo.market import simulate
from orchestration.demo.printing import Printed, printed
from orchestration.demo.sell_out_feeds import sell_out_feeds
from orchestration.demo.stock_feeds import stock_feeds
from orchestration.demo.stock_plan import plant_stock_events
from orchestration.files import written_aside

DEFAULT_SEED: Final = 7


def generate(landing: Path, truth_file: Path, seed: int = DEFAULT_SEED) -> None:
    """Write all deliveries below `landing` and what must be found in them to `truth_file` (JSON).

    A home holds the demo of one seed: files of another one are not removed.
    """
    prints = [printed(feed) for feed in defective_feeds(seed).values()]
    for sheet in prints:
        for name, content in zip(sheet.deliveries["file_name"], sheet.deliveries["content"], strict=True):
            write_if_new(landing / name, content)
    write_if_new(truth_file, json.dumps(truth_of(prints, seed), ensure_ascii=False, indent=1).encode())


def clean_feeds(seed: int = DEFAULT_SEED) -> dict[str, Feed]:
    """All feeds by contract id, without a defect."""
    market = simulate(seed)
    feeds = [*sell_out_feeds(market, seed), *stock_feeds(market, seed), sell_in_feed(market, seed), *master_feeds()]
    return {feed.contract_id: feed for feed in feeds}


def defective_feeds(seed: int = DEFAULT_SEED) -> dict[str, Feed]:
    """All feeds by contract id, with the planned defects."""
    feeds = clean_feeds(seed)
    plant_all(feeds, seed)
    plant_stock_events(feeds, seed)
    return feeds


def truth_of(prints: list[Printed], seed: int) -> dict[str, Any]:
    """What selltrace must find: tables as lists of rows, named like the published tables where there is one."""
    feeds = {sheet.feed.contract_id: sheet.feed for sheet in prints}
    delivered = truth.ledger(prints)
    expected = truth_gates.calendar(prints)
    unmatched = truth.unmatched_lines(prints)
    tables = {
        "defects": truth.defects(prints),
        "delivery_ledger": delivered,
        "duplicates": truth.duplicates(prints),
        "delivery_calendar": expected.loc[expected["status"] != "on_time"],
        "missing_sell_out": truth_gates.missing_sell_out(prints, expected),
        "quarantine": truth.quarantine(prints),
        "unmatched_lines": unmatched,
        "unmatched_codes": truth.unmatched_codes(unmatched),
        "held_slices": truth_gates.held_slices(prints, delivered, expected),
        "reconciliation": truth_stock.variances(feeds),
        "reconciliation_unknown": truth_stock.unknown_intervals(feeds),
        "accepted": truth.accepted(prints),
    }
    return {"as_of": DEMO_AS_OF, "seed": seed, "tables": {name: _rows(table) for name, table in tables.items()}}


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values: days as yyyy-MM-dd, moments as ISO with offset, unknown as null."""
    spelled = table.copy()
    for name in spelled:
        if isinstance(spelled[name].dtype, pd.DatetimeTZDtype):
            spelled[name] = spelled[name].map(lambda moment: moment.isoformat())
        elif pd.api.types.is_datetime64_any_dtype(spelled[name]):
            spelled[name] = spelled[name].dt.strftime("%Y-%m-%d")
    rows = spelled.astype(object).where(spelled.notna(), None).to_dict("records")
    return [{str(name): _json_value(value) for name, value in row.items()} for row in rows]


def _json_value(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, float, list)) else str(value)


def write_if_new(target: Path, content: bytes) -> None:
    """Write a file whole, unless it is there with these bytes."""
    if target.is_file() and target.read_bytes() == content:
        return
    with written_aside(target) as aside:
        aside.write_bytes(content)
