"""`deploy/dagster.yaml` makes an instance that keeps runs in PostgreSQL, and says what the chart's values say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster_k8s import K8sRunLauncher
from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage, PostgresScheduleStorage

from orchestration.contracts.load import require_contracts
from orchestration.settings import Settings
from tests.deploy.conftest import read_yaml
from tests.unit.automation.dead_runs import places_held_after_a_death
from tests.unit.landing.dagster_runs import take_in_by_dagster


def test_runs_events_and_schedules_are_kept_in_postgresql(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_storage, PostgresRunStorage)
    assert isinstance(instance.event_log_storage, PostgresEventLogStorage)
    assert isinstance(instance.schedule_storage, PostgresScheduleStorage)
    assert isinstance(instance.compute_log_manager, NoOpComputeLogManager)
    assert not instance.telemetry_enabled
    assert instance.run_monitoring_enabled


def test_the_warehouse_has_one_writer(instance: dg.DagsterInstance) -> None:
    pools = instance.get_concurrency_config().pool_config
    assert (pools.default_pool_limit, pools.pool_granularity.value) == (1, "op")


def test_a_run_that_died_does_not_keep_its_place(instance: dg.DagsterInstance) -> None:
    assert places_held_after_a_death(instance) == (1, 0)


def test_a_run_is_recorded(instance: dg.DagsterInstance, market: Path) -> None:
    settings = Settings(home=market, contracts=market / "contracts")
    [contract] = [one for one in require_contracts(settings.contracts) if one.kind_name == "sell_out"]
    take_in_by_dagster(settings, instance, contract)
    [run] = instance.get_runs(dg.RunsFilter(job_name="take_in"))
    assert run.status is dg.DagsterRunStatus.SUCCESS
    assert instance.get_materialized_partitions(dg.AssetKey(["landing", contract.id])) == {
        "2025-01-06",
        "2025-01-13",
        "2025-01-20",
    }


def _snake(value: Any) -> Any:
    """A value of the chart in the words of `dagster.yaml`."""
    if isinstance(value, dict):
        return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): _snake(one) for name, one in value.items()}
    return [_snake(one) for one in value] if isinstance(value, list) else value


def test_the_chart_is_told_what_the_instance_says() -> None:
    told, said = _snake(read_yaml("values.yaml")), _snake(read_yaml("dagster.yaml"))
    assert told["telemetry"] == said["telemetry"]
    assert told["additional_instance_config"] == {name: said[name] for name in ("nux", "concurrency")}
    assert told["dagster_daemon"]["run_monitoring"] == said["run_monitoring"]
    assert told["retention"]["sensor"] == said["retention"]["sensor"]
    launcher = told["run_launcher"]["config"]["k8s_run_launcher"]
    launcher["env_secrets"] = [one["name"] for one in launcher["env_secrets"]]
    assert launcher == {name: said["run_launcher"]["config"].get(name) for name in launcher}
    assert told["run_launcher"]["type"] == said["run_launcher"]["class"] == K8sRunLauncher.__name__
    assert told["compute_log_manager"]["type"] == said["compute_logs"]["class"]
