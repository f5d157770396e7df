"""Compaction in Dagster: a job of its own, and the schedule that starts it where it is worth it.

Belongs here: when it runs, and what the UI shows of it. Does not belong here: what it does (`compact`).
"""

# no postponed annotations here: Dagster reads the type of `context` from the function itself

import dagster as dg

from orchestration.lake.compact import compact, kinds_worth_it
from orchestration.settings import Settings


def compaction_job(settings: Settings) -> dg.JobDefinition:
    """Merges small files of the lake, behind the same lock as a run of the flow."""

    @dg.op(pool="warehouse", required_resource_keys={"home_lock"})
    def merge_small_files(context: dg.OpExecutionContext) -> None:
        for one in compact(settings):
            context.log.info(
                f"{one.kind}: {one.deliveries} deliveries packed, {one.folders_before} folders are {one.folders_after}"
            )

    @dg.job(
        name="lake_compaction",
        description="Merge the raw lines of many small deliveries into few files; no figure changes.",
        executor_def=dg.in_process_executor,
    )
    def lake_compaction() -> None:
        merge_small_files()

    return lake_compaction


def compaction_schedule(settings: Settings, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Every night, before the flow runs; skips where few small files came."""

    @dg.schedule(
        name="nightly_compaction",
        cron_schedule="30 4 * * *",
        execution_timezone="Europe/Paris",
        job=job,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night: small files of the lake are merged, where there are enough of them.",
    )
    def nightly_compaction(_context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        worth = kinds_worth_it(settings)
        return dg.RunRequest(tags={"selltrace/kinds": ", ".join(worth)}) if worth else dg.SkipReason("Few small files.")

    return nightly_compaction
