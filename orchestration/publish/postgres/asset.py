"""PostgreSQL in Dagster: an asset behind the release, there only where a database is set.

Belongs here: what the UI shows of a load. A load that fails fails this step alone: the release is out before it.
"""

from __future__ import annotations

import dagster as dg

from orchestration.publish.assets import RELEASE
from orchestration.settings import Settings

POSTGRES = dg.AssetKey(["publish", "postgres"])


def postgres_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The schema that holds the current release, or nothing where no database is set."""
    if settings.postgres is None:
        return []

    @dg.asset(
        key=POSTGRES,
        deps=[RELEASE],
        group_name="publish",
        kinds={"postgres"},
        description="The current release as tables of a PostgreSQL schema, for Power BI and Looker Studio: "
        "replaced in one transaction, and only what changed is sent.",
        required_resource_keys={"home_lock"},
    )
    def postgres() -> dg.MaterializeResult:
        # the driver loads pandas and polars, and is not needed to look at the assets
        from orchestration.publish.postgres.load import load

        loaded = load(settings)
        if loaded is None:
            return dg.MaterializeResult()
        return dg.MaterializeResult(
            metadata={
                "release_id": loaded.release_id,
                "schema": settings.postgres_schema,
                "dagster/row_count": loaded.rows_sent,
            }
        )

    return [postgres]
