"""Tables that are kept by unit, after news of any kind: the same rows as if all had been built at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest

from orchestration.contracts.model import Cadence, Contract
from orchestration.gates.verdicts import create_slices
from orchestration.lake.generations import generation_of
from orchestration.landing.ledger import ledger
from orchestration.transform.invoke import invoke_dbt
from tests.pipeline.later_world import FEEDS, LATER, Home, feed, happen, make_world

#: runs of a world, each with a few of its deliveries
RUNS = 4
#: every model that needs nothing which the gates or the suggestions write
_MODELS = [
    "+sell_through_location_weekly",
    "+sell_through_location_cohorts",
    "+availability",
    "+distribution",
    "+reconciliation",
    "int_left_out_lines",
    "+evidence_marts_of_partners",
    "evidence_weeks_of_partners",
    "evidence_lines_of_partners",
]


@pytest.mark.parametrize("seed", [11])
def test_news_rebuilds_what_a_build_of_everything_would_hold(tmp_path: Path, seed: int) -> None:
    """Late, doubled, withdrawn and restored deliveries, corrected contracts, time that passes, held slices."""
    kept = 0
    for home in _after_each_run(tmp_path, Random(seed)):
        former = _digests(home)
        # few rows, so that the units of a table are built in more than one batch
        _build(home, "--vars", "rows_at_once: 3")
        kept += len(former.items() & _digests(home).items())
        by_news = tmp_path / "by_news.duckdb"
        shutil.copyfile(home.settings.warehouse, by_news)
        _build(home, "--full-refresh")
        assert _differences(by_news, home.settings.warehouse) == {}
    assert kept > 0, "no unit was ever left as it was"


@pytest.fixture(scope="module")
def two_partners(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Partner b, who owes a report every week, and z, who owes none: a line of each, built in batches of their own."""
    weeks, brand = (next(one for one in FEEDS if one.id == id_) for id_ in ("weeks.sell_out", "brand.products"))
    server = weeks.server.model_copy(update={"path": "others.sell_out/*.csv"})
    other = weeks.model_copy(
        update={"id": "others.sell_out", "partner": "z", "server": server, "period": "transaction", "frequency": None}
    )
    home = Home(tmp_path_factory.mktemp("two_partners"), [weeks, other, brand])
    for feed_id in ("weeks.sell_out", "others.sell_out"):
        home.deliver(f"{feed_id}/a-20250113T0900.csv", _lines_of_one(weeks, "1"))
    home.take_in()
    home.prepare(LATER)
    _build(home, "--vars", "rows_at_once: 1")
    return home


def _lines_of_one(feed: Contract, units: str, location: str = "L", day: str = "2025-01-06") -> str:
    names = [mapping.name for mapping in feed.mappings]
    cells = {"location_code": location, "product_code": "A", "period_start": day, "units": units}
    return "".join(f"{','.join(line)}\n" for line in (names, [cells.get(name, "") for name in names]))


def test_a_unit_is_made_of_the_same_in_any_batch(two_partners: Home) -> None:
    """The universe of z goes on in the weeks in which b alone is known."""
    with duckdb.connect(str(two_partners.settings.warehouse), read_only=True) as connection:
        weeks = connection.execute(
            "select list(partner_id order by partner_id) from marts.int_distribution_places "
            "where period = 'week' group by period_start"
        ).fetchall()
    assert len(weeks) > 1
    assert weeks == [(["b", "z"],)] * len(weeks)


def test_a_build_that_fails_leaves_what_was_there(two_partners: Home) -> None:
    """All units are news that a table does not let in, and then no news at all."""

    def run(*statements: str) -> tuple[str, object]:
        with duckdb.connect(str(two_partners.settings.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)
        results = invoke_dbt(two_partners.settings, ["run", "--select", "fct_sell_out"]).results
        with duckdb.connect(str(two_partners.settings.warehouse), read_only=True) as connection:
            rows = connection.execute("from marts.fct_sell_out order by all").fetchall()
        return next(str(one.status) for one in results if one.node.name == "fct_sell_out"), rows

    # backwards it is another digest, and twice backwards the same
    told = "update staging.stg_sell_out__by_partner_id set content = reverse(content)"
    built, rows = run("create table kept_lines as from staging.stg_sell_out")
    assert built == "success" and rows
    assert run("update staging.stg_sell_out set delivery_id = null", told) == ("error", rows)
    whole = "insert into staging.stg_sell_out from kept_lines"
    assert run("truncate staging.stg_sell_out", whole, "drop table kept_lines", told) == ("success", rows)


def test_a_table_that_cannot_be_built_stays_as_it_was(two_partners: Home) -> None:
    """It is dropped and made again, and a row that it does not let in takes both back."""
    path = str(two_partners.settings.warehouse)
    rows = "from marts.dim_partners order by all"
    with duckdb.connect(path) as connection:
        before = connection.execute(rows).fetchall()
        connection.execute("insert into staging.stg_partners (partner_id) values ('without a name')")
    results = invoke_dbt(two_partners.settings, ["run", "--select", "dim_partners"]).results
    with duckdb.connect(path) as connection:
        after = connection.execute(rows).fetchall()
        connection.execute("delete from staging.stg_partners where partner_id = 'without a name'")
    assert [str(one.status) for one in results if one.node.name == "dim_partners"] == ["error"]
    assert before and after == before


def test_a_unit_without_news_is_left_alone(two_partners: Home) -> None:
    """Marked rows of the one stay, which no build would make; those of the other, of which a line came, do not.

    The line names a place that nobody knew, which is no news to the other either. Nor does the id of their build, by
    which a release knows that it has not counted them.
    """
    home = two_partners
    marked = {
        "staging.stg_sell_out": "units",
        "marts.fct_sell_out": "units",
        "marts.int_weekly_sell_through": "sell_out_units",
        "marts.int_distribution_places": "turnover_units",
        "marts.int_distribution_products": "units",
    }
    with duckdb.connect(str(home.settings.warehouse)) as connection:
        for table, column in marked.items():
            connection.execute(f"update {table} set {column} = 1000")
        builds = connection.execute(
            "from (select unit, build from marts.fct_sell_out__weeks where rows > 0)"
        ).fetchall()
    home.deliver("weeks.sell_out/b-20250114T0900.csv", _lines_of_one(home.feeds["weeks.sell_out"], "2", "M"))
    home.take_in()
    home.prepare(LATER)
    _build(home)
    with duckdb.connect(str(home.settings.warehouse)) as connection:
        for table, column in marked.items():
            partners = connection.execute(f"select distinct partner_id from {table} where {column} = 1000").fetchall()
            assert partners == [("z",)], table
        builds_now = connection.execute(
            "from (select unit, build from marts.fct_sell_out__weeks where rows > 0)"
        ).fetchall()
    assert [unit for unit, _ in set(builds) & set(builds_now)] == ["z"]
    assert len(dict(builds)) == len(dict(builds_now)) == 2


def test_a_held_slice_is_news_to_its_partner_alone(two_partners: Home) -> None:
    """What stands in the facts by a carried line is told line by line, and each is of one partner."""
    home, digests = two_partners, "from (select unit, digest from marts.fct_sell_out__weeks)"
    home.prepare(LATER)
    _build(home)
    carried = home.settings.carried / "fct_sell_out.parquet"
    nothing = carried.read_bytes()
    with duckdb.connect(str(home.settings.warehouse)) as connection:
        before = connection.execute(digests).fetchall()
        connection.execute(f"copy (from marts.fct_sell_out where partner_id = 'b') to '{carried}' (format parquet)")
        connection.execute(
            "insert into gates.held_slices (partner_id, kind, week_start, reason) "
            "values ('b', 'sell_out', '2025-01-06', 'it was held')"
        )
    try:
        _build(home)
    finally:
        carried.write_bytes(nothing)
    with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
        already = connection.execute("select distinct partner_id from marts.int_lines_carried_already").fetchall()
        after = connection.execute(digests).fetchall()
    assert already == [("b",)]
    assert {unit for unit, _ in set(before) ^ set(after)} == {"b"}


def test_a_build_opens_no_file_of_a_unit_without_news(two_partners: Home) -> None:
    """A delivery costs what it brings, and not what a history of files takes to open, whether they count or not."""
    home, reading_lines = two_partners, ["run", "--select", "+stg_sell_out", "+stg_codes_met", "+open_conflicts"]
    withdrawn = "others.sell_out/b-20250114T0900.csv"
    home.deliver(withdrawn, _lines_of_one(home.feeds["others.sell_out"], "7"))
    home.take_in()
    home.withdraw(withdrawn)
    home.prepare(LATER)
    invoke_dbt(home.settings, reading_lines)
    before = _lines_of_feeds(home)
    home.deliver("weeks.sell_out/c-20250115T0900.csv", _lines_of_one(home.feeds["weeks.sell_out"], "3"))
    home.take_in()
    home.prepare(LATER)
    others = [one for one in ledger(home.settings).values() if one.contract_id == "others.sell_out"]
    raw = generation_of(home.settings, "sell_out")
    files = [file for one in others for file in raw.glob(f"{one.delivery_id}-*/lines_*.parquet")]
    assert files
    for file in files:
        file.rename(file.with_suffix(".away"))
        file.write_bytes(b"not Parquet")
    try:
        results = invoke_dbt(home.settings, reading_lines).results
    finally:
        for file in files:
            file.with_suffix(".away").replace(file)
    assert not [one.message for one in results if str(one.status) != "success"]
    assert _lines_of_feeds(home) == before | {"weeks.sell_out": before["weeks.sell_out"] + 1}


def _lines_of_feeds(home: Home) -> dict[str, int]:
    with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
        return dict(
            connection.execute("select contract_id, count(*) from staging.stg_sell_out group by all").fetchall()
        )


def test_a_week_without_news_is_left_alone(two_partners: Home) -> None:
    """A restated week is made anew, and the one before it is not: its rows still say what was marked in them."""
    home, weeks_feed = two_partners, two_partners.feeds["weeks.sell_out"]
    home.deliver("weeks.sell_out/d-20250121T0900.csv", _lines_of_one(weeks_feed, "4", day="2025-01-13"))
    home.take_in()
    home.prepare(LATER)
    with duckdb.connect(str(home.settings.warehouse)) as connection:
        connection.execute("delete from gates.held_slices")
    _build(home)
    tables = ("staging.stg_sell_out", "marts.fct_sell_out", "marts.int_weekly_sell_out")
    with duckdb.connect(str(home.settings.warehouse)) as connection:
        for table in tables:
            connection.execute(f"update {table} set units = 1000")
    home.deliver("weeks.sell_out/e-20250122T0900.csv", _lines_of_one(weeks_feed, "5", day="2025-01-13"))
    home.take_in()
    home.prepare(LATER)
    _build(home)
    with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
        for table in tables:
            weeks = connection.execute(
                f"select week_start, bool_and(units = 1000), bool_or(units = 1000) from {table} "
                "where partner_id = 'b' group by all order by all"
            ).fetchall()
            assert weeks == [(date(2025, 1, 6), True, True), (date(2025, 1, 13), False, False)], table


def test_a_home_that_was_moved_has_no_news(two_partners: Home, tmp_path: Path) -> None:
    """Restored from a backup, or mounted elsewhere: nothing is built that stands already."""
    models = ("stg_sell_out", "stg_sell_in")
    _run_models(two_partners, *models)
    home = Home(tmp_path / "moved", two_partners.feeds.values())
    shutil.copytree(two_partners.settings.home, home.settings.home, dirs_exist_ok=True)
    with duckdb.connect(str(home.settings.warehouse)) as connection:
        connection.execute("update staging.stg_sell_out set units = 1000")
    _run_models(home, *models)
    with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
        stood = "select count(*) > 0 and bool_and(units = 1000) from staging.stg_sell_out where units is not null"
        assert connection.execute(stood).fetchall() == [(True,)]


def test_what_stands_beside_a_table_of_another_version_is_not_built_on(two_partners: Home) -> None:
    """A home is taken over by a version that keeps more of its tables: they are built anew."""
    with duckdb.connect(str(two_partners.settings.warehouse)) as connection:
        connection.execute("alter table staging.stg_sell_in__by_partner_id drop column week")
    _run_models(two_partners, "stg_sell_in")
    with duckdb.connect(str(two_partners.settings.warehouse), read_only=True) as connection:
        columns = connection.execute("describe staging.stg_sell_in__by_partner_id").fetchall()
    assert "week" in [name for name, *_ in columns]


@pytest.mark.parametrize(
    ("delivery", "key"), [("keyed", "transaction_id"), ("snapshot", "transaction_id period_start")]
)
def test_a_line_that_moves_to_another_week_leaves_the_one_that_it_was_in(
    tmp_path: Path, delivery: str, key: str
) -> None:
    """Where a key names no day, or a delivery replaces all, the weeks of a feed hang together."""
    columns = "transaction_id product_code period_start units"
    home = Home(tmp_path, [feed("till.sell_out", columns, key, partner="b", delivery=delivery)])
    classes = []
    for day in ("2025-01-06", "2025-01-13"):
        home.deliver(f"till.sell_out/a-{day.replace('-', '')}T0900.csv", f"{columns.replace(' ', ',')}\nT1,A,{day},1\n")
        home.take_in()
        home.prepare(LATER)
        _run_models(home, "+stg_sell_out")
        with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
            found = connection.execute("select line_class from staging.stg_sell_out order by week_start").fetchall()
        classes.append([line_class for (line_class,) in found])
    assert classes == [["accepted"], ["superseded", "accepted"]]


def test_a_document_is_news_to_its_week_until_it_is_one_of_two(tmp_path: Path) -> None:
    """Keys of sell-in name no day: its weeks stand apart while no key is met in two of them."""
    columns = "document_id document_date partner_code product_code units"
    home = Home(tmp_path, [feed("brand.sell_in", columns, "document_id", delivery="keyed")])
    found = []
    for number, lines in enumerate(["D1,2025-01-06 D2,2025-01-13", "D3,2025-01-19", "D1,2025-01-20", "D4,2025-01-27"]):
        rows = "".join(f"{line},b,A,1\n" for line in lines.split())
        home.deliver(f"brand.sell_in/{number}-2025020{number + 1}T0900.csv", f"{columns.replace(' ', ',')}\n{rows}")
        home.take_in()
        home.prepare(LATER)
        _run_models(home, "+stg_sell_in")
        with duckdb.connect(str(home.settings.warehouse)) as connection:
            classes = (
                "select document_id, line_class, units from staging.stg_sell_in order by document_date, document_id"
            )
            found.append(connection.execute(classes).fetchall())
            connection.execute("update staging.stg_sell_in set units = 7")
    left_alone = [[units == 7 for *_, units in one] for one in found]
    assert left_alone[:2] == [[False, False], [True, False, False]]
    assert left_alone[2:] == [[False] * 4, [False] * 5], "a line that moved decides over those of all weeks"
    moved = [(document, line_class) for document, line_class, _ in found[2]]
    assert moved == [("D1", "superseded"), ("D2", "accepted"), ("D3", "accepted"), ("D1", "accepted")]


@pytest.mark.parametrize("kind", ["sell_in", "sell_out"])
def test_a_file_that_is_gone_keeps_the_keys_that_it_was_read_with(tmp_path: Path, kind: str) -> None:
    """A contract puts the day into its key: lines that cannot be read again still decide over those of another week."""
    columns, day, whose = {
        "sell_in": ("document_id document_date label partner_code product_code units", "document_date", "label"),
        "sell_out": ("transaction_id period_start customer_id product_code units", "period_start", "customer_id"),
    }[kind]
    before = feed(f"till.{kind}", columns, columns.split()[0], partner="b", delivery="keyed")
    # of files with personal data no bytes are kept
    personal = tuple(one.model_copy(update={"personal": one.name == whose}) for one in before.mappings)
    before = before.model_copy(update={"mappings": personal})
    dated = tuple(one.model_copy(update={"primary_key": one.primary_key or one.name == day}) for one in personal)
    home = Home(tmp_path / "home", [before])
    values = {"sell_in": "me,b,A", "sell_out": "me,A"}[kind]
    later = f"till.{kind}/b-20250211T0900.csv"
    files = [
        home.deliver(f"till.{kind}/a-20250210T0900.csv", _csv(columns, f"T1,2025-01-06,{values},1")),
        home.deliver(later, _csv(columns, f"T1,2025-01-13,{values},2")),
    ]
    home.take_in()
    for file in files:
        file.unlink()
    home.feeds[before.id] = before.model_copy(update={"version": "2.0.0", "mappings": dated})
    home.take_in()
    found = []
    for news in (None, home.withdraw, home.restore):
        if news:
            news(later)
        home.prepare(LATER)
        _run_models(home, f"+stg_{kind}")
        with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
            lines = f"select cast(units as integer), line_class from staging.stg_{kind} order by units"
            found.append(connection.execute(lines).fetchall())
    both = [(1, "superseded"), (2, "accepted")]
    assert found == [both, [(1, "accepted")], both]


def test_rates_are_news_to_the_weeks_of_their_days(tmp_path: Path) -> None:
    """A document of a day that no other was of, in another currency: its rate is news to no other week."""
    columns = "document_id document_date partner_code product_code units net_amount"
    rates = "rate_date from_currency to_currency rate"
    home = Home(
        tmp_path,
        [
            feed("brand.sell_in", columns, "document_id", partner="b", delivery="keyed", currency="USD"),
            feed("brand.exchange_rates", rates, rates.removesuffix(" rate"), delivery="keyed"),
        ],
    )
    mondays = [date(2025, 1, 6) + timedelta(weeks=week) for week in range(4)]
    home.deliver("brand.exchange_rates/a-20250210T0900.csv", _csv(rates, *(f"{day},USD,EUR,0.5" for day in mondays)))
    for number, days in enumerate((mondays[:3], mondays[3:])):
        lines = (f"D{day},{day},b,A,1,1" for day in days)
        home.deliver(f"brand.sell_in/{number}-2025021{number}T0900.csv", _csv(columns, *lines))
        home.take_in()
        home.prepare(LATER)
        _run_models(home, "+stg_sell_in")
        with duckdb.connect(str(home.settings.warehouse)) as connection:
            weeks = "select cast(units as integer) from staging.stg_sell_in order by document_date"
            found = [units for (units,) in connection.execute(weeks).fetchall()]
            connection.execute("update staging.stg_sell_in set units = 7")
    # of the last weeks before, days that came later are within what a rate is looked for in
    assert found[0] == 7 and found[-1] == 1, found


def test_keys_are_looked_for_in_files_of_their_feeds_alone(tmp_path: Path) -> None:
    """One feed has keys without a day, and is all that changed: files of the others are left closed."""
    columns = "document_id document_date partner_code product_code units"
    sold = "location_code product_code period_start units"
    others = [
        feed(f"{name}.sell_out", sold, sold.removesuffix(" units"), partner=name, delivery="keyed") for name in "cd"
    ]
    home = Home(tmp_path, [feed("brand.sell_in", columns, "document_id", delivery="keyed"), *others])
    for other in others:
        home.deliver(f"{other.id}/a-20250210T0900.csv", _csv(sold, "L,A,2025-01-06,1"))
    for number in range(2):
        home.deliver(f"brand.sell_in/{number}-2025021{number}T0900.csv", _csv(columns, f"D{number},2025-01-06,b,A,1"))
        home.take_in()
        home.prepare(LATER)
        if number:
            # the first is asked what columns there are
            [_, last] = sorted(generation_of(home.settings, "sell_out").glob("*-*/lines_*.parquet"))
            last.write_bytes(b"not Parquet")
        _run_models(home, "+stg_keys_over_weeks")


def _csv(columns: str, *lines: str) -> str:
    return "\n".join([columns.replace(" ", ","), *lines, ""])


def test_a_later_line_settles_the_conflict_of_its_week_alone(tmp_path: Path) -> None:
    """Two values of one key stand until a later delivery says which holds, and again where that is withdrawn."""
    columns = "location_code product_code period_start units"
    home = Home(
        tmp_path, [feed("till.sell_out", columns, columns.removesuffix(" units"), partner="b", delivery="keyed")]
    )
    later = "till.sell_out/b-20250121T0900.csv"
    home.deliver(
        "till.sell_out/a-20250120T0900.csv",
        f"{columns.replace(' ', ',')}\nL,A,2025-01-06,1\nL,A,2025-01-06,2\nL,A,2025-01-13,3\nL,A,2025-01-13,4\n",
    )
    found = [_conflicts(home)]
    with duckdb.connect(str(home.settings.warehouse)) as connection:
        connection.execute("update quality.open_conflicts set conflict_units = 7 where week_start = '2025-01-13'")
    home.deliver(later, f"{columns.replace(' ', ',')}\nL,A,2025-01-06,5\n")
    found.append(_conflicts(home))
    home.withdraw(later)
    found.append(_conflicts(home))
    first, second, stood = [("2025-01-06", 1)], [("2025-01-13", 3)], [("2025-01-13", 7)]
    assert found == [first + second, stood, first + stood]


def _conflicts(home: Home) -> list[tuple[str, int]]:
    home.take_in()
    home.prepare(LATER)
    _run_models(home, "+open_conflicts")
    with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
        return connection.execute(
            "select week_start::varchar, conflict_units::int from quality.open_conflicts order by all"
        ).fetchall()


def test_a_period_of_several_weeks_is_summed_again_for_news_of_any(tmp_path: Path) -> None:
    """A line of its third week comes again: the sales of the month are those of all its weeks."""
    columns = "transaction_id product_code period_start units"
    words = {
        "partner": "b",
        "delivery": "keyed",
        "frequency": Cadence(value=1, unit="m"),
        "starts_on": date(2025, 1, 1),
    }
    home = Home(tmp_path, [feed("till.sell_out", columns, "transaction_id period_start", **words)])
    summed = []
    for name, lines in (
        ("a-20250201T0900", "T1,A,2025-01-06,1\nT2,A,2025-01-20,2\n"),
        ("b-20250202T0900", "T2,A,2025-01-20,5\n"),
    ):
        home.deliver(f"till.sell_out/{name}.csv", f"{columns.replace(' ', ',')}\n{lines}")
        home.take_in()
        home.prepare(LATER)
        _run_models(home, "+sell_out_by_period")
        with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
            summed += connection.execute("select week_start, units from quality.sell_out_by_period").fetchall()
    assert summed == [(None, 3), (None, 6)]


def test_a_count_parts_what_moved_in_weeks_before_it(tmp_path: Path) -> None:
    """Lines of a month and of a week, a receipt on its way, and one that came before its document.

    Counts that close them come weeks after they end. Weeks that they do not reach are left alone.
    """
    sold, received = (
        "product_code period_start units",
        "document_id document_date received_on partner_code product_code units",
    )
    home = Home(
        tmp_path,
        [
            feed("till.sell_out", sold, partner="b", period="month"),
            feed("shop.sell_out", sold, partner="b", period="week"),
            feed("till.stock", "product_code snapshot_date on_hand_units", partner="b"),
            feed("brand.sell_in", received, lead_time_days=9),
        ],
    )
    mondays = [date(2024, 9, 2) + timedelta(days=7 * number) for number in range(21)]
    sundays = [day + timedelta(days=6) for day in mondays]
    documents = [f"D{day},{day + timedelta(days=3)},,b,A,8" for day in mondays]
    header = "product_code,snapshot_date,on_hand_units"

    def deliver(name: str, columns: str, lines: list[str]) -> None:
        home.deliver(name, "\n".join([columns.replace(" ", ","), *lines, ""]))

    def build() -> list[tuple[object, ...]]:
        home.take_in()
        home.prepare(LATER)
        _run_models(home, *(f"+{name}" for name in selected))
        with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
            return connection.execute(
                "from (select week, build from reconciliation.int_stock_movements__weeks) "
                "where week < date '2024-11-25' order by all"
            ).fetchall()

    selected = [f"int_stock_{name}" for name in ("receipt_shifts", "movements", "intervals")]
    deliver("till.sell_out/a-20250210T0900.csv", sold, ["A,2024-12-01,20", "A,2025-01-01,30"])
    deliver("shop.sell_out/a-20250210T0900.csv", sold, [f"A,{day},3" for day in mondays])
    deliver("brand.sell_in/a-20250210T0900.csv", received, [*documents, "E1,2025-01-30,2025-01-24,b,A,8"])
    deliver("till.stock/a-20250210T0900.csv", header, [f"A,{day},5" for day in sundays[:-2]])
    built = [build()]
    deliver("till.stock/b-20250211T0900.csv", header, [f"A,{sundays[-2]},5", f"A,{sundays[-2] + timedelta(days=3)},4"])
    built.append(build())
    deliver("till.stock/c-20250212T0900.csv", header, ["A,2025-02-09,4"])
    built.append(build())
    assert built[0] and built == built[:1] * 3
    by_news = tmp_path / "by_news.duckdb"
    shutil.copyfile(home.settings.warehouse, by_news)
    _run_models(home, *selected, "--full-refresh")
    assert _differences(by_news, home.settings.warehouse) == {}


def test_a_relationship_is_looked_at_again_where_the_other_table_changed(tmp_path: Path) -> None:
    """A row that passed is not looked up again, until there are other products than those that it may name."""
    home = next(_after_each_run(tmp_path, Random(11)))
    _build(home)
    relationship = "relationships_reconciliation_product_id__product_id__ref_stg_products_"

    def run(statement: str) -> str:
        with duckdb.connect(str(home.settings.warehouse)) as connection:
            connection.execute(statement)
        result = invoke_dbt(
            home.settings, ["build", "--select", "reconciliation", "--exclude-resource-type", "unit_test"]
        )
        return next(str(one.status) for one in result.results if one.node.name == relationship)

    products = "staging.stg_products"
    assert run("select 1") == "pass"
    one_row = "where rowid = (select min(rowid) from reconciliation.reconciliation)"
    assert run(f"update reconciliation.reconciliation set product_id = 'gone' {one_row}") == "pass"
    assert run(f"insert into {products} by name select 'new' as product_id") == "fail"
    assert run(f"update {products} set product_id = 'gone' where product_id = 'new'") == "pass"


def test_a_test_reads_the_units_that_have_not_passed_it(tmp_path: Path) -> None:
    """A repeated line is found by every run until it is gone, and in a unit that passed it is not looked for."""
    home = next(_after_each_run(tmp_path, Random(11)))
    _build(home)
    key = "unique_combination_stg_sell_out_delivery_id__line_number"
    repeated = "insert into staging.stg_sell_out from staging.stg_sell_out limit 1"

    def run(*statements: str) -> str:
        with duckdb.connect(str(home.settings.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)
        result = invoke_dbt(
            home.settings, ["build", "--select", "stg_sell_out", "--exclude-resource-type", "unit_test"]
        )
        return next(str(one.status) for one in result.results if one.node.name == key)

    # built, and not tested yet
    assert (run(repeated), run()) == ("fail", "fail")
    whole = "create or replace table staging.stg_sell_out as select distinct * from staging.stg_sell_out"
    assert run(whole) == "pass"
    assert run(repeated) == "pass", "the unit passed and was not built since"
    assert run("update staging.stg_sell_out__weeks set passed_tests = [] where week is not null") == "fail"


def _after_each_run(folder: Path, random: Random) -> Iterator[Home]:
    """A home that a random world is delivered to, a few files a run, when each run's files are in the lake."""
    world = make_world(random)
    home = Home(folder / "home", world.feeds)
    waiting = random.sample(world.deliveries, len(world.deliveries))
    corrected_before = random.randrange(1, RUNS)
    for run in range(RUNS):
        if run == corrected_before:
            home.feeds |= {contract.id: contract for contract in world.corrected}
        size = len(waiting) // 2 if run < RUNS - 1 else len(waiting)
        batch, waiting = waiting[:size], waiting[size:]
        paths = {one.name: home.deliver(one.name, one.content) for one in batch}
        home.take_in()
        happen(home, world, paths)
        home.prepare(LATER + timedelta(days=run))
        with duckdb.connect(str(home.settings.warehouse)) as connection:
            create_slices(connection)
            for _ in range(run):
                _hold_one(connection, random)
        yield home


def _hold_one(connection: duckdb.DuckDBPyConnection, random: Random) -> None:
    kind, week = random.choice(["sell_in", "sell_out", "stock"]), random.choice(["2025-01-06", "2025-01-13"])
    values = {"partner_id": random.choice("abc"), "kind": kind, "week_start": week, "reason": "it was held"}
    connection.execute(
        f"insert into gates.held_slices ({', '.join(values)}) values ({', '.join('?' * len(values))})",
        list(values.values()),
    )


def _build(home: Home, *arguments: str) -> None:
    _run_models(home, *_MODELS, *arguments)


def _run_models(home: Home, *selected: str) -> None:
    result = invoke_dbt(home.settings, ["run", "--select", *selected])
    failed = [f"{one.node.name}: {one.message}" for one in result.results if one.status != "success"]
    assert not failed, failed


def _digests(home: Home) -> dict[tuple[str, str], str]:
    """What each unit of each table was made of."""
    with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where ends_with(table_name, '__units')"
        ).fetchall()
        return {
            (table, unit): digest
            for (table,) in tables
            for unit, digest in connection.execute(f"select unit, digest from {table}").fetchall()
        }


def _differences(one: Path, other: Path) -> dict[str, tuple[int, int]]:
    """Rows of each model that only one warehouse has; doubles to the ninth digit, as sums of them depend on order."""
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = 'other' and schema_name <> 'gates' "
            "order by all"
        ).fetchall()
        for (table,) in tables:
            # each build has an id of its own
            columns = [one for one in connection.execute(f"describe other.{table}").fetchall() if one[0] != "build"]
            row = ", ".join(f"round({name}, 9)" if kind == "DOUBLE" else name for name, kind, *_ in columns)
            sides = [f"select {row} from {side}.{table}" for side in ("one", "other")]
            counts = tuple(
                len(connection.execute(f"{sides[side]} except all {sides[1 - side]}").fetchall()) for side in (0, 1)
            )
            if any(counts):
                found[table] = counts
    assert tables, "no table was compared"
    return found
