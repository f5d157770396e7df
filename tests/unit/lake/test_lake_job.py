"""Compaction as it is started: from the command line, and by Dagster's schedule."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import dagster as dg
import pytest
from typer.testing import CliRunner

from orchestration.automation.resources import home_lock
from orchestration.cli import app
from orchestration.lake import compact as compacting
from orchestration.lake.job import compaction_job, compaction_schedule
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, sell_out_contract, take_in
from tests.unit.lake.raw_lines import raw_lines


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Three small deliveries, which are many."""
    monkeypatch.setattr(compacting, "WORTH_DELIVERIES", 3)
    for day in range(1, 4):
        deliver(settings, f"shop/{day}.csv", f"Code;Jour;Qté;CA\nA;0{day}/01/2025;1;1\n")
    take_in(settings, sell_out_contract())
    environment = dict(os.environ)
    yield settings
    os.environ.clear()
    os.environ.update(environment)


def test_the_schedule_runs_the_job_until_there_is_nothing_to_do(home: Settings) -> None:
    job, before = compaction_job(home), raw_lines(home)
    schedule = compaction_schedule(home, job)
    asked = schedule.evaluate_tick(dg.build_schedule_context())
    assert [request.tags["selltrace/kinds"] for request in asked.run_requests or []] == ["sell_out"]
    assert job.execute_in_process(resources={"home_lock": home_lock(home)}).success
    assert raw_lines(home) == before
    assert schedule.evaluate_tick(dg.build_schedule_context()).skip_message == "Few small files."


def test_the_command_tells_what_was_packed(home: Settings) -> None:
    command = ["--home", str(home.home), "lake", "compact"]
    first = CliRunner().invoke(app, [*command, "--json"])
    assert json.loads(first.stdout) == [{"kind": "sell_out", "deliveries": 3, "folders_before": 4, "folders_after": 2}]
    assert "Nothing to do: no kind has" in CliRunner().invoke(app, command).stdout
