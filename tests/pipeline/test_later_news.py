"""What a line, a slice and the facts become when news arrives later: a test a rule, then random orders of arrival."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import duckdb
import pytest

from orchestration.contracts.model import Contract
from orchestration.gates.run import run_stage
from orchestration.gates.suites import load_suites
from orchestration.settings import EXPECTATIONS, Settings
from tests.pipeline.conftest import Release, selltrace
from tests.pipeline.later_rules import contradictions
from tests.pipeline.later_shop import CODES, KEYED, LINE, PRODUCTS, Shop
from tests.pipeline.later_world import Home, all_at_once, differences, feed, in_any_order, make_world
from tests.pipeline.small_market import AS_OF, deliver, write_small_market

EXAMPLES = int(os.environ.get("SELLTRACE_EXAMPLES", "8"))
REPLACED = KEYED.model_copy(update={"delivery": "replace_period"})
ACCOUNT = ("staging.stg_sell_out", "marts.fct_sell_out", "quality.delivery_ledger", "quality.duplicates")
Market = Callable[..., Shop]


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return lambda *feeds: Shop(tmp_path / "home", feeds)


def test_the_moment_of_receipt_decides_and_not_the_order_of_ingestion(market: Market) -> None:
    shop = market(KEYED)
    shop.send("20b", "A,2025-01-06,2")
    shop.send("13a", "A,2025-01-06,1")
    assert shop.classes() == {"20b": ["accepted"], "13a": ["superseded"]}


def test_of_two_deliveries_of_one_moment_the_later_name_counts(market: Market) -> None:
    shop = market(KEYED)
    shop.send("13b", "A,2025-01-06,2")
    shop.send("13a", "A,2025-01-06,1")
    assert shop.classes() == {"13b": ["accepted"], "13a": ["superseded"]}


def test_a_mapping_that_arrives_late_matches_what_waits_without_a_new_delivery(market: Market) -> None:
    shop = market(KEYED, PRODUCTS, CODES)
    shop.send("13a", "X,2025-01-06,1")
    shop.send("14a", "P,cream", feed_id="brand.products")
    assert shop.classes() == {"13a": ["unmatched"]}
    shop.send("20a", "X,P", feed_id="brand.product_codes")
    assert shop.units() == [("P", "2025-01-06", 1)]


def test_restatements_and_duplicates_are_decided_before_matching(market: Market) -> None:
    """Only current lines wait for a mapping: what was restated or sent twice is not counted as unmatched beside it."""
    shop = market(KEYED, PRODUCTS)
    shop.send("12a", "P,cream", feed_id="brand.products")
    shop.send("13a", "X,2025-01-06,1")
    shop.send("14a", "X,2025-01-06,2", "Y,2025-01-06,7")
    shop.send("15a", "X,2025-01-06,2", "Z,2025-01-06,7")
    assert shop.classes() == {"13a": ["superseded"], "14a": ["unmatched"] * 2, "15a": ["duplicate", "unmatched"]}


def test_codes_that_a_first_master_feed_lacks_turn_unmatched(market: Market) -> None:
    shop = market(KEYED, PRODUCTS)
    shop.send("13a", "P,2025-01-06,1", "X,2025-01-06,2")
    assert shop.units() == [("P", "2025-01-06", 1), ("X", "2025-01-06", 2)]
    shop.send("20a", "P,cream", feed_id="brand.products")
    assert shop.classes() == {"13a": ["accepted", "unmatched"]}


def test_restated_there_and_back_the_third_is_a_restatement(market: Market) -> None:
    shop = market(KEYED)
    shop.send("13a", "A,2025-01-06,1")
    shop.send("14b", "A,2025-01-06,2")
    shop.send("15c", "A,2025-01-06,1", "B,2025-01-06,1")
    tables = shop.build(relations=["staging.stg_sell_out", "quality.duplicates"])
    restated = {row["file_name"] for row in tables["stg_sell_out"] if row["is_restatement"]}
    assert restated == {shop.file("14b"), shop.file("15c")}
    assert {(row["class"], row["lines"]) for row in tables["duplicates"]} == {("restatement", 1)}
    assert shop.units() == [("A", "2025-01-06", 1), ("B", "2025-01-06", 1)]


@pytest.mark.parametrize("contract", [KEYED, REPLACED])
def test_the_same_bytes_after_other_news_stay_a_duplicate_and_are_told(market: Market, contract: Contract) -> None:
    shop = market(contract)
    shop.send("13a", "A,2025-01-06,1")
    shop.send("14b", "A,2025-01-06,2")
    shop.send("15c", "A,2025-01-06,1")
    tables = shop.build(relations=["quality.delivery_ledger", "quality.evidence_duplicates"])
    assert shop.units() == [("A", "2025-01-06", 2)]
    [resent] = [row for row in tables["delivery_ledger"] if row["duplicate"]]
    assert (resent["file_name"], resent["resent_of"]) == (shop.file("15c"), shop.entry(shop.file("13a")).delivery_id)
    told = {row["delivery_id"]: row["resent_after_news"] for row in tables["evidence_duplicates"]}
    assert told[resent["delivery_id"]] == 1


def test_a_quarantined_restatement_never_supersedes(market: Market) -> None:
    shop = market(KEYED)
    shop.send("13a", "A,2025-01-06,1", "B,2025-01-06,1")
    shop.send("14b", "A,2025-01-06,two", "B,2025-01-06,2")
    assert shop.classes() == {"13a": ["accepted", "superseded"], "14b": ["accepted"]}


def test_with_a_quarantined_line_nothing_is_replaced_in_its_period(market: Market) -> None:
    shop = market(REPLACED.model_copy(update={"period": "day"}))
    shop.send("13a", "A,2025-01-06,1", "A,2025-01-07,1")
    shop.send("14b", "A,2025-01-06,2", "B,2025-01-06,x", "A,2025-01-07,2")
    assert shop.units() == [("A", "2025-01-06", 1), ("A", "2025-01-07", 2)]


def test_of_two_deliveries_with_quarantined_lines_the_later_replaces_nothing(market: Market) -> None:
    shop = market(REPLACED)
    shop.send("13a", "A,2025-01-06,1", "B,2025-01-06,x")
    shop.send("14b", "A,2025-01-06,2", "B,2025-01-06,y")
    assert shop.units() == [("A", "2025-01-06", 1)]


def test_a_period_is_compared_with_what_it_replaces_and_not_with_what_never_counted(market: Market) -> None:
    shop = market(REPLACED)
    shop.send("13a", "A,2025-01-06,1")
    shop.send("14b", "A,2025-01-06,2", "B,2025-01-06,x")
    shop.send("15c", "A,2025-01-06,1", "C,2025-01-06,1")
    tables = shop.build(relations=["quality.duplicates"])
    assert tables["duplicates"] == []


def test_a_corrected_contract_reads_the_stored_bytes_again(market: Market) -> None:
    shop = market(KEYED)
    path = shop.send("13a", "A,2025-01-06,1", "TOTAL,2025-01-06,1")
    before = shop.entry(shop.file("13a"))
    path.unlink()
    shop.feeds["shop.sell_out"] = KEYED.model_copy(update={"version": "1.1.0", "where": "product_code <> 'TOTAL'"})
    assert shop.take_in() == []
    after = shop.entry(shop.file("13a"))
    assert (after.delivery_id, after.former_contract_versions) == (before.delivery_id, ("1.0.0",))
    assert shop.units() == [("A", "2025-01-06", 1)]


def test_a_personal_feed_can_be_read_again_only_from_the_landing_zone(market: Market) -> None:
    columns = feed("shop.sell_out", f"{LINE} customer_id", partner="shop").mappings
    personal = tuple(one.model_copy(update={"personal": one.name == "customer_id"}) for one in columns)
    contract = KEYED.model_copy(update={"mappings": personal, "delivery": "append"})
    shop = market(contract)
    path = shop.send("13a", "A,2025-01-06,1,marie", "TOTAL,2025-01-06,1,")
    content = path.read_bytes()
    state = path.stat()
    path.unlink()
    shop.feeds["shop.sell_out"] = contract.model_copy(update={"where": "product_code <> 'TOTAL'"})
    [problem] = shop.take_in()
    assert "put the file back as it was" in problem
    assert shop.classes() == {"13a": ["accepted"] * 2}
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert shop.take_in() == []
    assert shop.classes() == {"13a": ["accepted"]}


def test_a_file_that_disappears_changes_nothing(market: Market) -> None:
    shop = market(KEYED)
    path = shop.send("13a", "A,2025-01-06,1")
    before = shop.build(relations=ACCOUNT)
    path.unlink()
    assert shop.take_in() == []
    assert not differences(before, shop.build(relations=ACCOUNT))


#: contract, deliveries, units without the second one
WITHDRAWN: dict[str, tuple[Contract, list[list[str]], list[int]]] = {
    "append": (KEYED.model_copy(update={"delivery": "append"}), [["A,2025-01-06,1"], ["A,2025-01-06,2"]], [1]),
    "keyed": (KEYED, [["A,2025-01-06,1"], ["A,2025-01-06,2"]], [1]),
    "replace_period": (REPLACED, [["A,2025-01-06,1"], ["B,2025-01-06,2"]], [1]),
    "of which a copy came later": (KEYED, [["A,2025-01-06,1"], ["A,2025-01-06,2"], ["A,2025-01-06,2"]], [2]),
    "itself a copy": (KEYED, [["A,2025-01-06,1"], ["A,2025-01-06,1"]], [1]),
}


@pytest.mark.parametrize("case", WITHDRAWN)
def test_what_a_withdrawn_delivery_superseded_returns_and_that_can_be_undone(market: Market, case: str) -> None:
    contract, deliveries, units = WITHDRAWN[case]
    shop = market(contract)
    for place, lines in enumerate(deliveries):
        shop.send(f"{13 + place}{'abc'[place]}", *lines)
    before = shop.build(relations=ACCOUNT)
    shop.withdraw(shop.file("14b"))
    without = shop.build(relations=ACCOUNT)
    assert [row["units"] for row in without["fct_sell_out"]] == units
    [withdrawn] = [row for row in without["delivery_ledger"] if row["is_withdrawn"]]
    assert (withdrawn["out_of_scope"], withdrawn["lines_read"]) == (1, 1)
    shop.restore(shop.file("14b"))
    assert not differences(before, shop.build(relations=ACCOUNT))


def test_a_withdrawn_list_of_products_leaves_the_former_one(market: Market) -> None:
    shop = market(KEYED, PRODUCTS)
    shop.send("12a", "P,cream", "X,soap", feed_id="brand.products")
    shop.send("13a", "P,2025-01-06,1", "X,2025-01-06,2")
    shop.send("20b", "P,cream", feed_id="brand.products")
    assert shop.classes() == {"13a": ["accepted", "unmatched"]}
    shop.withdraw(shop.file("20b", "brand.products"))
    assert shop.classes() == {"13a": ["accepted"] * 2}


def test_a_deletion_takes_back_what_was_sold_and_a_later_line_brings_it_back(market: Market) -> None:
    flagged = feed("shop.sell_out", f"{LINE} deleted", "product_code period_start", partner="shop", delivery="keyed")
    shop = market(flagged)
    shop.send("13a", "A,2025-01-06,5,")
    shop.send("14b", "A,2025-01-06,5,true")
    assert shop.classes() == {"13a": ["superseded"], "14b": ["accepted"]}
    assert shop.units() == [("A", "2025-01-06", 0)]
    shop.send("15c", "A,2025-01-06,5,", "B,2025-01-06,1,")
    assert shop.units() == [("A", "2025-01-06", 5), ("B", "2025-01-06", 1)]


def test_the_gates_hold_what_replaced_nothing_and_warn_of_bytes_that_came_back(market: Market) -> None:
    other = feed("other.sell_out", LINE, "product_code period_start", partner="other", delivery="keyed", period="week")
    shop = market(REPLACED, other)
    shop.send("13a", "A,2025-01-06,1", "A,2025-01-13,1")
    shop.send("14b", "A,2025-01-06,2", "B,2025-01-06,x")
    for name, units in {"13a": 1, "14b": 2, "15c": 1}.items():
        shop.send(name, f"A,2025-01-06,{units}", feed_id="other.sell_out")
    evidence = [suite.meta.evidence for suite in load_suites(EXPECTATIONS) if suite.meta.stage == "slices"]
    shop.build(relations=evidence)
    run_stage(shop.settings, "slices")
    with duckdb.connect(str(shop.settings.warehouse), read_only=True) as connection:
        held = connection.execute(
            "select partner_id, kind, cast(week_start as varchar) from gates.held_slices"
        ).fetchall()
        warned = connection.execute(
            "select partner_id from gates.gate_verdicts "
            "where severity = 'warning' and outcome = 'failed' and expectation = 'nothing_resent_after_news'"
        ).fetchall()
    assert held == [("shop", "sell_out", "2025-01-06")]
    assert warned == [("other",)]


def test_a_question_on_the_past_by_the_command_line(tmp_path: Path) -> None:
    contracts = write_small_market(tmp_path)
    deliver(tmp_path, "sell_out/2025-01-28.csv", "code,week,units\nA,2025-01-20,6\n")
    selltrace(tmp_path, "run", "--as-of", AS_OF, contracts=contracts)
    question = ["reconciliation", "--where", "product_id=A", "--where", "closing_date=2025-01-26", "--json"]
    [known] = json.loads(selltrace(tmp_path, "as-of", "2025-01-27", *question, contracts=contracts))
    release = Release(Settings(home=tmp_path))
    [published] = release.rows(
        "select variance_units from reconciliation where product_id = 'A' and closing_date = '2025-01-26'"
    )
    release.close()
    assert (known["variance_units"], str(published[0])) == ("0.0000", "1.0000")


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_any_order_of_arrival_gives_the_same_end(tmp_path: Path, seed: int) -> None:
    """Deliveries of every mode, at once or in any order by several runs: the same tables, and as the rules say."""
    world = make_world(Random(seed))
    home = Home(tmp_path / "at_once", world.feeds)
    at_once = all_at_once(home, world)
    assert contradictions(home, at_once) == []
    in_order = in_any_order(Home(tmp_path / "in_order", world.feeds), world, Random(seed), by_dbt=seed == 0)
    assert differences(at_once, in_order) == {}
