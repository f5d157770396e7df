"""What changed between two releases is told by slice and reason, and adds up to the difference of their totals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import pytest
from small_warehouse import Build, bought, counted, release_of, sold, usual_lines

from orchestration.commands import diff_rows
from orchestration.publish.diff import Diff, diff
from orchestration.publish.errors import UnknownRelease
from orchestration.publish.rollback import rollback
from orchestration.settings import Settings

Told = list[tuple[str, str, str, int, int, int, int]]


def told(found: Diff) -> Told:
    """Partner, week, reason, rows added, removed and changed, units."""
    return [
        (
            one.partner_id,
            str(one.week_start),
            one.reason,
            one.rows_added,
            one.rows_removed,
            one.rows_changed,
            int(next(iter(one.sums.values()))),
        )
        for one in found.changes
    ]


def compare(settings: Settings, before: Build, after: Build, **more: Any) -> Diff:
    """The difference of two builds that are published one after the other."""
    before.build_id, after.build_id = "b1", "b2"
    release_of(settings, before)
    release_of(settings, after, **more)
    found = diff(settings)
    assert found.adds_up
    return found


def sell_out(*more: dict[str, Any], **changed: Any) -> dict[str, list[dict[str, Any]]]:
    """The usual lines, the first one of acme changed, and more."""
    lines = usual_lines()
    lines["sell_out"][0] |= changed
    lines["sell_out"] += more
    return lines


def test_nothing_changed(settings: Settings) -> None:
    found = compare(settings, Build(), Build())
    assert (found.tables, found.changes) == ([], [])


def test_a_later_delivery_restates(settings: Settings) -> None:
    lines = sell_out(sold("acme", "2025-01-07", 30, 1, delivery_id="fix"), line_class="superseded")
    found = compare(settings, Build(), Build(lines=lines))
    assert told(found) == [("acme", "2025-01-06", "restated", 1, 1, 0, 27)]
    assert found.changes[0].evidence == "fix.csv instead of acme_out.csv"
    assert found.changes[0].sums == {"units": 27, "amount": 54, "amount_reporting": 54}
    [facts] = [table for table in found.tables if table.table == "fct_sell_out"]
    assert (facts.rows_before, facts.rows_after, facts.sums["units"]) == (5, 5, Decimal(27))


def test_what_a_replaced_period_drops_was_restated(settings: Settings) -> None:
    """The later delivery has another product: neither line says the same as the other."""
    later = sold("acme", "2025-01-07", 30, 1, delivery_id="fix", product_id="P2")
    found = compare(settings, Build(), Build(lines=sell_out(later, line_class="superseded")))
    assert told(found) == [
        ("acme", "2025-01-06", "late", 1, 0, 0, 30),
        ("acme", "2025-01-06", "restated", 0, 1, 0, -3),
    ]


def test_new_and_late_deliveries(settings: Settings) -> None:
    lines = sell_out(
        sold("acme", "2025-02-11", 1, 1, delivery_id="of_february"),
        sold("acme", "2025-01-22", 2, 1, delivery_id="of_january"),
        sold("acme", "2025-02-12", 4, 2, delivery_id="of_january"),
    )
    found = compare(settings, Build(), Build(lines=lines))
    assert told(found) == [
        ("acme", "2025-01-20", "late", 1, 0, 0, 2),
        ("acme", "2025-02-10", "new", 2, 0, 0, 5),
    ]
    assert [one.evidence for one in found.changes] == ["of_january.csv", "of_february.csv, of_january.csv"]


def test_the_first_lines_of_a_kind_are_new(settings: Settings) -> None:
    before = {kind: lines for kind, lines in usual_lines().items() if kind != "stock"}
    found = compare(settings, Build(lines=before), Build())
    assert told(found) == [("acme", "2025-01-27", "new", 1, 0, 0, 13)]


def test_held_mended_and_back(settings: Settings) -> None:
    held = [("acme", "sell_out", "2025-01-06")]
    changed = sell_out(units=300)
    found = compare(settings, Build(), Build(lines=changed, held=held))
    assert told(found) == [("acme", "2025-01-06", "held", 0, 0, 0, 0)]
    assert found.changes[0].evidence == "overdue"
    mended = compare(settings, Build(lines=changed, held=held), Build(lines=changed))
    assert told(mended) == [("acme", "2025-01-06", "mended", 0, 0, 1, 297)]
    assert mended.changes[0].evidence == "was held: overdue; by acme_out.csv"


def test_lines_that_a_held_slice_went_back_to(settings: Settings) -> None:
    """After a rollback a held slice keeps what is current, not what was rolled back."""
    release_of(settings)
    second = release_of(settings, Build("b2", lines=sell_out(units=300)))
    rollback(settings)
    third = release_of(settings, Build("b3", lines=sell_out(units=300), held=[("acme", "sell_out", "2025-01-06")]))
    found = diff(settings, second.release_id, third.release_id)
    assert told(found) == [("acme", "2025-01-06", "held", 0, 0, 1, -297)]


def test_a_slice_that_never_passed_is_mended(settings: Settings) -> None:
    found = compare(settings, Build(held=[("acme", "sell_out", "2025-01-06")]), Build())
    assert told(found) == [("acme", "2025-01-06", "mended", 1, 0, 0, 3)]


def test_a_slice_without_lines_that_is_held_and_then_waived(settings: Settings) -> None:
    held = [("acme", "sell_out", "2025-03-03")]
    assert told(compare(settings, Build(), Build(held=held)))[0][2:] == ("held", 0, 0, 0, 0)
    again = compare(settings, Build(held=held), Build())
    assert (told(again)[0][2:], again.changes[0].evidence) == (("mended", 0, 0, 0, 0), "was held: overdue")


def test_a_withdrawal_returns_what_was_superseded(settings: Settings) -> None:
    fix = sold("acme", "2025-01-07", 30, 1, delivery_id="fix")
    restated = Build(lines=sell_out(fix, line_class="superseded"))
    undone = Build(lines=sell_out(fix | {"line_class": "out_of_scope"}), withdrawn=["fix"])
    found = compare(settings, restated, undone)
    assert told(found) == [("acme", "2025-01-06", "withdrawn", 1, 1, 0, -27)]
    assert found.changes[0].evidence == "fix.csv"
    assert told(compare(settings, undone, restated)) == [("acme", "2025-01-06", "withdrawn", 1, 1, 0, 27)]


def test_codes_are_matched_later_or_no_longer(settings: Settings) -> None:
    unmatched = Build(lines=sell_out(line_class="unmatched"))
    assert told(compare(settings, unmatched, Build())) == [("acme", "2025-01-06", "mapping", 1, 0, 0, 3)]
    assert told(compare(settings, Build(), unmatched)) == [("acme", "2025-01-06", "mapping", 0, 1, 0, -3)]


def test_codes_are_matched_otherwise(settings: Settings) -> None:
    found = compare(settings, Build(), Build(lines=sell_out(product_id="P2")), code_version="2.0")
    assert told(found) == [("acme", "2025-01-06", "mapping", 0, 0, 1, 0)]
    assert found.changes[0].evidence == "P2 instead of P1"


def test_other_units_of_a_code_are_mapping_too(settings: Settings) -> None:
    found = compare(settings, Build(), Build(lines=sell_out(units=36)))
    assert told(found) == [("acme", "2025-01-06", "mapping", 0, 0, 1, 33)]


def test_a_line_that_goes_to_another_partner_is_removed_and_added(settings: Settings) -> None:
    found = compare(settings, Build(), Build(lines=sell_out(partner_id="bolt", location_id="bolt_1")))
    assert told(found) == [
        ("acme", "2025-01-06", "mapping", 0, 1, 0, -3),
        ("bolt", "2025-01-06", "mapping", 1, 0, 0, 3),
    ]


def test_exchange_rates(settings: Settings) -> None:
    found = compare(settings, Build(), Build(lines=sell_out(amount_reporting=7)))
    assert told(found) == [("acme", "2025-01-06", "rates", 0, 0, 1, 0)]
    assert found.changes[0].sums["amount_reporting"] == 1


def test_a_contract_reads_a_delivery_otherwise(settings: Settings) -> None:
    after = Build(lines=sell_out(units=36), contract_version="1.1.0")
    found = compare(settings, Build(), after, contract_versions={"c": "1.1.0"}, code_version="2.0")
    assert told(found) == [("acme", "2025-01-06", "contract", 0, 0, 1, 33)]
    assert found.changes[0].evidence == "c 1.0.0 to 1.1.0"


def test_a_contract_changed_without_reading_again(settings: Settings) -> None:
    found = compare(settings, Build(), Build(lines=sell_out(units=36)), contract_hashes={"c": "other"})
    assert told(found) == [("acme", "2025-01-06", "contract", 0, 0, 1, 33)]
    assert found.changes[0].evidence == "c 1.0.0"


def test_a_feed_is_no_longer_read(settings: Settings) -> None:
    after = {kind: lines for kind, lines in usual_lines().items() if kind != "stock"}
    found = compare(settings, Build(), Build(lines=after), contract_versions={})
    assert told(found) == [("acme", "2025-01-27", "contract", 0, 1, 0, -13)]
    assert found.changes[0].evidence == "c is no longer read"


def test_the_code_changed_and_nothing_else(settings: Settings) -> None:
    found = compare(settings, Build(), Build(lines=sell_out(units=36)), code_version="2.0")
    assert told(found) == [("acme", "2025-01-06", "code", 0, 0, 1, 33)]
    assert found.changes[0].evidence == "1.0 to 2.0"


def test_a_line_that_goes_without_a_reason_is_said_to(settings: Settings) -> None:
    lines = usual_lines()
    del lines["sell_out"][0]
    assert told(compare(settings, Build(), Build(lines=lines))) == [("acme", "2025-01-06", "unexplained", 0, 1, 0, -3)]


def test_all_kinds_and_reasons_at_once_add_up(settings: Settings) -> None:
    lines = sell_out(sold("acme", "2025-01-07", 30, 1, delivery_id="fix"), line_class="superseded")
    lines["sell_out"][3] |= {"product_id": "P2"}
    lines["sell_in"] = [bought("acme", "2025-01-06", 25, 1, received_on="2025-01-20", week_start="2025-01-20")]
    lines["stock"].append(counted("bolt", "2025-02-28", 4, 1))
    found = compare(settings, Build(), Build(lines=lines, held=[("bolt", "stock", "2025-02-24")]))
    assert {one.reason for one in found.changes} == {"restated", "mapping", "held"}
    assert {one.table for one in found.changes} == {"fct_sell_out", "fct_sell_in", "fct_stock"}
    moved = [(one.rows_added, one.rows_removed) for one in found.changes if one.table == "fct_sell_in"]
    assert moved == [(0, 1), (1, 0)]


def test_backwards_the_figures_turn_and_the_reasons_stay(settings: Settings) -> None:
    lines = sell_out(sold("acme", "2025-02-11", 1, 1, delivery_id="next"))
    first, second = release_of(settings), release_of(settings, Build("b2", lines=lines))
    back = diff(settings, second.release_id, first.release_id)
    assert told(back) == [("acme", "2025-02-10", "new", 0, 1, 0, -1)]
    assert (back.older, back.newer, back.adds_up) == (second.release_id, first.release_id, True)


def test_by_default_the_current_release_is_compared_with_the_one_before(settings: Settings) -> None:
    with pytest.raises(UnknownRelease, match="there is no release yet"):
        diff(settings)
    first = release_of(settings)
    with pytest.raises(UnknownRelease, match="nothing stood before"):
        diff(settings)
    second, third = release_of(settings, Build("b2")), release_of(settings, Build("b3"))
    assert (diff(settings).older, diff(settings).newer) == (second.release_id, third.release_id)
    rollback(settings)
    assert (diff(settings).older, diff(settings).newer) == (first.release_id, second.release_id)
    with pytest.raises(UnknownRelease, match="no release nonsense is kept"):
        diff(settings, "nonsense")


def test_a_release_that_lacks_a_column_is_compared_by_the_others(settings: Settings) -> None:
    first = release_of(settings)
    for path in first.folder.glob("fct_stock/*/*.parquet"):
        path.chmod(0o644)
        duckdb.sql(f"copy (select * exclude (on_order_units) from '{path}') to '{path}.new' (format parquet)")
        path.with_name(f"{path.name}.new").replace(path)
    lines = usual_lines()
    lines["stock"][0] |= {"on_hand_units": 14}
    release_of(settings, Build("b2", lines=lines))
    assert told(diff(settings)) == [("acme", "2025-01-27", "mapping", 0, 0, 1, 1)]


def test_a_person_reads_weeks_together_or_one_by_one(settings: Settings) -> None:
    lines = sell_out(*(sold("acme", f"2025-02-{day}", 1500, int(day), delivery_id=f"of_{day}") for day in (11, 18, 25)))
    lines["stock"][0] |= {"on_hand_units": 12}
    found = compare(settings, Build(), Build(lines=lines))
    stock, sold_out = sorted(diff_rows.changes(found, by_week=False), key=lambda row: str(row["reason"]))
    assert (stock["reason"], stock["changed"], stock["units"], stock["amount"]) == ("mapping", 1, "-1", None)
    assert (sold_out["weeks of"], sold_out["added"]) == ("2025-02-10 to 2025-02-24", 3)
    assert (sold_out["units"], sold_out["amount"]) == ("+4,500", "+9,000")
    assert sold_out["because"] == "of_11.csv; of_18.csv; and 1 more"
    assert [row["weeks of"] for row in diff_rows.changes(found, by_week=True)][:3] == [
        "2025-02-10",
        "2025-02-17",
        "2025-02-24",
    ]
    [facts] = [row for row in diff_rows.tables(found) if row["table"] == "fct_sell_out"]
    assert facts["totals moved by"] == "units +4,500, amount +9,000, amount_reporting +9,000"


def test_what_has_no_evidence_is_told_by_its_meaning(settings: Settings) -> None:
    lines = usual_lines()
    del lines["sell_out"][0]
    [row] = diff_rows.changes(compare(settings, Build(), Build(lines=lines)), by_week=False)
    assert row["because"] == "none of the known reasons"
