"""PostgreSQL holds the current release, whole: readers see one or the other, a killed load leaves what was there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as driver
import dagster as dg
import pytest
from click.testing import Result
from pydantic import SecretStr, ValidationError
from small_warehouse import Build, release_of, usual_lines
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.publish import parts
from orchestration.publish.errors import PostgresBehind
from orchestration.publish.manifest import Manifest
from orchestration.publish.postgres.asset import postgres_assets
from orchestration.publish.postgres.load import Loaded, held_release, load
from orchestration.publish.postgres.server import Server
from orchestration.publish.release import Published
from orchestration.publish.releases import current_release_id
from orchestration.publish.rollback import rollback
from orchestration.publish.tables import TABLES
from orchestration.settings import Settings

_SCHEMAS = count(1)


@pytest.fixture
def target(settings: Settings, postgres_uri: str) -> Settings:
    """A home that publishes to a schema of its own."""
    schema = f"selltrace_{next(_SCHEMAS)}"
    return settings.model_copy(update={"postgres": SecretStr(postgres_uri), "postgres_schema": schema})


def asked(target: Settings, query: str) -> list[tuple[Any, ...]]:
    assert target.postgres
    # a reader that had to wait for a lock would be refused
    uri = f"{target.postgres.get_secret_value()}&options=-c%20lock_timeout%3D1ms"
    with driver.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(query.format(s=target.postgres_schema))
        return [tuple(row) for row in cursor.fetchall()]


def done(target: Settings) -> Loaded:
    loaded = load(target)
    assert loaded
    return loaded


def holds(target: Settings, document: Manifest) -> bool:
    """Whether every table has the rows and totals of the manifest."""
    expected, queries = {}, []
    for name, table in document.tables.items():
        totals = "".join(f" || ' ' || coalesce(sum({column}), 0)" for column in table.sums)
        queries.append(f"select '{name}', count(*){totals} || '' from {{s}}.{name}")
        expected[name] = [Decimal(table.rows), *table.sums.values()]
    found = {row[0]: list(map(Decimal, row[1].split(" "))) for row in asked(target, " union all ".join(queries))}
    return found == expected and held_release(target) == document.release_id


def build(number: int, **more: Any) -> Build:
    """A build whose January differs from every other's."""
    lines = usual_lines()
    lines["sell_out"][0] |= {"units": number}
    verdict = {"suite": "delays", "expectation": "on_time", "severity": "critical", "outcome": "passed"}
    return Build(f"b{number}", lines=lines, tables={"gate_verdicts": [verdict]}, **more)


def test_there_is_nothing_to_load_before_the_first_release(target: Settings) -> None:
    assert load(target) is None
    assert held_release(target) is None


def test_every_table_arrives_with_its_columns_and_types(target: Settings) -> None:
    garbage = {"delivery_id": "d", "contract_id": "c", "line_number": 1, "raw_line": "a\0b ü"}
    published = release_of(target, Build(tables={"quarantine": [garbage]}))
    assert done(target) == Loaded(published.release_id, 5 + 1 + 1 + 1 + 4, was_there=False)
    assert holds(target, published.manifest)
    found = asked(
        target,
        "select table_name::text, column_name::text, data_type::text, numeric_precision, numeric_scale "
        "from information_schema.columns where table_schema = '{s}'",
    )
    types = {(row[0], row[1]): row[2:] for row in found}
    assert types["fct_sell_out", "units"] == ("numeric", 18, 4)
    assert types["fct_sell_out", "period_start"][0] == "date"
    assert types["delivery_ledger", "received_at"][0] == "timestamp without time zone"
    assert types["sell_through_weekly", "is_held"][0] == "boolean"
    assert types["reconciliation", "level"][0] == "text"
    assert {name for name, _ in types} == TABLES.keys() | {"published_release", "published_parts"}
    assert asked(target, "select raw_line from {s}.quarantine") == [("a␀b ü",)]
    assert asked(target, "select obj_description('{s}.fct_stock'::regclass)") == [("an accepted stock line",)]


def test_what_has_not_changed_is_not_sent_again(target: Settings) -> None:
    release_of(target, build(1))
    done(target)
    again = done(target)
    assert (again.rows_sent, again.was_there) == (0, True)
    second = release_of(target, build(2))
    # three lines of January, and the verdict, which names its release
    assert done(target).rows_sent == 4
    assert holds(target, second.manifest)
    lines = usual_lines()
    lines["sell_out"] = lines["sell_out"][2:3]
    third = release_of(target, Build("b3", lines=lines))
    # the one line of February, and a ledger of three deliveries
    assert done(target).rows_sent == 4
    assert holds(target, third.manifest)
    fourth = release_of(target, Build("b4", lines={"sell_in": usual_lines()["sell_in"]}))
    done(target)
    assert holds(target, fourth.manifest)


def test_a_partner_that_stands_apart_is_sent_alone(target: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With many lines of a month, with few, with none."""
    monkeypatch.setattr(parts, "APART", 2)
    release_of(target)
    done(target)
    second = release_of(target, build(2))
    # acme's two lines of January, and the verdict; bolt's line of it stays
    assert done(target).rows_sent == 3
    assert holds(target, second.manifest)
    few, none = usual_lines(), usual_lines()
    few["sell_out"] = few["sell_out"][1:]
    none["sell_out"] = none["sell_out"][2:]
    for number, lines in enumerate((few, usual_lines(), none, usual_lines())):
        published = release_of(target, Build(f"c{number}", lines=lines))
        done(target)
        assert holds(target, published.manifest)


def test_a_rollback_goes_back_there_too(target: Settings) -> None:
    first, _ = release_of(target, build(1)), release_of(target, build(2))
    done(target)
    rollback(target)
    assert done(target).release_id == first.release_id
    assert holds(target, first.manifest)


def test_what_users_made_of_a_table_stays(target: Settings) -> None:
    """Views and rights hang on the table itself, which a load must not replace."""
    release_of(target, build(1))
    done(target)
    _execute(target, "create view {s}.mine as select sum(units) as units from {s}.fct_sell_out")
    release_of(target, build(2))
    done(target)
    assert asked(target, "select units::text from {s}.mine") == [("26.0000",)]


def test_a_column_that_is_new_is_added_and_one_of_another_type_replaced(target: Settings) -> None:
    published = release_of(target, build(1))
    done(target)
    _execute(target, "alter table {s}.dim_partners drop column country")
    _execute(target, "alter table {s}.dim_locations alter column region type varchar(5)")
    _execute(target, "delete from {s}.published_release")
    done(target)
    assert holds(target, published.manifest)
    assert asked(target, "select country from {s}.dim_partners") == []
    [(type_,)] = asked(target, "select pg_typeof(max(region))::text from {s}.dim_locations")
    assert type_ == "text"


def _execute(target: Settings, statement: str) -> None:
    assert target.postgres
    with driver.connect(target.postgres.get_secret_value()) as connection:
        with connection.cursor() as cursor:
            cursor.execute(statement.format(s=target.postgres_schema))
        connection.commit()


@pytest.fixture
def readers(target: Settings) -> Iterator[tuple[list[tuple[Any, ...]], list[str]]]:
    """A thread that asks for release, lines and verdicts in one statement, again and again: what it saw, and errors."""
    seen: list[tuple[Any, ...]] = []
    wrong: list[str] = []
    stop = threading.Event()
    query = (
        "select (select release_id from {s}.published_release), (select sum(units)::text from {s}.fct_sell_out), "
        "(select min(release_id) from {s}.gate_verdicts), (select count(*) from {s}.fct_sell_out)"
    )

    def read() -> None:
        while not stop.is_set():
            try:
                seen.extend(asked(target, query))
            except driver.Error as error:
                wrong.append(str(error))

    release_of(target, build(1))
    done(target)
    thread = threading.Thread(target=read)
    thread.start()
    yield seen, wrong
    stop.set()
    thread.join()


def test_readers_see_one_release_or_the_other(
    target: Settings, readers: tuple[list[tuple[Any, ...]], list[str]]
) -> None:
    seen, wrong = readers
    made: dict[str, Published] = {}
    for number in range(2, 8):
        published = release_of(target, build(number))
        made[published.release_id] = published
        done(target)
    for _ in range(2):
        rollback(target)
        done(target)
    assert wrong == []
    assert len({row[0] for row in seen}) > 3
    for release_id, units, verdicts_of, lines in seen:
        if release_id in made:
            sums = made[release_id].manifest.tables["fct_sell_out"].sums
            assert (Decimal(units), verdicts_of, lines) == (sums["units"], release_id, 5)


@pytest.mark.parametrize("step", ["first table", "fact sent", "before commit", "after commit"])
def test_killed_while_loading(step: str, target: Settings) -> None:
    first = release_of(target, build(1))
    done(target)
    second = release_of(target, build(2))
    assert target.postgres
    died = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("load_and_die.py")),
            str(target.home),
            target.postgres_schema,
            step,
        ],
        env={**os.environ, "SELLTRACE_POSTGRES": target.postgres.get_secret_value()},
        capture_output=True,
        text=True,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert holds(target, (second if step == "after commit" else first).manifest)
    done(target)
    assert holds(target, second.manifest)


def test_rows_that_are_lost_on_the_way_leave_what_was_there(target: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = release_of(target, build(1))
    done(target)
    release_of(target, build(2))
    monkeypatch.setattr(Server, "append", lambda *_: 0)
    with pytest.raises(PostgresBehind, match="0 rows of fct_sell_out were taken, and the release holds 3"):
        load(target)
    assert holds(target, first.manifest)


@pytest.mark.parametrize(
    "uri", ["postgresql://u:p%40ssword@127.0.0.1:1/x", "postgresql://u:p%40ssword@/postgres?host={folder}"]
)
def test_a_server_that_refuses_is_named_without_the_password(target: Settings, postgres_uri: str, uri: str) -> None:
    release_of(target)
    folder = postgres_uri.partition("host=")[2]
    refused = target.model_copy(update={"postgres": SecretStr(uri.format(folder=folder))})
    with pytest.raises(PostgresBehind) as raised:
        load(refused)
    assert "ssword" not in str(raised.value)
    assert raised.value.__cause__ is None and raised.value.__suppress_context__
    assert "ssword" not in repr(refused)


@pytest.mark.parametrize("uri", ["mysql://u:secret@h/x", "postgresql://u:se%cret@h/x", "host=h password=secret"])
def test_what_is_no_uri_is_refused_without_being_quoted(uri: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings(home=tmp_path, postgres=SecretStr(uri))
    assert "must be a URI" in raised.value.errors()[0]["msg"]
    assert "secret" not in str(raised.value) and "cret@" not in str(raised.value)


def test_a_rollback_on_the_command_line_goes_back_there_too(target: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # the command line tells the steps that it starts of its home by the environment of the process
    monkeypatch.setenv("SELLTRACE_HOME", str(target.home))
    first, second, third = (release_of(target, build(number)) for number in (1, 2, 3))
    done(target)
    assert target.postgres
    back = _command(target, target.postgres.get_secret_value(), "release", "rollback")
    assert back.exit_code == 0
    assert holds(target, second.manifest)
    back = _command(target, "postgresql://u:secret@127.0.0.1:1/x", "release", "rollback")
    assert back.exit_code == 4
    assert "the next run brings it up to date" in back.output and "secret" not in back.output
    assert current_release_id(target) == first.release_id
    assert holds(target, second.manifest) and not holds(target, third.manifest)


def _command(target: Settings, uri: str, *arguments: str) -> Result:
    environment = {"SELLTRACE_POSTGRES": uri, "SELLTRACE_POSTGRES_SCHEMA": target.postgres_schema}
    return CliRunner().invoke(app, ["--home", str(target.home), *arguments], env=environment)


def test_the_flow_ends_with_it_where_a_database_is_set(target: Settings) -> None:
    assert postgres_assets(target.model_copy(update={"postgres": None})) == []
    published = release_of(target, build(1))
    [asset] = postgres_assets(target)
    lock = dg.ResourceDefinition.none_resource()
    shown = dg.materialize([asset], resources={"home_lock": lock}).asset_materializations_for_node("publish__postgres")
    assert shown[0].metadata["release_id"].value == published.release_id
    assert holds(target, published.manifest)
