"""One run of the flow in this process, for the command line: the same job, instance and lock as in the UI.

Belongs here: executing and following a run. Does not belong here: what is printed of it (`cli`).
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from orchestration.automation.instance import PROCESS_TAG, end_dead_runs, prepare_instance
from orchestration.automation.triggers import FLOW
from orchestration.definitions import build_defs
from orchestration.settings import Settings
from orchestration.transform.manifest import write_manifest

#: asking reads the whole event log of the run, so it is not done often
_POLL_SECONDS = 1.0
Follow = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `stopped_by` names what failed, each with its reason; empty where a release went out."""

    run_id: str
    stopped_by: tuple[str, ...]

    @property
    def succeeded(self) -> bool:
        """Whether the run went through to the release."""
        return not self.stopped_by

    def only_failed(self, step: str) -> bool:
        """Whether nothing failed but what begins with `step`, so that all before it went through."""
        return bool(self.stopped_by) and all(reason.startswith(step) for reason in self.stopped_by)


def execute(settings: Settings, as_of: datetime | None, follow: Follow) -> Outcome:
    """Run the flow. `follow` is told the step under way, how many are done, and of how many.

    Raises ContractError or NoManifest before anything is run.
    """
    prepare_instance(settings)
    write_manifest()
    job = build_defs(settings).resolve_job_def(FLOW.name)
    config: dict[str, object] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    if as_of is not None:
        config["ops"] = {"raw__ledger": {"config": {"as_of": as_of.isoformat()}}}
    run_id = str(uuid.uuid4())
    with dg.DagsterInstance.get() as instance:
        end_dead_runs(instance)
        done = threading.Event()
        follower = threading.Thread(target=_follow, args=(instance, run_id, len(job.nodes), done, follow), daemon=True)
        follower.start()
        try:
            result = job.execute_in_process(
                run_config=config,
                instance=instance,
                raise_on_error=False,
                run_id=run_id,
                tags={PROCESS_TAG: str(os.getpid())},
            )
        finally:
            done.set()
            follower.join()
        return Outcome(run_id, () if result.success else _failures(result))


def _follow(instance: dg.DagsterInstance, run_id: str, steps: int, done: threading.Event, follow: Follow) -> None:
    while not done.wait(_POLL_SECONDS):
        events = instance.all_logs(run_id, of_type={dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS})
        kinds = [(event.get_dagster_event().event_type, event.step_key or "") for event in events]
        started = [step for kind, step in kinds if kind is dg.DagsterEventType.STEP_START]
        finished = sum(1 for kind, _ in kinds if kind is dg.DagsterEventType.STEP_SUCCESS)
        follow(started[-1].replace("__", "/") if started else "", finished, steps)


def _failures(result: dg.ExecuteInProcessResult) -> tuple[str, ...]:
    found = []
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            cause = error.cause or error if error else None
            found.append(f"{(event.step_key or '').replace('__', '/')}: {cause.message.strip() if cause else 'failed'}")
    return tuple(found) or ("the run failed; the UI shows why",)
