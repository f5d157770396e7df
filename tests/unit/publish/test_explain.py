"""A figure names the lines it sums, and shows them as they were sent."""

from __future__ import annotations

from collections.abc import Set
from decimal import Decimal

import pytest
from small_warehouse import Build, bought, release_of, sold

from orchestration.publish.errors import UnknownFigure
from orchestration.publish.explain import Explanation, explain
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


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("sell_in_units", {1: 20, 2: -5, 3: 0}),
        ("received_units", {1: 22}),
        ("returned_units", {2: 5}),
    ],
)
def test_sell_in_counts_by_receipt(settings: Settings, column: str, expected: dict[int, int]) -> None:
    release_of(settings, weekly(sell_in_units=15, received_units=22, returned_units=5))
    told = explain(settings, "sell_through_weekly", WEEK, column)
    assert counted(told) == expected
    assert told.agrees
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
    asked = []

    def as_sent(contract_id: str, file_name: str, sha256: str, numbers: Set[int]) -> dict[int, str]:
        asked.append((contract_id, file_name, sha256, set(numbers)))
        return {3: "Étoile;3", 4: "Étoile;4"}

    told = explain(settings, "sell_through_weekly", WEEK, "sell_out_units", as_sent=as_sent)
    assert [line.raw_text for line in told.lines] == ["Étoile;3", "Étoile;4", None, None]
    assert asked == [("c", "acme_out.csv", "hash_of_acme_out", {3, 4, 5, 7})]


def test_an_older_release_can_be_explained(settings: Settings) -> None:
    first = release_of(settings, weekly(sell_in_units=15))
    release_of(settings, Build("b2"))
    assert explain(settings, "sell_through_weekly", WEEK, "sell_in_units", release_id=first.release_id).agrees


@pytest.mark.parametrize(
    ("table", "where", "column", "message"),
    [
        ("dim_products", {}, "list_price", "dim_products cannot be explained; can be: fct_sell_in, fct_sell_out"),
        ("sell_through_weekly", WEEK, "velocity", "velocity cannot be explained; can be: sell_in_units, received"),
        ("sell_through_weekly", {"shop": "1"}, "sell_in_units", "has no column shop; it has: partner_id, product_id"),
        ("sell_through_weekly", {"week_start": "soon"}, "sell_in_units", "does not fit its column"),
        ("sell_through_weekly", {"partner_id": "nobody"}, "sell_in_units", "no row with partner_id=nobody"),
    ],
)
def test_what_cannot_be_explained_names_what_can(
    settings: Settings, table: str, where: dict[str, str], column: str, message: str
) -> None:
    release_of(settings, weekly())
    with pytest.raises(UnknownFigure, match=message):
        explain(settings, table, where, column)
