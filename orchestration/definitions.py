"""The Dagster code location: nothing but assembly, and no I/O at import.

Reads the contracts, the dbt manifest and the suites, and nothing else.
"""

from __future__ import annotations

import dagster as dg

from orchestration.automation.resources import home_lock
from orchestration.automation.triggers import FLOW, daily_schedule, landing_sensor
from orchestration.contracts.load import require_contracts
from orchestration.gates.assets import gate_assets
from orchestration.ingest.assets import raw_assets
from orchestration.lake.job import compaction_job, compaction_schedule
from orchestration.landing.assets import feed_specs
from orchestration.publish.assets import release_asset
from orchestration.publish.postgres.asset import postgres_assets
from orchestration.settings import Settings
from orchestration.transform.assets import transform_assets
from orchestration.transform.manifest import read_manifest


def build_defs(settings: Settings) -> dg.Definitions:
    """All definitions for one home, in production and in tests alike.

    Raises ContractError where a contract is wrong, NoManifest where the dbt project was never parsed.
    """
    contracts = require_contracts(settings.contracts, settings.checked_contracts)
    compaction = compaction_job(settings)
    return dg.Definitions(
        assets=[
            *feed_specs(contracts),
            *raw_assets(settings, contracts),
            *transform_assets(settings, contracts, read_manifest()),
            *gate_assets(settings, contracts),
            release_asset(settings, contracts),
            *postgres_assets(settings),
        ],
        jobs=[FLOW, compaction],
        sensors=[landing_sensor(settings, contracts)],
        schedules=[daily_schedule(settings, contracts), compaction_schedule(settings, compaction)],
        resources={"home_lock": home_lock(settings)},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location that `workspace.yaml` names, for the home in the environment."""
    return build_defs(Settings())
