"""Taking in what a feed received as Dagster does it: the steps that read, and none after them."""

from __future__ import annotations

import dagster as dg

from orchestration.automation.resources import home_lock
from orchestration.contracts.model import Contract
from orchestration.ingest.assets import raw_assets
from orchestration.landing.assets import feed_specs
from orchestration.settings import Settings


def take_in_by_dagster(settings: Settings, instance: dg.DagsterInstance, contract: Contract) -> None:
    """Run the step that reads the feed's kind, for this feed alone."""
    definitions = dg.Definitions(
        assets=[*feed_specs([contract]), *raw_assets(settings, [contract])],
        resources={"home_lock": home_lock(settings)},
        jobs=[dg.define_asset_job("take_in", selection=f"key:raw/{contract.kind_name}")],
    )
    job = definitions.resolve_job_def("take_in")
    assert job.execute_in_process(instance=instance).success
