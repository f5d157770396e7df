"""Weeks that are made anew from where the rows before them ended: the same rows as if all had been made at once."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from orchestration.contracts.model import Cadence, Contract
from orchestration.publish.tables import TABLES
from orchestration.transform.invoke import invoke_dbt
from tests.pipeline.later_world import LATER, Home, feed

#: longer than a stock is looked ahead for, and twice what is made anew by most of the news
WEEKS = 60
_FIRST = date(2023, 12, 4)
_LAST = _FIRST + timedelta(days=7 * (WEEKS - 1))
#: what goes on from rows that stand, what is made of its weeks, of quarters of them, and of weeks of snapshots; each
#: with a text to say that a row stood, if it has one
_MODELS = {
    "marts.int_weekly_sell_through": ("week_start", "warnings"),
    "marts.int_cohort_flows": ("week_start", None),
    "marts.int_estimated_weeks": ("week_start", "warnings"),
    "marts.availability_location_weekly": ("week_start", "warnings"),
    "marts.sell_through_location_cohorts": ("week_start", "warnings"),
    "marts.int_availability_products": ("quarter_start", "product_id"),
    "marts.int_distribution_products": ("quarter_start", "product_id"),
    "marts.int_selling_locations": ("quarter_start", "period"),
    "reconciliation.int_stock_receipt_shifts": ("week_start", None),
    "reconciliation.int_stock_movements": ("week_start", None),
    "reconciliation.int_stock_intervals": ("closing_week", None),
    "reconciliation.reconciliation": ("closing_week", None),
}
#: a week of which a partner does not tell what L sold, which is estimated where it was expected; that of b ends with a
#: count
_SILENT = {"b": 52, "c": 8}
_EARLY = f"< '{_FIRST + timedelta(days=70)}'"
_MARKED = {model: (day, text) for model, (day, text) in _MODELS.items() if text}
_NAMES = [model.partition(".")[2] for model in _MODELS]
_KEY = "location_code product_code {day}"
_PARTNERS = "bc"
_PLACES = [(location, product) for location in "LMN" for product in "AB"]


def _feeds(is_expected: bool) -> list[Contract]:
    sales, counts = [
        [(f"{partner}.{kind}", f"location_code product_code {day} {units}", _KEY.format(day=day), partner)
         for partner in _PARTNERS]
        for kind, day, units in [("sell_out", "period_start", "units"), ("stock", "snapshot_date", "on_hand_units")]
    ]  # fmt: skip
    weekly = Cadence(value=1, unit="w") if is_expected else None
    return [
        *(
            feed(id_, columns, key, partner=partner, delivery="keyed", period="week", coverage="complete",
                 frequency=weekly)
            for id_, columns, key, partner in sales
        ),
        *(
            feed(id_, columns, key, partner=partner, delivery="keyed", snapshot_taken="start_of_day")
            for id_, columns, key, partner in counts
        ),
        feed("brand.sell_in", "document_id document_date partner_code location_code product_code units",
             "document_id", delivery="keyed"),
    ]  # fmt: skip


class _World:
    """A home of two partners that sell, count and take in week by week, and then tell otherwise."""

    def __init__(self, folder: Path, random: Random, is_expected: bool) -> None:
        self.home, self.random, self.files = Home(folder, _feeds(is_expected)), random, 0
        self.monday = _LAST - timedelta(days=42)
        for partner in _PARTNERS:
            for number in range(WEEKS - 2):
                self.sell(partner, _FIRST + timedelta(days=7 * number), "L" if number == _SILENT[partner] else "")
            days = [_FIRST + timedelta(days=7 * number + random.choice([3, 6])) for number in range(0, WEEKS - 2, 5)]
            # before anything was sold on that Monday: it closes the week before, in which they had counted already
            days[-2] = self.monday - timedelta(days=4)
            for day in (*days, self.monday):
                self.count(partner, day)
            # as much as the last weeks take, one or the other
            self._deliver(
                f"{partner}.stock", [f"L,{product},{self.monday},{units}" for product, units in [("A", 9), ("B", 13)]]
            )
            # nothing more is heard of it, and it stays expected for eight counts
            self._deliver(f"{partner}.stock", [f"L,D,{days[-9]},7"])

    def _deliver(self, feed_id: str, lines: list[str]) -> None:
        self.files += 1
        columns = ",".join(mapping.name for mapping in self.home.feeds[feed_id].mappings)
        moment = datetime(2025, 2, 1) + timedelta(minutes=self.files)
        name = f"{feed_id}/{self.files}-{moment:%Y%m%dT%H%M}.csv"
        self.home.deliver(name, "\n".join([columns, *lines, ""]))

    def sell(self, partner: str, week: date, silent: str = "") -> None:
        """Tell what most places sold in a week, nothing in a few and in a silent one, and what they took in for it."""
        told = [place for place in _PLACES if self.random.random() < 0.85 and place[0] != silent]
        amounts = [self.random.choice([0, 1.1, 2.3, 3, 5.7, -1]) for _ in told]
        sold = [
            f"{location},{product},{week},{units}" for (location, product), units in zip(told, amounts, strict=True)
        ]
        self._deliver(f"{partner}.sell_out", sold)
        taken = [
            f"{partner}{week}{location}{product},{week},{partner},{location},{product},{self.random.choice([1, 2, 4])}"
            for location, product in told
            if self.random.random() < 0.9
        ]
        self.take_in(taken)

    def take_in(self, lines: list[str]) -> None:
        """Receipts, as the brand tells them."""
        self._deliver("brand.sell_in", lines)

    def count(self, partner: str, day: date) -> None:
        """Count some places, where now and then nothing is left."""
        lines = [
            f"{location},{product},{day},{self.random.choice([0, 4, 9, 30, 80])}"
            for location, product in _PLACES
            if self.random.random() < 0.7
        ]
        self._deliver(f"{partner}.stock", lines)

    def sell_late(self) -> None:
        """A week of the last two months is told again."""
        self.sell("b", _LAST - timedelta(days=7 * self.random.randrange(2, 9)))

    def go_on(self) -> None:
        """Two weeks more of both partners, which are counted."""
        for partner in _PARTNERS:
            for week in (_LAST - timedelta(days=7), _LAST):
                self.sell(partner, week)
                self.count(partner, week + timedelta(days=6))

    def count_late(self) -> None:
        """A count of a week in which none was taken."""
        self.count("b", _LAST - timedelta(days=7 * self.random.randrange(2, 9) - 4))

    def count_again(self) -> None:
        """A count is told otherwise, and so what the interval after it opens with."""
        for partner in _PARTNERS:
            self.count(partner, self.monday)

    def sell_something_new(self) -> None:
        """A product that nobody knew was sold in a week that is over."""
        self._deliver("b.sell_out", [f"L,C,{_LAST - timedelta(days=21)},3"])

    def take_back(self) -> None:
        """Of one partner the last weeks are taken back, and of the other all."""
        landing = self.home.settings.landing
        for path in sorted(landing.glob("*/*")):
            is_last = any(str(_LAST + timedelta(days=days)) in path.read_text() for days in range(-7, 7))
            if is_last or path.parent.name.startswith("c."):
                self.home.withdraw(str(path.relative_to(landing)))


@pytest.mark.parametrize(("seed", "is_expected"), [(1, True), (2, False)])
def test_weeks_from_the_first_that_changed_are_those_of_a_build_of_everything(
    tmp_path: Path, seed: int, is_expected: bool
) -> None:
    """Later news of sales, counts and places; the weeks before stand, but for how long their stocks lasted.

    Of a feed that is expected the calendar goes on after the last report; of another the weeks end with it.
    """
    world = _World(tmp_path / "home", Random(seed), is_expected)
    _build(world.home, "--select", *(f"+{name}" for name in _NAMES))
    ends = (world.go_on, world.take_back)
    news = (
        (world.sell_late, world.sell_something_new, world.count_late, world.count_again, *ends) if is_expected else ends
    )
    for happens in news:
        happens()
        upstream = "+" if happens == news[-1] else ""
        rebuilt, differing = _build_by_news(world.home, tmp_path, [f"{upstream}{name}" for name in _NAMES])
        assert differing == [], happens.__name__
        # where one partner of two is gone, and the other has news, most has changed: what is kept by weeks is made
        # anew; no season, and with it no estimate, is left
        left = {"marts.int_weekly_sell_through", "marts.int_estimated_weeks"}
        expected = [model for model in _MARKED if model not in left] if happens == world.take_back else []
        assert rebuilt == expected, f"{happens.__name__}: other rows stood as they were"


def test_a_receipt_that_is_told_late_is_news_to_cohorts_of_half_a_year(tmp_path: Path) -> None:
    """What was received so far is another in all weeks after it, and what moved between two of these is not."""
    world = _World(tmp_path / "home", Random(3), is_expected=False)
    weeks = [_FIRST + timedelta(days=7 * number) for number in range(WEEKS - 2)]
    # nobody counts it, so that no stock is another
    world.take_in([f"z{week},{week},b,L,Z,3" for week in weeks])
    _build(world.home, "--select", "+sell_through_location_cohorts")
    former = _told(world.home)
    late = weeks[30]
    world.take_in([f"z{late},{late},b,L,Z,4"])
    _build(world.home, "--select", "+sell_through_location_cohorts")
    now = _told(world.home)
    assert {week for week, _ in now["flows"] ^ former["flows"]} == {late}
    news = {week for week, _ in now["cohorts"] - former["cohorts"]}
    assert news == {week for week in weeks if late <= week <= late + timedelta(days=7 * 26)}
    assert weeks[-1] not in news
    assert now["sums"] == [units + (week >= late) for week, units in zip(weeks, former["sums"], strict=True)]


def _told(home: Home) -> dict[str, Any]:
    """What cohorts are told of flows by week, which builds of cohorts stand, and what was received so far of Z."""
    with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
        flows, builds, sums = [
            connection.execute(query).fetchall()
            for query in (
                "select week, content from marts.int_cohort_flows__by_partner_id where told_unit = 'b'",
                "select week, build from marts.sell_through_location_cohorts__weeks where unit = 'b' and rows > 0",
                "select received_so_far from marts.int_cohort_flows where product_id = 'Z' order by week_start",
            )
        ]
    return {"flows": set(flows), "cohorts": set(builds), "sums": [units for (units,) in sums]}


def _build(home: Home, *arguments: str) -> None:
    home.take_in()
    home.prepare(LATER)
    result = invoke_dbt(home.settings, ["run", *arguments])
    assert {str(one.status) for one in result.results} == {"success"}


def _build_by_news(home: Home, folder: Path, whole: list[str]) -> tuple[list[str], list[object]]:
    """Models of which no row of the first weeks was left alone, and what is otherwise when `whole` are built whole."""
    by_news, warehouse = folder / "by_news.duckdb", home.settings.warehouse
    counted = _rows_of_builds(warehouse)
    _write(warehouse, *(
        f"update {model} set {text} = concat('stands ', {text}) where {day} {_EARLY}"
        for model, (day, text) in _MARKED.items()
    ))  # fmt: skip
    former = _digests_of_intervals(warehouse)
    _build(home, "--select", *(f"+{name}" for name in _NAMES), "--vars", "rows_at_once: 100")
    with duckdb.connect(str(warehouse)) as connection:
        rebuilt = [
            model
            for model, (day, text) in _MARKED.items()
            if connection.execute(f"from {model} where {day} {_EARLY} limit 1").fetchall()
            and not connection.execute(f"from {model} where {text} like 'stands %' limit 1").fetchall()
        ]
    rebuilt += [] if former & _digests_of_intervals(warehouse) else ["reconciliation.int_stock_intervals"]
    _write(warehouse, *(
        f"update {model} set {text} = nullif({text}[8:], '') where {text} like 'stands %'"
        for model, (_, text) in _MARKED.items()
    ))  # fmt: skip
    now = _rows_of_builds(warehouse)
    assert counted.keys() & now.keys()
    assert [build for build in counted.keys() & now.keys() if counted[build] != now[build]] == []
    shutil.copyfile(warehouse, by_news)
    _build(home, "--select", *whole, "--full-refresh")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{by_news}' as one (read_only)")
        connection.execute(f"attach '{warehouse}' as other (read_only)")
        differing = [
            (one, model, *row)
            for one, other in (("one", "other"), ("other", "one"))
            for model in _MODELS
            for row in connection.execute(f"from {one}.{model} except all from {other}.{model} order by all").fetchall()
        ]
    shutil.copyfile(by_news, warehouse)
    return rebuilt, differing


def _rows_of_builds(warehouse: Path) -> dict[object, tuple[str, object]]:
    """Rows by the build that made them, by which a release knows those that it has counted."""
    kept = {
        table.shows or table.relation: table.built_week
        for table in TABLES.values()
        if (table.shows or table.relation) in _MODELS
    }
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {
            build: (relation, rows)
            for relation, week in kept.items()
            for build, rows in connection.execute(
                f"select builds.build, list(built order by built) from {relation}__weeks as builds "
                f"inner join {relation} as built on builds.unit = partner_id and builds.week = {week} group by all"
            ).fetchall()
        }


def _digests_of_intervals(warehouse: Path) -> set[tuple[object, ...]]:
    """What intervals of the first weeks are made of: causes, which look around, may change with any count."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return set(connection.execute(
            f"select unit, week, digest from reconciliation.int_stock_intervals__weeks where week {_EARLY}"
        ).fetchall())  # fmt: skip


def _write(warehouse: Path, *statements: str) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)
