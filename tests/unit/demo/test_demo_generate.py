from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from orchestration.demo.dates import DEMO_AS_OF
from orchestration.demo.feeds import Feed
from orchestration.demo.generate import generate, write_if_new
from orchestration.demo.market import Market, simulate


def test_a_second_call_makes_the_same_bytes_and_touches_nothing(landing: Path, demo_home: Path) -> None:
    """A file whose bytes differed would be written anew."""
    truth_file = demo_home / "demo_truth.json"
    before = {path: path.stat().st_mtime_ns for path in [*landing.rglob("*.*"), truth_file]}
    generate(landing, truth_file, seed=7)
    assert {path: path.stat().st_mtime_ns for path in [*landing.rglob("*.*"), truth_file]} == before


def test_a_damaged_file_is_mended(landing: Path, tmp_path: Path) -> None:
    target = tmp_path / "brand" / "partners.csv"
    write_if_new(target, b"whole")
    target.write_bytes(b"who")
    write_if_new(target, b"whole")
    assert [path.name for path in target.parent.iterdir()] == ["partners.csv"]
    assert target.read_bytes() == b"whole"


def test_another_seed_gives_another_market(market: Market) -> None:
    assert not np.array_equal(simulate(8).sold, market.sold)


def test_the_demo_has_the_size_it_promises(landing: Path, truth: Callable[[str], pd.DataFrame]) -> None:
    assert len(list(landing.rglob("*.*"))) <= 1500
    assert 450_000 < truth("delivery_ledger")["lines_read"].sum() < 1_000_000


def test_nothing_is_received_after_the_moment_of_the_demo(truth: Callable[[str], pd.DataFrame]) -> None:
    received_at = truth("delivery_ledger")["received_at"].map(datetime.fromisoformat)
    assert max(received_at).date().isoformat() <= DEMO_AS_OF


def test_clean_lines_have_no_second_line_of_a_key(clean: dict[str, Feed]) -> None:
    day = {"sell_out": "period_start", "stock": "snapshot_date"}
    for feed in clean.values():
        if feed.layout.kind in day and feed.layout.delivery != "append":
            keys = [name for name in ("location_code", "product_code", day[feed.layout.kind]) if name in feed.lines]
            assert not feed.lines.duplicated(keys).any(), feed.contract_id
    assert not clean["brand.sell_in"].lines.duplicated(["document_id", "document_line"]).any()


def test_tills_print_identical_lines_in_the_clean_feed(clean: dict[str, Feed]) -> None:
    scans = clean["boutique.sell_out"].lines
    assert scans.duplicated(["delivery", "transaction_id", "product_code", "units", "amount"]).sum() > 100


def test_every_pharmacy_reports_every_week_it_is_open(clean: dict[str, Feed]) -> None:
    for partner, count in (("pharma_plus", 60), ("sante_unie", 50), ("officines_du_sud", 40)):
        lines = clean[f"{partner}.sell_out"].lines
        reported = lines.groupby("location")["delivery"].agg(["min", "max", "nunique"])
        assert len(reported) == count
        assert (reported["max"] - reported["min"] + 1 == reported["nunique"]).all()
        assert (lines.loc[lines["units"] == 0].groupby(["location", "delivery"]).size() > 0).all()
