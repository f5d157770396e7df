"""The pool of the warehouse has one place, and a run that was killed does not keep it."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.automation.instance import prepare_instance
from orchestration.settings import Settings
from tests.unit.automation.dead_runs import places_held_after_a_death


def test_the_daemon_frees_the_place_of_a_run_that_died(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    with dg.DagsterInstance.from_config(str(prepare_instance(settings))) as instance:
        assert places_held_after_a_death(instance) == (1, 0)
