"""What a run does on a small market: news and none, gates, exit codes, going back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.automation.instance import prepare_instance
from orchestration.automation.news import news
from orchestration.contracts.load import require_contracts
from orchestration.definitions import build_defs
from orchestration.publish.releases import current_release_id
from orchestration.settings import Settings
from tests.pipeline.conftest import Release, call_selltrace, selltrace
from tests.pipeline.small_market import AS_OF, deliver, write_small_market
from tests.postgres_server import find_program


class Market:
    """A home and its contracts, run by the command line."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.contracts = write_small_market(home)
        self.settings = Settings(home=home, contracts=self.contracts)

    def run(self, as_of: str = AS_OF) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(
            selltrace(self.home, "run", "--as-of", as_of, "--json", contracts=self.contracts)
        )
        return answer

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        release = Release(self.settings)
        try:
            return release.rows(query)
        finally:
            release.close()

    def sell_out(self) -> list[tuple[Any, ...]]:
        """Published units by week."""
        return self.rows("select period_start::varchar, sum(units)::int from fct_sell_out group by all order by all")


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return Market(tmp_path)


def _ended_midway(market: Market) -> tuple[int, str]:
    """SIGTERM for a run in the background of a script, where interrupts are ignored, when it has begun to transform."""
    command = [str(Path(sys.executable).with_name("selltrace")), "--home", str(market.home)]
    command += ["--contracts", str(market.contracts), "run", "--as-of", AS_OF]
    interrupts = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        signal.signal(signal.SIGINT, interrupts)
        while process.poll() is None and not market.settings.warehouse.exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
    return process.returncode, told.splitlines()[-1].partition(" `")[0]


def test_the_life_of_a_home(market: Market, request: pytest.FixtureRequest) -> None:
    """One home through its life: a run that is ended, one that is not, no news, a late partner, a mended slice, going
    back."""
    assert _ended_midway(market) == (130, "Interrupted. Run again: it goes on from what was done.")
    assert current_release_id(market.settings) is None
    first = market.run()
    assert market.sell_out() == [("2025-01-06", 15), ("2025-01-13", 25), ("2025-01-20", 25)]
    balanced = market.rows("select cause, count(*) from reconciliation group by all")
    assert balanced == [("balanced", 4)]

    again = market.run()
    assert again == {"release_id": first["release_id"], "news": False}

    # the next week was due on 5 February: its slice is held, and nothing else changes; nor does it for files of garbage
    deliver(market.home, "sell_out/2025-02-05.csv", "\x00\x01 not a table at all\n;;;\n")
    deliver(market.home, "stock/2025-02-05.csv", "code;day;units\nA;2025-02-02;1\n")
    told = call_selltrace(market.home, "run", "--as-of", "2025-02-06", "--json", contracts=market.contracts)
    overdue = json.loads(told.stdout)
    assert "sell_out/2025-02-05.csv: line 1 holds NUL characters" in told.stderr
    held = [one for one in _manifest(market)["slices"] if one["status"] == "held"]
    assert [(one["kind"], one["week_start"]) for one in held] == [("sell_out", "2025-01-27")]
    assert "missing" in held[0]["reason"]
    assert market.sell_out() == [("2025-01-06", 15), ("2025-01-13", 25), ("2025-01-20", 25)]

    warned = market.rows(
        "select kind, outcome from gate_verdicts where expectation = 'unplaced_files_readable' order by 1"
    )
    assert ("sell_out", "failed") in warned
    assert ("stock", "failed") in warned

    # a restatement with a broken line: most of the delivery cannot be read, the slice keeps what was published
    deliver(
        market.home, "sell_out/2025-02-07.csv", "code,week,units\nA,2025-01-20,500\nB,2025-01-20,x\nC,2025-01-20,y\n"
    )
    market.run("2025-02-08")
    assert market.sell_out() == [("2025-01-06", 15), ("2025-01-13", 25), ("2025-01-20", 25)]
    kept = [one for one in _manifest(market)["slices"] if one["status"] == "held" and one["week_start"] == "2025-01-20"]
    assert [one["carried_from"] for one in kept] == [overdue["release_id"]]
    reasons = market.rows("select reason_code, count(*) from quarantine group by all order by all")
    assert reasons == [("encoding", 1), ("header", 1), ("not_a_number", 2)]

    # the mended file replaces it, and the overdue week comes
    deliver(market.home, "sell_out/2025-02-09.csv", "code,week,units\nA,2025-01-20,6\nB,2025-01-20,21\n")
    deliver(market.home, "sell_out/2025-02-10.csv", "code,week,units\nA,2025-01-27,1\nB,2025-01-27,1\n")
    mended = market.run("2025-02-10")
    assert mended["slices"][1] == {"kind": "sell_out", "published": 4, "held": 0}
    assert market.sell_out()[2:] == [("2025-01-20", 27), ("2025-01-27", 2)]
    changed = json.loads(selltrace(market.home, "release", "diff", "--json", contracts=market.contracts))
    assert changed["adds_up"]
    assert [(one["week_start"], one["reason"], float(one["sums"]["units"])) for one in changed["changes"]] == [
        ("2025-01-20", "mended", 2),
        ("2025-01-27", "mended", 2),
    ]
    since_first = json.loads(
        selltrace(market.home, "release", "diff", first["release_id"], "--json", contracts=market.contracts)
    )
    assert since_first["adds_up"]
    assert [(one["week_start"], one["reason"], one["rows_removed"]) for one in since_first["changes"]] == [
        ("2025-01-20", "restated", 2),
        ("2025-01-27", "new", 0),
    ]

    # roll back, then run: the next run publishes again
    selltrace(market.home, "release", "rollback", contracts=market.contracts)
    assert market.sell_out()[2:] == [("2025-01-20", 25)]
    unreachable = {"SELLTRACE_POSTGRES": "postgresql://u:secret@127.0.0.1:1/x"}
    again = call_selltrace(market.home, "run", "--as-of", "2025-02-10", contracts=market.contracts, **unreachable)
    assert again.returncode == 4
    assert market.sell_out()[2:] == [("2025-01-20", 27), ("2025-01-27", 2)]
    assert "PostgreSQL is behind: IO: [libpq]" in again.stderr and "the next run brings it up to date" in again.stderr
    assert "secret" not in again.stdout + again.stderr
    if find_program("initdb"):
        _second_target(market, request.getfixturevalue("postgres_uri"))


def _second_target(market: Market, uri: str) -> None:
    """A run without news brings PostgreSQL up to date, and `status` says so."""
    target = {"SELLTRACE_POSTGRES": uri, "SELLTRACE_POSTGRES_SCHEMA": "life"}
    told = [
        selltrace(market.home, *command, contracts=market.contracts, **target)
        for command in (["status", "--json"], ["run", "--as-of", "2025-02-10"], ["status", "--json"])
    ]
    assert json.loads(told[0])["postgres"] == "behind: holds none; the next run brings it up to date"
    assert told[1].startswith("No news")
    assert json.loads(told[2])["postgres"] == f"holds {current_release_id(market.settings)}"
    assert market.sell_out()[2:] == [("2025-01-20", 27), ("2025-01-27", 2)]

    # a moment before the current release's is written aside
    current = market.settings.current.resolve()
    assert market.run("2025-01-29")["is_current"] is False
    assert market.settings.current.resolve() == current


def _manifest(market: Market) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((market.settings.current / "manifest.json").read_text())
    return manifest


def test_publishing_alone_does_not_slip_past_a_failed_gate(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is lost between raw and staging breaks conservation: the run stops, and so does a run of publish."""
    monkeypatch.setenv("SELLTRACE_HOME", str(market.home))
    market.run()
    current = market.settings.current.resolve()
    deliver(market.home, "sell_out/2025-01-28.csv", "code,week,units\nA,2025-01-20,6\nB,2025-01-20,21\n")
    _lose_a_line(market)
    prepare_instance(market.settings)
    definitions = build_defs(market.settings)
    config = {"ops": {"raw__ledger": {"config": {"as_of": AS_OF}}}}
    with dg.DagsterInstance.get() as instance:
        job = definitions.resolve_job_def("release")
        whole = job.execute_in_process(instance=instance, raise_on_error=False, run_config=config)
        assert not whole.success
        failed = {one.check_name for one in whole.get_asset_check_evaluations() if not one.passed}
        assert "every_line_accounted_for" in failed
        alone = job.execute_in_process(
            instance=instance, raise_on_error=False, asset_selection=[dg.AssetKey(["publish", "release"])]
        )
        assert not alone.success
    assert market.settings.current.resolve() == current
    assert call_selltrace(market.home, "run", "--as-of", AS_OF, contracts=market.contracts).returncode == 3


def _lose_a_line(market: Market) -> None:
    """A ledger entry that says one line more than the lake holds: as if a line had been dropped on the way."""
    path = sorted((market.settings.lake / "ledger" / "shop.sell_out").glob("*.json"))[0]
    entry = json.loads(path.read_text())
    entry["lines_read"] += 1
    path.write_text(json.dumps(entry))


def test_a_wrong_contract_ends_with_2_and_names_file_and_line(market: Market) -> None:
    path = market.contracts / "sell_out.odcs.yaml"
    path.write_text(path.read_text().replace("value: keyed", "value: keyd"))
    done = call_selltrace(market.home, "run", contracts=market.contracts)
    assert done.returncode == 2
    assert "sell_out.odcs.yaml:" in done.stderr
    assert "keyed" in done.stderr


def test_a_wrong_setting_ends_with_2(market: Market) -> None:
    done = call_selltrace(market.home, "run", contracts=market.contracts, SELLTRACE_CURRENCY="euros")
    assert done.returncode == 2
    assert "SELLTRACE_CURRENCY" in done.stderr and "such as EUR" in done.stderr


def test_the_sensor_waits_until_a_file_has_stopped_changing(market: Market) -> None:
    definitions = build_defs(market.settings)
    sensor = definitions.resolve_sensor_def("landing_zone")
    with dg.DagsterInstance.ephemeral() as instance:
        first = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, definitions=definitions))
        assert first.run_requests == []
        second = sensor.evaluate_tick(
            dg.build_sensor_context(instance=instance, definitions=definitions, cursor=first.cursor)
        )
        assert len(second.run_requests or []) == 1
        deliver(market.home, "sell_out/2025-02-01.csv", "code,week,units\nA,2025-01-27,1\n")
        third = sensor.evaluate_tick(
            dg.build_sensor_context(instance=instance, definitions=definitions, cursor=first.cursor)
        )
        assert third.run_requests == []


def test_nothing_published_is_news(market: Market) -> None:
    contracts = require_contracts(market.contracts)
    assert news(market.settings, contracts, datetime(2025, 1, 29, tzinfo=UTC)) == "nothing is published yet"


def test_dead_runs_are_ended_and_leave_the_pool(market: Market) -> None:
    from orchestration.automation.instance import PROCESS_TAG, end_dead_runs

    prepare_instance(market.settings)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    with dg.DagsterInstance.get() as instance:
        run = instance.create_run_for_job(
            dg.JobDefinition(name="release", graph_def=dg.GraphDefinition(name="release")),
            status=dg.DagsterRunStatus.STARTED,
            tags={PROCESS_TAG: str(child)},
        )
        assert end_dead_runs(instance) == [run.run_id]
        ended = instance.get_run_by_id(run.run_id)
        assert ended is not None
        assert ended.status is dg.DagsterRunStatus.FAILURE
