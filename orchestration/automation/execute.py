"""One run of the flow in this process, for the command line: the same job, instance and lock as in the UI.

Belongs here: executing and following a run. Does not belong here: what is printed of it (`cli`).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import dagster as dg

from orchestration.automation.instance import PROCESS_TAG, end_dead_runs, prepare_instance
from orchestration.automation.triggers import FLOW
from orchestration.definitions import build_defs
from orchestration.ingest.assets import PROBLEMS
from orchestration.settings import Settings
from orchestration.transform.manifest import write_manifest

_FOLLOWED: Final = (dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS)
Follow = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `stopped_by` names what failed, each with its reason; empty where a release went out.

    `problems` are feeds and files that could not be taken in, in words; the others were.
    """

    run_id: str
    stopped_by: tuple[str, ...]
    problems: tuple[str, ...] = ()

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
        instance.add_event_listener(run_id, listener(len(job.nodes), follow))
        result = job.execute_in_process(
            run_config=config,
            instance=instance,
            raise_on_error=False,
            run_id=run_id,
            tags={PROCESS_TAG: str(os.getpid())},
        )
        return Outcome(run_id, () if result.success else _failures(result), _problems(result))


def listener(steps: int, follow: Follow) -> Callable[[dg.EventLogEntry], None]:
    """What tells `follow` of a run of so many steps as its events come: reading them from the log takes ever longer."""
    finished: list[str] = []

    def listen(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None or event.event_type not in _FOLLOWED:
            return
        if event.is_step_success:
            finished.append(event.step_key or "")
        follow((event.step_key or "").replace("__", "/"), len(finished), steps)

    return listen


def _problems(result: dg.ExecuteInProcessResult) -> tuple[str, ...]:
    """What the checks of ingestion say, each once."""
    found: dict[str, None] = {}
    for check in result.get_asset_check_evaluations():
        told = check.metadata.get(PROBLEMS)
        if not check.passed and isinstance(told, dg.MarkdownMetadataValue) and told.md_str:
            found |= dict.fromkeys(line.removeprefix("- ") for line in told.md_str.splitlines())
    return tuple(found)


def _failures(result: dg.ExecuteInProcessResult) -> tuple[str, ...]:
    found = []
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            cause = error.cause or error if error else None
            found.append(f"{(event.step_key or '').replace('__', '/')}: {cause.message.strip() if cause else 'failed'}")
    return tuple(found) or ("the run failed; the UI shows why",)
