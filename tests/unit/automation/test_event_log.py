"""The log of runs: held open while it is written, whole for whoever reads it beside or afterwards."""

# no postponed annotations here: Dagster reads the type of `context` from the function itself

import sqlite3
import threading
import uuid
from pathlib import Path

import dagster as dg
import pytest

from orchestration.automation.event_log import _OPEN, HeldOpenEventLog, stored_together
from orchestration.automation.instance import prepare_instance
from orchestration.settings import Settings


@dg.asset(check_specs=[dg.AssetCheckSpec("sound", asset="figures")])
def figures() -> dg.MaterializeResult:
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


JOB = dg.Definitions(assets=[figures], jobs=[dg.define_asset_job("flow")]).resolve_job_def("flow")


@pytest.fixture
def instance(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")
    prepare_instance(settings)
    return dg.DagsterInstance.get()


def test_more_runs_than_are_held_open_can_be_read(instance: dg.DagsterInstance, settings: Settings) -> None:
    runs = [JOB.execute_in_process(instance=instance).run_id for _ in range(_OPEN + 2)]
    assert isinstance(instance.event_log_storage, HeldOpenEventLog)
    for one in (instance, dg.DagsterInstance.get()):
        for run in runs:
            told = {event.dagster_event_type for event in one.all_logs(run)}
            assert {dg.DagsterEventType.ASSET_MATERIALIZATION, dg.DagsterEventType.RUN_SUCCESS} <= told
        assert one.get_latest_materialization_event(figures.key).run_id == runs[-1]
    instance.dispose()
    assert sorted(path.stem for path in (settings.dagster_home / "history/runs").glob("*.db")) == sorted(
        [*runs, "index"]
    )


def test_a_log_can_be_read_while_it_is_written(instance: dg.DagsterInstance) -> None:
    done, seen = threading.Event(), []

    def follow() -> None:
        while not done.is_set():
            seen.extend(run.run_id for run in instance.get_runs() if instance.all_logs(run.run_id))

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        runs = {JOB.execute_in_process(instance=instance).run_id for _ in range(3)}
    finally:
        done.set()
        reader.join()
    assert runs & set(seen)


def test_a_run_can_be_watched_from_another_process(instance: dg.DagsterInstance) -> None:
    run = str(uuid.uuid4())
    told: list[dg.DagsterEventType | None] = []
    # an instance of its own, as the webserver has
    with dg.DagsterInstance.from_ref(instance.get_ref()) as other:
        ended = threading.Event()

        def hear(entry: dg.EventLogEntry, _: str) -> None:
            told.append(entry.dagster_event_type)
            if told[-1] is dg.DagsterEventType.RUN_SUCCESS:
                ended.set()

        other.watch_event_logs(run, None, hear)
        JOB.execute_in_process(instance=instance, run_id=run)
        assert ended.wait(30)
        other.end_watch_event_logs(run, hear)
    assert dg.DagsterEventType.ASSET_MATERIALIZATION in told


def test_a_crash_of_the_machine_cannot_damage_a_log(instance: dg.DagsterInstance) -> None:
    run = JOB.execute_in_process(instance=instance).run_id
    log = instance.event_log_storage
    assert isinstance(log, HeldOpenEventLog)
    for shard in (run, "index"):
        with sqlite3.connect(Path(log.path_for_shard(shard))) as connection:
            assert connection.execute("pragma journal_mode").fetchall() == [("wal",)]
        with log._connect(shard) as held:
            assert held.exec_driver_sql("pragma synchronous").fetchall() == [(1,)]


def _stored(instance: dg.DagsterInstance, run_id: str) -> int:
    """Events of a run that another process would find."""
    with sqlite3.connect(Path(instance.root_directory) / "history" / "runs" / f"{run_id}.db") as log:
        return int(log.execute("select count(*) from event_logs").fetchall()[0][0])


@dg.op
def arrive_together(context: dg.OpExecutionContext) -> None:
    before = _stored(context.instance, context.run_id)
    with stored_together(context.instance):
        for number in range(5):
            context.log_event(dg.AssetMaterialization("arrival", partition=str(number)))
        told = context.instance.get_materialized_partitions(dg.AssetKey("arrival"))
        seen = _stored(context.instance, context.run_id)
    context.log.info(f"{len(told)} of {seen - before}, then {_stored(context.instance, context.run_id) - before}")


@dg.job(executor_def=dg.in_process_executor)
def arrivals() -> None:
    arrive_together()


def test_events_of_a_block_are_stored_at_once(instance: dg.DagsterInstance) -> None:
    run = arrivals.execute_in_process(instance=instance)
    # the block sees its own events; others see none of them before its end, and all of them after
    assert "5 of 0, then 5" in {event.user_message for event in instance.all_logs(run.run_id)}
    assert instance.get_materialized_partitions(dg.AssetKey("arrival")) == {str(number) for number in range(5)}
    last = instance.get_latest_materialization_event(dg.AssetKey("arrival"))
    assert last is not None and last.asset_materialization is not None
    assert (last.run_id, last.asset_materialization.partition) == (run.run_id, "4")
    assert dg.AssetKey("arrival") in instance.all_asset_keys()
