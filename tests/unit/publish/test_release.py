"""A release is whole, reproducible, shares what did not change, and goes out only when it may."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from small_warehouse import Build, Row, publish_again, release_of, row_hashes, sold, usual_lines

from orchestration.publish import files, manifest, parts, release
from orchestration.publish.build import Build as RunBuild
from orchestration.publish.errors import NotPublishable, StaleBuild, WarehouseIncomplete
from orchestration.publish.manifest import Slice, summary
from orchestration.publish.release import Published
from orchestration.publish.releases import current_release_id, damaged_files, release_ids
from orchestration.publish.rollback import rollback
from orchestration.publish.tables import TABLES
from orchestration.settings import Settings

JANUARY, FEBRUARY = (f"fct_sell_out/month=2025-{month}/data.parquet" for month in ("01", "02"))


def with_february_changed() -> dict[str, list[dict[str, object]]]:
    lines = usual_lines()
    lines["sell_out"][2] |= {"units": 50}
    return lines


def weeks_of_a_location(units: dict[str, int]) -> dict[str, list[dict[str, object]]]:
    place = {"partner_id": "acme", "location_id": "acme_1", "product_id": "P1"}
    weeks = [{**place, "week_start": week, "sell_out_units": sold} for week, sold in units.items()]
    return {"sell_through_location_weekly": weeks}


def slice_of(published: Published, partner: str, kind: str, week: str) -> Slice:
    return published.manifest.slice_index()[partner, kind, date.fromisoformat(week)]


def database_differs(published: Published) -> list[str]:
    """Tables whose rows in `selltrace.duckdb` are not those of their files, or not as many as were measured."""
    with duckdb.connect(str(published.folder / "selltrace.duckdb"), read_only=True) as connection:
        differing = []
        for name, table in TABLES.items():
            path = f"{published.folder}/{name}/*/*.parquet" if table.month_of else f"{published.folder}/{name}.parquet"
            rows = f"from read_parquet('{path}', hive_partitioning = false)"
            other = f"(from {name} except all {rows}) union all ({rows} except all from {name})"
            is_same = connection.execute(other).fetchall() == []
            counted = connection.execute(f"select count(*) {rows}").fetchall()
            differing += [] if is_same and counted == [(published.manifest.tables[name].rows,)] else [name]
    return differing


def test_release_holds_every_table_as_parquet_and_in_the_database(settings: Settings) -> None:
    published = release_of(settings)
    with duckdb.connect(str(settings.current / "selltrace.duckdb"), read_only=True) as database:
        for name, table in TABLES.items():
            glob = f"{settings.current}/{name}/*/*.parquet" if table.month_of else f"{settings.current}/{name}.parquet"
            described = database.execute(f"describe from read_parquet('{glob}', hive_partitioning = false)").fetchall()
            columns = {row[0]: row[1] for row in described}
            assert list(columns.items())[: len(table.columns)] == list(table.columns.items())
            assert database.execute(f"describe {name}").fetchall() == described
            counts = database.execute(
                f"select (select count(*) from {name}), (select count(*) from read_parquet('{glob}'))"
            ).fetchone()
            assert counts == (published.manifest.tables[name].rows,) * 2
    assert damaged_files(settings) == []


def test_release_can_be_moved_and_read_from_anywhere(settings: Settings, tmp_path: Path) -> None:
    published = release_of(settings)
    moved = tmp_path / "elsewhere"
    shutil.move(published.folder, moved)
    with duckdb.connect(str(moved / "selltrace.duckdb"), read_only=True) as database:
        assert database.execute("select sum(units) from fct_sell_out").fetchone() == (Decimal(27),)


def test_facts_are_partitioned_by_month(settings: Settings) -> None:
    published = release_of(settings)
    table = published.manifest.tables["fct_sell_out"]
    assert {name: part.rows for name, part in table.parts.items()} == {"2025-01": 3, "2025-02": 2}
    assert list(table.files) == [JANUARY, FEBRUARY]


def test_a_partner_with_many_lines_of_a_month_stands_apart(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that its news leave the others' files as they are, and theirs its own."""
    monkeypatch.setattr(parts, "APART", 2)
    first = release_of(settings)
    table = first.manifest.tables["fct_sell_out"]
    rows = {"2025-01": 1, "2025-01/acme": 2, "2025-02": 2}
    assert {name: part.rows for name, part in table.parts.items()} == rows
    of_acme = parts.path_of(TABLES["fct_sell_out"], table.parts["2025-01/acme"])
    assert list(table.files) == [JANUARY, of_acme, FEBRUARY]
    assert list(table.parts) == list(rows)
    lines = usual_lines()
    lines["sell_out"][3] |= {"units": 70}
    second = release_of(settings, Build("b2", lines=lines))
    assert (first.folder / of_acme).samefile(second.folder / of_acme)
    assert not (first.folder / JANUARY).samefile(second.folder / JANUARY)
    assert database_differs(second) == []


def test_facts_without_lines_still_show_their_columns(settings: Settings) -> None:
    published = release_of(settings, Build(lines={"sell_out": usual_lines()["sell_out"]}))
    rows = duckdb.connect().execute(f"select count(*) from read_parquet('{published.folder}/fct_stock/*/*.parquet')")
    assert rows.fetchone() == (0,)


def test_unchanged_months_are_hard_links_and_changed_ones_are_not(settings: Settings) -> None:
    first = release_of(settings)
    second = release_of(settings, Build("b2", lines=with_february_changed()))
    assert (first.folder / JANUARY).samefile(second.folder / JANUARY)
    assert not (first.folder / FEBRUARY).samefile(second.folder / FEBRUARY)
    assert damaged_files(settings, first.release_id) == damaged_files(settings, second.release_id) == []
    units = duckdb.connect().execute(f"select sum(units) from read_parquet('{second.folder / FEBRUARY}')").fetchone()
    assert units == (Decimal(58),)


def test_unchanged_tables_are_hard_links_but_for_those_that_name_the_release(settings: Settings) -> None:
    first = release_of(settings)
    second = release_of(settings, Build("b2", lines=with_february_changed()))
    assert (first.folder / "dim_products.parquet").samefile(second.folder / "dim_products.parquet")
    assert not (first.folder / "gate_verdicts.parquet").samefile(second.folder / "gate_verdicts.parquet")


@pytest.mark.parametrize("apart", [1, 2, parts.APART])
@pytest.mark.parametrize("former", ["whole", "damaged", "gone"])
def test_the_database_holds_the_rows_of_the_files_whatever_was_there_before(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, former: str, apart: int
) -> None:
    """A month that changed, one that is gone, one that is new, a table that is empty now; and back again."""
    monkeypatch.setattr(parts, "APART", apart)
    lines = usual_lines()
    lines["stock"] = []
    january = [row for row in lines["sell_out"] if str(row["period_start"]).startswith("2025-01")]
    lines["sell_out"] = [*january, sold("a", "2025-03-03", 5, 90)]
    release_of(settings, Build(tables=weeks_of_a_location({"2025-01-06": 3, "2025-02-03": 5})))
    changed = weeks_of_a_location({"2025-01-06": 3, "2025-02-03": 9})
    others = weeks_of_a_location({"2025-01-06": 3, "2025-03-03": 2, "2025-03-10": 1})
    # a row begins to tell an estimate, and ends
    changed["sell_through_location_weekly"][1] |= {"estimated_sell_out_units": 4}
    others["sell_through_location_weekly"][0] |= {"estimated_sell_out_units": 3}
    more = usual_lines()
    # bolt has many lines of January too, and acme few
    more["sell_out"] += [sold("bolt", "2025-01-09", units, 7 + units) for units in (1, 2)]
    more["sell_out"][1] |= {"partner_id": "coda"}
    of_nobody = weeks_of_a_location({"2025-01-06": 3, "2025-01-13": 4, "2025-01-20": 5})
    of_nobody["sell_through_location_weekly"][0] |= {"partner_id": None}
    for build in (
        Build("b2", lines=with_february_changed(), tables=changed),
        Build("b3", lines=lines, tables=others),
        Build("b4"),
        Build("b5", lines=more, tables=of_nobody),
        Build("b6"),
        Build("b7"),
    ):
        database = settings.current / "selltrace.duckdb"
        if former != "whole":
            database.chmod(0o644)
            database.unlink() if former == "gone" else database.write_bytes(database.read_bytes()[:-9])
        published = release_of(settings, build)
        assert damaged_files(settings, published.release_id) == []
        assert database_differs(published) == []


def test_a_database_that_cannot_be_copied_is_written_anew(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    release_of(settings)

    def fill(_: Path, target: Path) -> None:
        target.write_bytes(b"half of it")
        raise OSError("no space left")

    monkeypatch.setattr(shutil, "copyfile", fill)
    published = release_of(settings, Build("b2", lines=with_february_changed()))
    assert "written anew, and not from the release before: no space left" in caplog.text
    assert damaged_files(settings, published.release_id) == []
    assert database_differs(published) == []


def test_a_table_of_the_former_database_that_did_not_change_is_not_read_again(settings: Settings) -> None:
    """Marked in the former file, whose manifest is made to agree: what did not change keeps the mark."""
    first = release_of(settings, Build(tables=weeks_of_a_location({"2025-01-06": 3, "2025-02-03": 5})))
    database = first.folder / "selltrace.duckdb"
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute("update delivery_ledger set file_name = 'marked'")
        connection.execute("update fct_sell_out set currency = 'XXX'")
        connection.execute("update sell_through_location_weekly set held_reason = 'marked'")
    manifest.write(first.manifest.model_copy(update={"database_sha256": files.sha256_of(database)}), first.folder)
    weeks = weeks_of_a_location({"2025-01-06": 3, "2025-02-03": 9})
    second = release_of(settings, Build("b2", lines=with_february_changed(), tables=weeks))
    assert set(database_differs(second)) == {"fct_sell_out", "delivery_ledger", "sell_through_location_weekly"}
    with duckdb.connect(str(second.folder / "selltrace.duckdb"), read_only=True) as connection:
        months = connection.execute(
            "select distinct month(period_start), currency from fct_sell_out where currency = 'XXX'"
        ).fetchall()
        marked = connection.execute(
            "select month(week_start) from sell_through_location_weekly where held_reason = 'marked'"
        ).fetchall()
    assert months == [(1, "XXX")]
    assert marked == [(1,)]


def test_a_database_of_which_most_changed_is_written_anew(settings: Settings) -> None:
    """It would keep the room of what was replaced. Marked in the former file, whose manifest is made to agree."""
    first = release_of(settings)
    database = first.folder / "selltrace.duckdb"
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute("update fct_stock set delivery_id = 'marked'")
    manifest.write(first.manifest.model_copy(update={"database_sha256": files.sha256_of(database)}), first.folder)
    lines = usual_lines()
    lines["sell_out"] = [sold("acme", f"2025-01-{day:02}", day, day) for day in range(6, 31)]
    assert database_differs(release_of(settings, Build("b2", lines=lines))) == []


def test_estimates_stand_apart(settings: Settings) -> None:
    """They move with the sales of every partner, and rows beside them do not."""
    weeks = weeks_of_a_location({"2025-01-06": 3, "2025-01-13": 5, "2025-02-03": 5})
    weeks["sell_through_location_weekly"][1] |= {"estimated_sell_out_units": 4}
    first = release_of(settings, Build(tables=weeks))
    files_of_mart = first.manifest.tables["sell_through_location_weekly"].files
    january, estimated, _ = files_of_mart
    assert estimated == "sell_through_location_weekly/month=2025-01/estimated.parquet"
    weeks["sell_through_location_weekly"][1] |= {"estimated_sell_out_units": 6}
    second = release_of(settings, Build("b2", tables=weeks))
    assert (first.folder / january).samefile(second.folder / january)
    assert not (first.folder / estimated).samefile(second.folder / estimated)
    assert database_differs(second) == []


def test_lines_left_out_without_a_day_stand_apart(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside those of months, also where they are of a partner who has many, and of none."""
    monkeypatch.setattr(parts, "APART", 2)
    line = {"kind": "sell_out", "delivery_id": "acme_out", "lines": 1, "line_class": "quarantined", "reason": "no date"}
    others: list[Row] = [
        line | {"line_number": 1, "partner_id": "acme"},
        line | {"line_number": 2, "partner_id": "acme"},
        line | {"line_number": 3},
    ]
    of_january = line | {"line_number": 4, "partner_id": "acme", "first_day": "2025-01-07", "last_day": "2025-01-07"}
    first = release_of(settings, Build(tables={"left_out_lines": [*others, of_january]}))
    table = first.manifest.tables["left_out_lines"]
    assert {name: part.rows for name, part in table.parts.items()} == {"2025-01": 1, "none": 1, "none/acme": 2}
    of_acme = parts.path_of(TABLES["left_out_lines"], table.parts["none/acme"])
    others[2] |= {"reason": "no date and no code"}
    second = release_of(settings, Build("b2", tables={"left_out_lines": [*others, of_january]}))
    links = {path: (first.folder / path).samefile(second.folder / path) for path in table.files}
    assert links == {path: "month=none/data" not in path for path in table.files}
    assert of_acme in links
    assert database_differs(second) == []


def test_lines_left_out_may_be_equal(settings: Settings) -> None:
    """As many as there are stand in the database, whatever the release before had of them."""
    line: Row = {"kind": "sell_out", "delivery_id": "acme_out", "lines": 1, "line_class": "quarantined"}
    line |= {"partner_id": "acme", "reason": "no units"}
    others = [line | {"first_day": f"2025-02-{day:02}"} for day in range(1, 9)]
    for build, times in (("b1", 1), ("b2", 2), ("b3", 1)):
        lines = [line | {"first_day": "2025-01-07"}] * times + others
        assert database_differs(release_of(settings, Build(build, tables={"left_out_lines": lines}))) == []


def test_months_are_copied_where_links_are_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    first = release_of(settings)
    monkeypatch.setattr(os, "link", refuse)
    second = release_of(settings, Build("b2"))
    assert not (first.folder / JANUARY).samefile(second.folder / JANUARY)
    assert damaged_files(settings) == []


def test_a_month_whose_former_file_is_gone_is_written_again(settings: Settings) -> None:
    first = release_of(settings)
    (first.folder / JANUARY).unlink()
    second = release_of(settings, Build("b2"))
    assert damaged_files(settings, first.release_id) == [JANUARY]
    assert damaged_files(settings, second.release_id) == []


def test_same_warehouse_gives_the_same_bytes_whatever_the_order_of_rows(settings: Settings, tmp_path: Path) -> None:
    first = release_of(settings)
    lines = {kind: rows[::-1] for kind, rows in usual_lines().items()}
    shutil.rmtree(settings.releases)
    second = release_of(settings, Build(lines=lines))
    assert row_hashes(first) == row_hashes(second)
    for name in TABLES.keys() - {"gate_verdicts"}:
        assert first.manifest.tables[name].files == second.manifest.tables[name].files


def test_checksums_tell_rows_apart(settings: Settings) -> None:
    twice = usual_lines()
    twice["sell_out"] += [sold("acme", "2025-01-07", 3, 1)] * 2
    moved = usual_lines()
    moved["sell_out"][0] |= {"transaction_id": "x", "campaign_code": None}
    swapped = usual_lines()
    swapped["sell_out"][0] |= {"transaction_id": None, "campaign_code": "x"}
    shifted = usual_lines()
    shifted["sell_out"][0] |= {"transaction_id": "x", "campaign_code": "yz"}
    unshifted = usual_lines()
    unshifted["sell_out"][0] |= {"transaction_id": "xy", "campaign_code": "z"}
    empty = usual_lines()
    empty["sell_out"][0] |= {"transaction_id": ""}
    exchanged = usual_lines()
    exchanged["sell_out"][0] |= {"units": 4}
    exchanged["sell_out"][1] |= {"units": 3}
    variants = (usual_lines(), twice, moved, swapped, shifted, unshifted, empty, exchanged)
    seen = [release_of(settings, Build(lines=lines)) for lines in variants]
    assert len({published.manifest.tables["fct_sell_out"].sha256 for published in seen}) == len(variants)


def test_manifest_totals_units_and_amounts(settings: Settings) -> None:
    document = release_of(settings).manifest
    assert document.tables["fct_sell_out"].sums == {
        "units": Decimal(27),
        "amount": Decimal(54),
        "amount_reporting": Decimal(54),
    }
    assert document.tables["fct_sell_in"].sums["net_amount_reporting"] == 0


def test_manifest_says_what_the_release_was_made_of(settings: Settings) -> None:
    published = release_of(settings)
    written = json.loads((settings.current / "manifest.json").read_text())
    assert written["release_id"] == published.release_id == published.folder.name
    assert written["as_of"] == "2025-03-01T12:00:00Z"
    assert (written["build_id"], written["code_version"], written["contract_versions"]) == ("b1", "1.0", {"c": "1.0.0"})
    assert (written["reporting_currency"], written["inputs_fingerprint"], written["current"]) == ("EUR", "inputs", True)
    assert written["former_release_id"] is None


def test_lines_longer_than_a_month_are_totalled(settings: Settings) -> None:
    lines = usual_lines()
    lines["sell_out"] += [
        sold("acme", "2025-01-01", 100, 8, period_end="2025-12-31"),
        sold("acme", "2025-01-01", 31, 9, period_end="2025-01-31"),
    ]
    long_lines = release_of(settings, Build(lines=lines)).manifest.long_lines
    assert (long_lines.lines, long_lines.units) == (1, Decimal(100))


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2025-02-28 23:59:58", datetime(2025, 3, 1, tzinfo=UTC)),  # a due date
        ("2025-02-28 23:59:59", datetime(2025, 3, 1, tzinfo=UTC)),  # in its last second it is not over
        ("2025-03-01 00:00:00", datetime(2025, 3, 2, 23, tzinfo=UTC)),
        ("2025-03-03 00:00:00", datetime(2025, 3, 5, tzinfo=UTC)),  # a waiver, valid to the end of its day
        ("2025-03-05 00:00:00", None),
    ],
)
def test_next_due_at_is_when_time_alone_changes_a_verdict(
    settings: Settings, as_of: str, expected: datetime | None
) -> None:
    assert release_of(settings, Build(as_of=as_of)).manifest.next_due_at == expected


def test_next_due_at_can_be_given(settings: Settings) -> None:
    given = datetime(2025, 6, 1, tzinfo=UTC)
    assert release_of(settings, due_at=given).manifest.next_due_at == given


def test_what_is_published_is_accepted_less_held_back_plus_carried(settings: Settings) -> None:
    release_of(settings)
    lines = with_february_changed()
    lines["sell_out"] += [
        sold("acme", "2025-02-06", 9, 4),
        sold("acme", "2025-02-06", 9, 5, line_class="superseded"),
    ]
    second = release_of(settings, Build("b2", lines=lines, held=[("acme", "sell_out", "2025-02-03")]))
    line = second.manifest.reconciliation["fct_sell_out"]
    assert (line.accepted, line.held_back, line.carried, line.published) == (6, 2, 1, 5)
    assert second.manifest.tables["fct_sell_out"].sums["units"] == 27


def test_a_line_that_moved_out_of_a_held_week_is_held_back_with_it(settings: Settings) -> None:
    release_of(settings)
    lines = usual_lines()
    lines["sell_out"][2] = sold("acme", "2025-02-18", 5, 3)
    second = release_of(settings, Build("b2", lines=lines, held=[("acme", "sell_out", "2025-02-03")]))
    line = second.manifest.reconciliation["fct_sell_out"]
    assert (line.accepted, line.held_back, line.carried, line.published) == (5, 1, 1, 5)


def test_lines_that_do_not_add_up_stop_the_release(settings: Settings) -> None:
    first = release_of(settings)
    Build("b2").write(settings)
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("delete from marts.fct_stock")
    with pytest.raises(NotPublishable, match="fct_stock does not add up"):
        publish_again(settings)
    assert current_release_id(settings) == first.release_id
    assert release_ids(settings) == [first.release_id]


def test_held_slices_name_the_release_in_which_they_last_passed(settings: Settings) -> None:
    held = [("acme", "sell_out", "2025-02-03"), ("bolt", "stock", "2025-02-03")]
    first = release_of(settings)
    second = release_of(settings, Build("b2", held=held))
    third = release_of(settings, Build("b3", held=held))
    mended = release_of(settings, Build("b4"))
    for published in (second, third):
        entry = slice_of(published, "acme", "sell_out", "2025-02-03")
        assert (entry.status, entry.reason, entry.suites) == ("held", "overdue", "delays")
        assert (entry.carried_from, entry.lines, entry.units) == (first.release_id, 1, Decimal(5))
        never = slice_of(published, "bolt", "stock", "2025-02-03")
        assert (never.status, never.carried_from, never.lines) == ("held", None, 0)
    entry = slice_of(mended, "acme", "sell_out", "2025-02-03")
    assert (entry.status, entry.reason, entry.carried_from) == ("published", None, None)


def test_verdicts_carry_the_release_and_are_counted(settings: Settings) -> None:
    verdict = {"suite": "delays", "expectation": "on_time", "severity": "critical", "outcome": "passed"}
    published = release_of(settings, Build(tables={"gate_verdicts": [verdict, verdict | {"outcome": "waived"}]}))
    rows = duckdb.connect().execute(f"select distinct release_id from '{published.folder}/gate_verdicts.parquet'")
    assert rows.fetchall() == [(published.release_id,)]
    assert [(entry.outcome, entry.verdicts) for entry in published.manifest.verdicts] == [("passed", 1), ("waived", 1)]


def test_slices_carry_the_marks_of_warnings_and_waivers(settings: Settings) -> None:
    waived = "delays: late. Waived by ops until 2025-03-01: strike"
    marked = [
        {"partner_id": "acme", "kind": "sell_out", "week_start": "2025-01-06", "warnings": "acceptance, duplicates"},
        {"partner_id": "acme", "kind": "sell_out", "week_start": "2025-01-13", "warnings": "acceptance, duplicates"},
        {"partner_id": "bolt", "kind": "sell_out", "week_start": "2025-01-06", "waivers": [waived]},
    ]
    published = release_of(settings, Build(marked=[{"waivers": []} | one for one in marked]))
    for partner, week, warnings, waivers in (
        ("acme", "2025-01-06", ["acceptance", "duplicates"], []),
        ("acme", "2025-02-03", [], []),
        ("bolt", "2025-01-06", [], [waived]),
    ):
        entry = slice_of(published, partner, "sell_out", week)
        assert (entry.status, entry.warnings, entry.waivers) == ("published", warnings, waivers)
    assert [(row["warnings"], len(row["weeks"])) for row in summary(published.manifest)["marked"]] == [
        ("acceptance, duplicates", 2),
        ("", 1),
    ]


def test_columns_beyond_the_published_ones_go_out_behind_them(settings: Settings) -> None:
    interval = {"partner_id": "acme", "product_id": "P1", "closing_date": "2025-01-12", "evidence": '{"days": 1}'}
    published = release_of(settings, Build(tables={"reconciliation": [interval]}))
    files = f"{published.folder}/reconciliation/*/*.parquet"
    rows = duckdb.connect().execute(f"select * from read_parquet('{files}', hive_partitioning = false)")
    assert rows.description[-1][0] == "level"
    assert rows.fetchall()[0][-2:] == ('{"days": 1}', "partner")


@pytest.mark.parametrize(
    ("loses", "message"),
    [
        (
            "alter table marts.dim_partners drop column country",
            "marts.dim_partners lacks the published columns country",
        ),
        ("drop table marts.dim_partners", "the warehouse lacks marts.dim_partners"),
        ("drop view marts.int_estimated_sell_through", "the warehouse lacks marts.int_estimated_sell_through"),
    ],
)
def test_a_warehouse_without_what_is_published_is_refused(settings: Settings, loses: str, message: str) -> None:
    Build().write(settings)
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(loses)
    with pytest.raises(WarehouseIncomplete, match=re.escape(message)):
        publish_again(settings)


def test_undated_lines_are_refused(settings: Settings) -> None:
    with pytest.raises(WarehouseIncomplete, match="without snapshot_date"):
        stock = usual_lines()["stock"][0] | {"snapshot_date": None}
        release_of(settings, Build(lines=usual_lines() | {"stock": [stock]}))


def test_what_is_not_publishable_leaves_the_current_release(settings: Settings) -> None:
    first = release_of(settings)
    Build("b2", lines=with_february_changed()).write(settings)
    with pytest.raises(NotPublishable) as stopped:
        publish_again(settings, publishable=lambda connection: ["keys failed", "delays errored"])
    assert stopped.value.reasons == ["keys failed", "delays errored"]
    assert current_release_id(settings) == first.release_id
    assert sorted(path.name for path in settings.releases.iterdir()) == sorted([first.release_id, "current"])


def test_the_gates_are_asked_on_a_connection_that_cannot_write(settings: Settings) -> None:
    def ask(connection: duckdb.DuckDBPyConnection) -> list[str]:
        assert connection.execute("select count(*) from gates.held_slices").fetchone() == (0,)
        with pytest.raises(duckdb.InvalidInputException):
            connection.execute("delete from gates.held_slices")
        return []

    assert release_of(settings, publishable=ask).is_current


def test_without_a_word_the_gates_of_this_home_are_asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: duckdb.DuckDBPyConnection, of: Settings) -> list[str]:
        return [f"asked of {of.home.name}"]

    monkeypatch.setitem(sys.modules, "orchestration.gates.verdicts", SimpleNamespace(publishable=refuse))
    with pytest.raises(NotPublishable, match="asked of home"):
        release_of(settings, publishable=None)


def test_an_earlier_moment_is_written_aside(settings: Settings) -> None:
    first = release_of(settings)
    aside = release_of(settings, Build("b2", as_of="2025-02-01 00:00:00"))
    assert not aside.is_current
    assert aside.reason and "before that of the current release" in aside.reason
    assert (aside.manifest.current, aside.manifest.not_current_reason) == (False, aside.reason)
    assert current_release_id(settings) == first.release_id
    assert damaged_files(settings, aside.release_id) == []


def test_a_build_that_carried_from_another_release_is_refused(settings: Settings) -> None:
    first = release_of(settings)
    second = release_of(settings, Build("b2"))
    Build("b3").write(settings)
    rollback(settings)
    with pytest.raises(StaleBuild, match=f"from release {second.release_id}, but {first.release_id} is current"):
        publish_again(settings)


def test_publishing_the_same_build_twice_keeps_its_former_release(settings: Settings) -> None:
    first = release_of(settings)
    second = release_of(settings, Build("b2", held=[("acme", "sell_out", "2025-02-03")]))
    again = publish_again(settings)
    assert again.release_id > second.release_id
    assert again.manifest.former_release_id == first.release_id
    assert again.manifest.slices == second.manifest.slices
    assert row_hashes(again) == row_hashes(second)


def test_publishing_a_build_again_remembers_what_it_carried_from_when_that_is_gone(settings: Settings) -> None:
    one = settings.model_copy(update={"keep_releases": 1})
    first = release_of(one)
    release_of(one, Build("b2", held=[("acme", "sell_out", "2025-02-03")]))
    again = publish_again(one)
    assert release_ids(one) == [again.release_id]
    assert [entry.carried_from for entry in again.manifest.held()] == [first.release_id]


def test_release_ids_sort_by_time_and_are_unique(settings: Settings) -> None:
    published = [release_of(settings, Build("build-1234567890")).release_id for _ in range(3)]
    assert published == sorted(set(published))
    assert all(release_id.endswith("Z-build123") for release_id in published)


def test_two_releases_of_one_millisecond_have_two_names(settings: Settings) -> None:
    moment = datetime(2025, 3, 1, 12, 0, 0, 999_500, tzinfo=UTC)
    build = RunBuild("b1", moment, "EUR", None)
    (settings.releases / "20250301T120000999Z-other").mkdir()
    named = release._name_release(settings, build, moment)
    assert named == ("20250301T120001000Z-b1", moment + timedelta(milliseconds=1))


def test_current_is_a_relative_link(settings: Settings) -> None:
    published = release_of(settings)
    assert str(settings.current.readlink()) == published.release_id


def test_published_files_cannot_be_written_by_accident(settings: Settings) -> None:
    published = release_of(settings)
    data = [path for path in published.folder.rglob("*") if path.suffix in (".parquet", ".duckdb")]
    modes = {path.stat().st_mode & 0o222 for path in data}
    assert modes == {0}


def test_summary_groups_what_is_held(settings: Settings) -> None:
    weeks = ["2025-01-06", "2025-02-03"]
    published = release_of(settings, Build(held=[("bolt", "sell_out", week) for week in weeks]))
    told = summary(published.manifest)
    assert told["held"] == [
        {
            "partner_id": "bolt",
            "kind": "sell_out",
            "reason": "overdue",
            "carried_from": None,
            "weeks": [date.fromisoformat(week) for week in weeks],
        }
    ]
    assert {"table": "fct_sell_in", "rows": 1}.items() <= next(
        row for row in told["tables"] if row["table"] == "fct_sell_in"
    ).items()
