"""The Dagster instance of a home: its folder and settings, and what runs that were killed left in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import dagster as dg

from orchestration.files import written_aside
from orchestration.settings import Settings

TEMPLATE = Path(__file__).with_name("dagster.yaml")
#: process that executes a run started from the command line
PROCESS_TAG = "selltrace/process"


def prepare_instance(settings: Settings) -> Path:
    """Give the home a `DAGSTER_HOME` with our settings, and point this process to it."""
    target = settings.dagster_home / "dagster.yaml"
    if not target.exists() or target.read_bytes() != TEMPLATE.read_bytes():
        with written_aside(target) as aside:
            shutil.copyfile(TEMPLATE, aside)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home.resolve())
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return settings.dagster_home


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs as failed whose process is gone, and free what they held of the pools; returns their ids.

    Without this a killed run would count as running for ever, and would keep its place in the warehouse pool.
    """
    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    dead = [run for run in instance.get_runs(unfinished) if not _is_alive(run.tags.get(PROCESS_TAG))]
    for run in dead:
        instance.report_run_failed(run, "the process that executed this run is gone")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in dead]


def _is_alive(process: str | None) -> bool:
    """A run without the tag was started by the daemon, which watches its own."""
    return process is None or Path(f"/proc/{process}").exists() or _answers(int(process))


def _answers(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
