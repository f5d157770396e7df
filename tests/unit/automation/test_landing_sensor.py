"""When files that arrived start a run."""

from __future__ import annotations

from typing import Any

import dagster as dg
from dagster._daemon.sensor import MIN_INTERVAL_LOOP_TIME

from orchestration.automation.triggers import landing_sensor
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, sell_out_contract, take_in

FILE = "Code;Jour;Qté;CA\nA;06/01/2025;1;1\n"


def look(settings: Settings, cursor: str | None) -> tuple[Any, str | None]:
    """What the sensor says, and what it remembers."""
    context = dg.build_sensor_context(cursor=cursor)
    [said] = list(landing_sensor(settings, [sell_out_contract()])(context))  # type: ignore[call-overload]
    return said, context.cursor


def test_a_run_starts_when_files_arrived_and_have_stopped_changing(settings: Settings) -> None:
    said, cursor = look(settings, None)
    assert said.skip_message == "No new file in the landing zone."
    deliver(settings, "shop/a.csv", FILE)
    said, cursor = look(settings, cursor)
    assert "1 new files" in said.skip_message
    deliver(settings, "shop/a.csv", FILE + "B;06/01/2025;1;1\n")
    said, cursor = look(settings, cursor)
    assert "1 new files" in said.skip_message
    said, cursor = look(settings, cursor)
    assert isinstance(said, dg.RunRequest)
    take_in(settings, sell_out_contract())
    said, cursor = look(settings, cursor)
    assert said.skip_message == "No new file in the landing zone."


def test_the_sensor_is_due_each_time_the_daemon_comes_by(settings: Settings) -> None:
    # as often, and a look that comes a moment early is left out: every second one
    assert (landing_sensor(settings, []).minimum_interval_seconds or 0) < MIN_INTERVAL_LOOP_TIME
    rarer = settings.model_copy(update={"look_every": 60})
    assert landing_sensor(rarer, []).minimum_interval_seconds == 59
