"""Release after release: what a slice that is held, mended or carried keeps, and that nothing else moves with it."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest

from orchestration.contracts.model import Cadence, Waiver
from orchestration.publish.manifest import Manifest
from orchestration.publish.rollback import rollback
from tests.pipeline.later_releases import broken_promises, held_slices, holding_nothing
from tests.pipeline.later_shop import CODES, KEYED, PRODUCTS, Shop
from tests.pipeline.later_world import Home, all_at_once, differences, feed, happen, make_world

EXAMPLES = int(os.environ.get("SELLTRACE_EXAMPLES", "1"))
#: a world in which a correction moves lines to other weeks, periods overlap, and weeks pass after held ones
FIRST = 20
FACTS = ("fct_sell_in", "fct_sell_out", "fct_stock")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a shop whose week of 6 January is published: a unit of A."""
    shop = Shop(tmp_path_factory.mktemp("published") / "home", (KEYED,))
    shop.send("13a", "A,2025-01-06,1")
    shop.release()
    return shop.settings.home


@pytest.fixture
def shop(tmp_path: Path, published: Path) -> Shop:
    """A copy of that home."""
    return Shop(shutil.copytree(published, tmp_path / "home", symlinks=True), (KEYED,))


def _break_week(shop: Shop, name: str = "14b") -> None:
    """Send a restatement of the week of which most cannot be read."""
    shop.send(name, "A,2025-01-06,50", "B,2025-01-06,x", "C,2025-01-06,y")


def _sold(shop: Shop) -> list[tuple[str, str, int]]:
    rows = shop.released()["fct_sell_out"]
    return sorted((row["product_id"], str(row["period_start"]), int(row["units"])) for row in rows)


def _held(manifest: Manifest) -> list[tuple[str, str | None, str | None]]:
    """Held slices: week, suites, the release that they are carried from."""
    return [(str(one.week_start), one.suites, one.carried_from) for one in manifest.held()]


def _marks(shop: Shop) -> list[tuple[str, bool, str | None]]:
    """Rows of the weekly mart: product, whether they are held, what warns of them."""
    rows = shop.released()["sell_through_weekly"]
    return sorted((row["product_id"], row["is_held"], row["warnings"]) for row in rows)


def _changes(manifest: Manifest) -> list[tuple[str, str]]:
    return [(one.change, one.expectation) for one in manifest.gate_changes]


def test_a_held_slice_stays_where_it_passed_until_it_is_mended_and_then_goes_out_whole(shop: Shop) -> None:
    passed = shop.settings.current.resolve().name
    _break_week(shop)
    broken = shop.release()
    assert (_held(broken), _sold(shop)) == ([("2025-01-06", "acceptance", passed)], [("A", "2025-01-06", 1)])
    assert ("newly_failed", "accepted_publishable") in _changes(broken)
    assert [row["line_number"] for row in shop.released()["quarantine"]] == [3, 4], "evidence goes out as it is now"
    shop.send("15c", "A,2025-01-06,7", "A,2025-01-06,9")
    otherwise = shop.release()
    assert (_held(otherwise), _sold(shop)) == ([("2025-01-06", "duplicates", passed)], [("A", "2025-01-06", 1)])
    assert ("newly_passed", "accepted_publishable") in _changes(otherwise)
    assert _marks(shop) == [("A", True, None)]
    shop.send("16d", "A,2025-01-06,2", "B,2025-01-06,3")
    mended = shop.release()
    assert _held(mended) == []
    assert ("newly_passed", "few_conflicts") in _changes(mended)
    assert _sold(shop) == [("A", "2025-01-06", 2), ("B", "2025-01-06", 3)]
    assert _marks(shop) == [(product, False, "sell_out: duplicates, stability") for product in "AB"]


def test_a_line_belongs_to_the_week_in_which_its_period_starts_goods_arrive_or_stock_is_counted(tmp_path: Path) -> None:
    given = {"partner": "shop", "delivery": "keyed"}
    bought = feed(
        "shop.sell_in",
        "document_id document_date received_on product_code units",
        "document_id",
        lead_time_days=5,
        **given,
    )
    sold = feed("shop.sell_out", "product_code period_start period_end units", "product_code", **given)
    counted = feed("shop.stock", "product_code snapshot_date on_hand_units", "product_code", **given)
    shop = Shop(tmp_path / "home", (bought, sold, counted))
    shop.send("20a", "D1,2025-01-05,2025-01-14,A,1", "D2,2025-01-05,,A,2", feed_id="shop.sell_in")
    shop.send("20a", "A,2025-01-12,2025-01-14,3")
    shop.send("20a", "A,2025-01-19,4", feed_id="shop.stock")
    built = shop.build(relations=[f"marts.{fact}" for fact in FACTS])
    weeks = [
        (int(row.get("units", row.get("on_hand_units"))), str(row["week_start"]))
        for fact in FACTS
        for row in built[fact]
    ]
    assert sorted(weeks) == [(1, "2025-01-13"), (2, "2025-01-06"), (3, "2025-01-06"), (4, "2025-01-13")]


def test_carried_lines_keep_their_ids_and_dimensions_their_rows(shop: Shop) -> None:
    """Master data that appears later renames what is new, and not what is carried."""
    _break_week(shop)
    shop.feeds |= {contract.id: contract for contract in (PRODUCTS, CODES)}
    shop.send("15a", "P,cream", feed_id="brand.products")
    shop.send("15b", "A,P", feed_id="brand.product_codes")
    shop.send("20a", "A,2025-01-13,4")
    shop.release()
    assert _sold(shop) == [("A", "2025-01-06", 1), ("P", "2025-01-13", 4)]
    assert {row["product_id"] for row in shop.released()["dim_products"]} == {"A", "P"}


def test_what_a_list_drops_keeps_its_name_while_its_lines_are_carried(shop: Shop) -> None:
    shop.feeds |= {PRODUCTS.id: PRODUCTS}
    shop.send("14a", "A,cream", feed_id="brand.products")
    shop.release()
    _break_week(shop, "15b")
    shop.send("16a", "B,soap", feed_id="brand.products")
    shop.release()
    assert _sold(shop) == [("A", "2025-01-06", 1)]
    names = {row["product_id"]: row["product_name"] for row in shop.released()["dim_products"]}
    assert names == {"A": "cream", "B": "soap"}


def test_a_first_list_of_products_takes_what_it_lacks_out_with_a_warning(shop: Shop) -> None:
    """Most of the week is still known, so it goes out; what is gone is told."""
    shop.send("14b", *(f"{product},2025-01-06,1" for product in "BCDE"))
    shop.release()
    shop.feeds |= {PRODUCTS.id: PRODUCTS}
    shop.send("15a", *(f"{product},cream" for product in "BCDE"), feed_id="brand.products")
    shrunk = shop.release()
    assert _sold(shop) == [(product, "2025-01-06", 1) for product in "BCDE"]
    assert ("newly_failed", "lines_do_not_shrink") in _changes(shrunk)
    assert [row["code"] for row in shop.released()["unmatched_codes"]] == ["A"]


def test_what_is_carried_comes_from_no_release_that_was_rolled_back_or_written_aside(shop: Shop) -> None:
    first = shop.settings.current.resolve().name
    shop.send("14b", "A,2025-01-06,2")
    assert not shop.release(datetime(2025, 1, 31, tzinfo=UTC)).current
    assert shop.release().current
    assert _sold(shop) == [("A", "2025-01-06", 2)]
    assert rollback(shop.settings).release_id == first
    _break_week(shop, "15c")
    assert _held(shop.release()) == [("2025-01-06", "acceptance", first)]
    assert _sold(shop) == [("A", "2025-01-06", 1)]


def test_a_waived_slice_goes_out_until_the_waiver_expires_and_then_is_judged_again(tmp_path: Path) -> None:
    waiver = Waiver(period_start=date(2025, 1, 6), reason="strike", by="Bea", until=date(2025, 2, 15))
    dues = {"frequency": Cadence(value=1, unit="w"), "starts_on": date(2025, 1, 6), "ends_on": date(2025, 1, 19)}
    shop = Shop(tmp_path / "home", (KEYED.model_copy(update=dues | {"waivers": (waiver,)}),))
    shop.send("20a", "A,2025-01-13,1")
    shop.send("21b", "A,2025-01-06,5", "B,2025-01-06,x", "C,2025-01-06,y")
    waived = shop.release(datetime(2025, 2, 15, tzinfo=UTC))
    assert _held(waived) == []
    [words] = [one.waivers for one in waived.slices if one.waivers]
    assert "Waived by Bea until 2025-02-15: strike" in words[0]
    assert _sold(shop) == [("A", "2025-01-06", 5), ("A", "2025-01-13", 1)]
    expired = shop.release(datetime(2025, 2, 16, tzinfo=UTC))
    assert ("newly_failed", "accepted_publishable") in _changes(expired)
    assert _held(expired) == [("2025-01-06", "acceptance", waived.release_id)]


def test_a_corrected_contract_that_moves_a_line_out_of_a_held_week_goes_out(tmp_path: Path) -> None:
    """Day and month were taken for one another: the week that the lines leave is now overdue, so it keeps them."""

    def reading(format_: str) -> dict[str, object]:
        mappings = [
            one.model_copy(update={"date_format": format_}) if one.name == "period_start" else one
            for one in KEYED.mappings
        ]
        return {"version": format_, "mappings": tuple(mappings)}

    dues = {"frequency": Cadence(value=1, unit="w"), "starts_on": date(2024, 12, 30), "ends_on": date(2025, 1, 5)}
    before = KEYED.model_copy(update=dues | reading("dd/MM/yyyy"))
    shop = Shop(tmp_path / "home", (before,))
    shop.send("13a", "A,02/01/2025,1", "B,02/01/2025,2")
    shop.release()
    shop.feeds[before.id] = before.model_copy(update=reading("MM/dd/yyyy"))
    shop.take_in()
    assert [week for week, *_ in _held(shop.release())] == ["2024-12-30"]
    assert _sold(shop) == [("A", "2025-01-02", 1), ("B", "2025-01-02", 2)]
    shop.send("14b", "C,01/02/2025,1")
    shop.release()
    assert _sold(shop) == [("A", "2025-02-01", 1), ("B", "2025-02-01", 2), ("C", "2025-01-02", 1)]


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_releases_of_any_order_of_arrival_keep_their_promises(tmp_path: Path, seed: int) -> None:
    """Every release goes out, holds what it must and changes nothing there; once nothing is held, all is as at once."""
    random, world = Random(seed), make_world(Random(seed))
    home, waiting = Home(tmp_path / "home", world.feeds), list(world.deliveries)
    random.shuffle(waiting)
    before = None
    for run in range(3):
        if run == 1:
            home.feeds |= {contract.id: contract for contract in world.corrected}
        batch, waiting = (waiting[:10], waiting[10:]) if run < 2 else (waiting, [])
        paths = {one.name: home.deliver(one.name, one.content) for one in batch}
        home.take_in()
        home.release()
        now = home.released()
        assert broken_promises(home.settings, before, now) == []
        before = now
        happen(home, world, paths)
    assert held_slices(home.settings), "a world in which nothing is held shows nothing"
    assert home.failing_tests() == []
    home.release(expectations=holding_nothing(tmp_path / "suites"))
    at_once = all_at_once(Home(tmp_path / "at_once", world.feeds), world)
    assert differences({name: at_once[name] for name in FACTS}, home.released()) == {}
