"""A run that died while it held the place in the warehouse's pool, and what the daemon makes of that.

Belongs here: dying, and one round of the daemon's watch, later. Does not belong here: which instance it happens in.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from unittest.mock import patch

import dagster as dg
from dagster._core.test_utils import create_run_for_test
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon.monitoring import concurrency
from dagster._time import get_current_datetime


def places_held_after_a_death(instance: dg.DagsterInstance) -> tuple[int, int]:
    """Places of the pool that are taken when a run has just failed, and after the daemon looked five minutes later."""
    pool = instance.event_log_storage
    pool.initialize_concurrency_limit_to_default("warehouse")
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED)
    assert pool.claim_concurrency_slot("warehouse", run.run_id, "transform").is_claimed
    instance.report_run_failed(run, "the process that executed this run is gone")
    held = pool.get_concurrency_info("warehouse").active_slot_count
    later = get_current_datetime() + timedelta(minutes=5)
    with (
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as workspace,
        patch.object(concurrency, "get_current_datetime", lambda: later),
    ):
        list(concurrency.execute_concurrency_slots_iteration(workspace, logging.getLogger(__name__)))
    return held, pool.get_concurrency_info("warehouse").active_slot_count
