"""A figure names the lines it sums, and shows them as they were sent."""

from __future__ import annotations

from collections.abc import Mapping, Set
from decimal import Decimal
from typing import Any

import pytest
from small_warehouse import Build, Row, bought, release_of, sold
from small_warehouse import counted as counted_units

from orchestration.publish.errors import UnknownFigure
from orchestration.publish.explain.explain import Explanation, SentFile, explain
from orchestration.settings import Settings

WEEK = {"partner_id": "acme", "product_id": "P1", "week_start": "2025-01-06"}


def weekly(**measures: float | None) -> Build:
    """A week of acme, with a line that crosses its end and one that is longer than a month."""
    lines = {
        "sell_out": [
            sold("acme", "2025-01-07", 3, 3),
            sold("acme", "2025-01-09", 4, 4),
            sold("acme", "2025-01-10", 10, 5, period_end="2025-01-16"),
            sold("acme", "2025-01-01", 99, 6, period_end="2025-12-31"),
            sold("acme", "2025-01-07", 50, 7, location_id="acme_2"),
            sold("bolt", "2025-01-07", 1000, 1),
        ],
        "sell_in": [
            bought("acme", "2025-01-06", 20, 1, free_units=2),
            bought("acme", "2025-01-08", -5, 2),
            bought("acme", "2025-01-08", 0, 3, document_type="credit_note"),
        ],
    }
    row = WEEK | measures
    location = row | {"location_id": "acme_1", "sell_out_units": 11.2858}
    return Build(lines=lines, tables={"sell_through_weekly": [row], "sell_through_location_weekly": [location]})


def counted(explanation: Explanation) -> dict[int, Decimal]:
    return {line.line_number: line.counted for line in explanation.lines}


def test_sell_out_of_a_week_sums_its_lines_and_the_days_of_those_that_cross_it(settings: Settings) -> None:
    release_of(settings, weekly(sell_out_units=61.2858))
    told = explain(settings, "sell_through_weekly", WEEK, "sell_out_units")
    # 10 units over 7 days: 1.4286 a day, three of them in this week
    assert counted(told) == {3: 3, 4: 4, 5: Decimal("4.2858"), 7: 50}
    assert (told.total, told.published, told.agrees) == (Decimal("61.2858"), Decimal("61.2858"), True)
    crossing = told.lines[2]
    assert crossing.is_allocated
    assert crossing.share == pytest.approx(3 / 7)
    assert (crossing.units, crossing.amount) == (10, 20)
    assert not told.lines[0].is_allocated


def test_the_last_day_takes_what_rounding_left(settings: Settings) -> None:
    build = weekly()
    build.tables["sell_through_weekly"] = [WEEK | {"week_start": "2025-01-13", "sell_out_units": 5.7142}]
    release_of(settings, build)
    told = explain(settings, "sell_through_weekly", WEEK | {"week_start": "2025-01-13"}, "sell_out_units")
    assert counted(told) == {5: Decimal("5.7142")}
    assert told.agrees


def test_sell_out_of_a_location_leaves_the_others_out(settings: Settings) -> None:
    release_of(settings, weekly())
    where = WEEK | {"location_id": "acme_1"}
    told = explain(settings, "sell_through_location_weekly", where, "sell_out_units")
    assert sorted(counted(told)) == [3, 4, 5]
    assert told.agrees


def test_sell_in_counts_by_receipt(settings: Settings) -> None:
    release_of(settings, weekly(sell_in_units=15, received_units=22, returned_units=5))
    expected = {"sell_in_units": {1: 20, 2: -5, 3: 0}, "received_units": {1: 22}, "returned_units": {2: 5}}
    for column, lines in expected.items():
        told = explain(settings, "sell_through_weekly", WEEK, column)
        assert (counted(told), told.agrees) == (lines, True), column
        assert {line.file_name for line in told.lines} == {"acme_in.csv"}


def test_a_figure_that_its_lines_do_not_give_is_said_to_disagree(settings: Settings) -> None:
    release_of(settings, weekly(sell_in_units=16))
    assert not explain(settings, "sell_through_weekly", WEEK, "sell_in_units").agrees


def test_an_unknown_figure_agrees_only_with_no_lines(settings: Settings) -> None:
    build = weekly(sell_in_units=None)
    release_of(settings, build)
    assert not explain(settings, "sell_through_weekly", WEEK, "sell_in_units").agrees
    del build.lines["sell_in"]
    release_of(settings, build)
    told = explain(settings, "sell_through_weekly", WEEK, "sell_in_units")
    assert (told.published, told.total, told.lines, told.agrees) == (None, 0, [], True)


def test_facts_are_explained_by_their_own_lines(settings: Settings) -> None:
    release_of(settings, weekly())
    told = explain(settings, "fct_sell_out", {"partner_id": "acme"}, "amount", listed_lines=2)
    assert (told.total, told.published, told.line_count, len(told.lines)) == (332, 332, 5, 2)
    stock = explain(settings, "fct_sell_in", {"location_id": ""}, "net_amount")
    assert stock.total == 15


def test_lines_are_shown_as_they_were_sent_each_file_asked_once(settings: Settings) -> None:
    release_of(settings, weekly())
    asked: list[dict[SentFile, Set[int]]] = []

    def as_sent(wanted: Mapping[SentFile, Set[int]]) -> dict[SentFile, dict[int, str]]:
        asked.append({file: set(numbers) for file, numbers in wanted.items()})
        return {file: {3: "Étoile;3", 4: "Étoile;4", 6: "too long"} for file in wanted}

    told = explain(settings, "sell_through_weekly", WEEK, "sell_out_units", as_sent=as_sent)
    assert [line.raw_text for line in told.lines] == ["Étoile;3", "Étoile;4", None, None]
    assert [line.raw_text for line in told.left_out] == ["too long"]
    assert asked == [{SentFile("c", "acme_out.csv", "hash_of_acme_out", "sell_out", "acme_out"): {3, 4, 5, 6, 7}}]


def test_an_older_release_can_be_explained(settings: Settings) -> None:
    first = release_of(settings, weekly(sell_in_units=15))
    release_of(settings, Build("b2"))
    assert explain(settings, "sell_through_weekly", WEEK, "sell_in_units", release_id=first.release_id).agrees


def test_what_cannot_be_explained_names_what_can(settings: Settings) -> None:
    build = weekly()
    build.tables["sell_through_weekly"].append(WEEK | {"week_start": "2025-01-13"})
    release_of(settings, build)
    refused: list[tuple[str, dict[str, str], str, str]] = [
        ("dim_products", {}, "list_price", "dim_products cannot be explained; can be: fct_sell_in, fct_sell_out"),
        ("sell_through_weekly", WEEK, "sell_out_status", "sell_out_status cannot be explained; can be: sell_in_units"),
        ("sell_through_weekly", WEEK, "completeness", "explained from lines: it tells of reports that did not come"),
        ("sell_through_weekly", {"partner_id": "acme"}, "velocity", "does not add up over rows, and partner_id=acme"),
        ("sell_through_weekly", {"shop": "1"}, "sell_in_units", "has no column shop; it has: partner_id, product_id"),
        ("sell_through_weekly", {"week_start": "soon"}, "sell_in_units", "does not fit its column"),
        ("sell_through_weekly", {"partner_id": "nobody"}, "sell_in_units", "no row with partner_id=nobody"),
    ]
    for table, where, column, message in refused:
        with pytest.raises(UnknownFigure, match=message):
            explain(settings, table, where, column)


def _left_out(**more: Any) -> Row:
    row: Row = {"kind": "sell_out", "delivery_id": "acme_out", "lines": 1, "partner_id": "acme"}
    row |= {"product_id": "P1", "location_id": "acme_1", "first_day": "2025-01-07", "last_day": "2025-01-07"}
    return row | {"line_class": "superseded", "reason": "later"} | more


OF_THE_WEEK: list[Row] = [
    _left_out(line_number=11, units=8),
    _left_out(line_number=12, location_id="acme_2"),
    _left_out(line_number=13, first_day="2025-01-01", last_day="2025-01-06", line_class="held", reason="overdue"),
    _left_out(line_number=14, product_id=None, location_id=None, line_class="quarantined", raw_line="as it came"),
    _left_out(line_number=15, partner_id=None, product_id=None, location_id=None, line_class="unmatched"),
    _left_out(lines=9, product_id=None, location_id=None, line_class="out_of_scope"),
]
OF_OTHERS: list[Row] = [
    _left_out(line_number=21, product_id="P2"),
    _left_out(line_number=22, partner_id="bolt"),
    _left_out(line_number=23, first_day="2025-01-13", last_day="2025-01-13"),
    _left_out(line_number=24, kind="sell_in"),
    _left_out(line_number=25, line_class="carried"),
    # a held line that the facts keep as it was is counted
    _left_out(line_number=3, line_class="held"),
    _left_out(line_number=3, line_class="carried"),
]


def test_what_was_left_out_is_told_with_its_reason(settings: Settings) -> None:
    build = weekly()
    build.tables["left_out_lines"] = OF_THE_WEEK + OF_OTHERS
    release_of(settings, build)
    told = explain(settings, "sell_through_weekly", WEEK, "sell_out_units")
    assert told.left_out_counts == {
        "held": 1, "out_of_scope": 9, "quarantined": 1, "superseded": 2, "too_long": 1, "unmatched": 1,
    }  # fmt: skip
    found = {line.line_number: (line.concerns, line.line_class, line.reason) for line in told.left_out}
    assert found.keys() == {11, 12, 13, 14, 15, None, 6}
    assert found[11] == ("figure", "superseded", "later")
    assert found[13] == ("figure", "held", "overdue")
    assert found[14][0] == found[15][0] == found[None][0] == "slice"
    assert {line.raw_text for line in told.left_out} == {None, "as it came"}
    assert told.left_out[0].file_name == "acme_out.csv"


def test_what_was_left_out_of_a_location_is_its_own_or_names_none(settings: Settings) -> None:
    build = weekly()
    build.lines["sell_out"].append(sold("acme", "2025-01-08", 1, 31, location_id=None))
    build.tables["left_out_lines"] = OF_THE_WEEK + OF_OTHERS
    release_of(settings, build)
    told = explain(settings, "sell_through_location_weekly", WEEK | {"location_id": "acme_1"}, "sell_out_units")
    assert {line.line_number for line in told.left_out} == {11, 13, 14, 15, None, 6, 31}
    assert told.left_out_counts["no_location"] == 1


def test_what_was_left_out_of_a_fact_is_told_for_its_key_and_days(settings: Settings) -> None:
    build = weekly()
    build.tables["left_out_lines"] = OF_THE_WEEK + OF_OTHERS
    release_of(settings, build)
    where = {"partner_id": "acme", "product_id": "P1", "period_start": "2025-01-07"}
    told = explain(settings, "fct_sell_out", where, "units")
    assert {line.line_number for line in told.left_out} == {11, 12, 14, 15, None}


def _counted_stock() -> Build:
    """Counts of acme on Sunday 5 and Thursday 16 January, what moved between them, and a held line."""
    row = {"partner_id": "acme", "product_id": "P1", "opening_date": "2025-01-05", "closing_date": "2025-01-16"}
    figures = {"opening_units": 30, "received_units": 22, "returned_units": 5, "sell_out_units": 25}
    figures |= {"adjustment_units": -1, "expected_closing_units": 21, "reported_closing_units": 20}
    lines = weekly().lines | {
        "stock": [counted_units("acme", "2025-01-05", 30, 1), counted_units("acme", "2025-01-16", 20, 2)],
    }
    lines["stock"][1]["adjustment_units"] = -1
    build = Build(lines=lines, tables={"reconciliation": [row | figures | {"variance_units": -1}]})
    lines["sell_out"] = [
        sold("acme", "2025-01-05", 99, 1),
        sold("acme", "2025-01-06", 7, 2),
        sold("acme", "2025-01-10", 10, 3, period_end="2025-01-16"),
        sold("acme", "2025-01-10", 77, 4, period_end="2025-01-17"),
    ]
    build.tables["left_out_lines"] = [_left_out(line_number=5, units=8, line_class="held", reason="overdue")]
    return build


ROLLED = {"partner_id": "acme", "product_id": "P1", "opening_date": "2025-01-05"}


def test_terms_of_the_roll_forward_count_the_lines_as_they_are_now(settings: Settings) -> None:
    release_of(settings, _counted_stock())
    expected: dict[str, dict[int, int]] = {
        "opening_units": {1: 30},
        "received_units": {1: 22},
        "returned_units": {2: 5},
        "sell_out_units": {2: 7, 3: 10, 5: 8},
        "adjustment_units": {2: -1},
        "reported_closing_units": {2: 20},
    }
    for column, lines in expected.items():
        told = explain(settings, "reconciliation", ROLLED, column)
        assert (counted(told), told.agrees) == (lines, True), column


def test_a_variance_is_the_count_less_what_the_terms_come_to(settings: Settings) -> None:
    release_of(settings, _counted_stock())
    told = explain(settings, "reconciliation", ROLLED, "variance_units")
    assert {(term.name, term.sign): term.total for term in told.terms} == {
        ("reported_closing_units", 1): 20, ("opening_units", -1): 30, ("received_units", -1): 22,
        ("returned_units", 1): 5, ("sell_out_units", 1): 25, ("adjustment_units", -1): -1,
    }  # fmt: skip
    assert (told.total, told.agrees) == (-1, True)


def test_a_line_that_a_held_slice_keeps_is_not_of_the_roll_forward(settings: Settings) -> None:
    build = _counted_stock()
    build.tables["left_out_lines"] += [_left_out(line_number=2, line_class="carried", reason="kept")]
    release_of(settings, build)
    told = explain(settings, "reconciliation", ROLLED, "sell_out_units")
    assert counted(told) == {3: 10, 5: 8}
    assert told.left_out_counts == {"carried": 1}


def test_derived_stock_goes_on_from_the_last_count(settings: Settings) -> None:
    build = weekly()
    build.lines["stock"] = [counted_units("acme", "2025-01-02", 40, 1), counted_units("acme", "2025-01-03", 30, 2)]
    build.lines["sell_out"] += [sold("acme", "2025-01-03", 1, 41), sold("acme", "2025-01-04", 2, 42)]
    # 30 counted on Friday, 2 sold after it; the next week 22 came, 5 went back, 61.2858 were sold
    weeks = [
        WEEK | {"week_start": "2024-12-30", "closing_stock_units": 30, "stock_status": "reported"},
        WEEK | {"closing_stock_units": -16.2858, "stock_status": "derived", "sell_out_units": 61.2858},
        WEEK | {"week_start": "2025-01-13", "opening_stock_units": -16.2858},
    ]
    build.tables["sell_through_weekly"] = weeks
    release_of(settings, build)
    for week, column in (("2025-01-06", "closing_stock_units"), ("2025-01-13", "opening_stock_units")):
        told = explain(settings, "sell_through_weekly", WEEK | {"week_start": week}, column)
        assert {term.name: term.total * term.sign for term in told.terms if term.lines} == {
            column: 30, "sold after the count": -2,
            "received since": 22, "returned since": -5, "sold since": Decimal("-61.2858"),
        }  # fmt: skip
        assert told.agrees


def test_a_rate_is_told_by_numerator_and_denominator(settings: Settings) -> None:
    release_of(settings, weekly(sell_out_units=61.2858, sell_in_units=15, sell_out_to_sell_in_ratio=61.2858 / 15))
    told = explain(settings, "sell_through_weekly", WEEK, "sell_out_to_sell_in_ratio")
    assert [(term.role, term.total) for term in told.terms] == [
        ("numerator", Decimal("61.2858")), ("denominator", 15),
    ]  # fmt: skip
    assert told.agrees
    release_of(settings, weekly(sell_out_to_sell_in_ratio=4.1))
    assert not explain(settings, "sell_through_weekly", WEEK, "sell_out_to_sell_in_ratio").agrees


def test_locations_that_sold_are_counted_and_those_with_more_returns_are_not(settings: Settings) -> None:
    build = weekly(selling_locations=1)
    build.lines["sell_out"].append(sold("acme", "2025-01-08", -50, 31, location_id="acme_2"))
    release_of(settings, build)
    told = explain(settings, "sell_through_weekly", WEEK, "selling_locations")
    assert (told.total, told.agrees) == (1, True)
