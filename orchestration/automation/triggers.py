"""The landing sensor and the daily schedule, over one job that runs the whole flow.

Belongs here: when a run starts. Does not belong here: what it does (the assets), what counts as news (`news`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from orchestration.automation.news import news, waiting_files
from orchestration.contracts.model import Contract
from orchestration.settings import Settings

#: every step costs milliseconds in one process, and two seconds in a process of its own
FLOW = dg.define_asset_job(
    "release",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="From the landing zone to a release: take in what is new, rebuild, judge, publish.",
)


def landing_sensor(settings: Settings, contracts: Sequence[Contract]) -> dg.SensorDefinition:
    """Starts the job when files arrived that no delivery was made of, once they have stopped changing."""

    @dg.sensor(
        name="landing_zone",
        job=FLOW,
        # the daemon comes by every five seconds, and who is asked milliseconds early is not asked until the next time
        minimum_interval_seconds=max(1, settings.look_every - 1),
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="New files in the landing zone start the flow.",
    )
    def landing_zone(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        waiting = sorted(f"{contract_id} {file}" for contract_id, file in waiting_files(settings, contracts))
        state = hashlib.sha256("\n".join(waiting).encode()).hexdigest()
        if not waiting:
            yield dg.SkipReason("No new file in the landing zone.")
        elif state != context.cursor:
            # seen once: a file that is still being written looks different the next time
            context.update_cursor(state)
            yield dg.SkipReason(f"{len(waiting)} new files; the run starts when they have stopped changing.")
        else:
            yield dg.RunRequest(run_key=state)

    return landing_zone


def daily_schedule(settings: Settings, contracts: Sequence[Contract]) -> dg.ScheduleDefinition:
    """Runs the job every morning, so that what became overdue is seen; skips when nothing is new."""

    @dg.schedule(
        name="daily",
        cron_schedule="0 6 * * *",
        execution_timezone="Europe/Paris",
        job=FLOW,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every morning: due dates that passed, waivers that expired, files that came overnight.",
    )
    def daily(_context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        reason = news(settings, contracts, datetime.now(UTC))
        return dg.RunRequest(tags={"selltrace/reason": reason}) if reason else dg.SkipReason("Nothing is new.")

    return daily
