"""The dbt project in Dagster: two groups of models, with the gates between them.

Belongs here: what is built before the gates and what after them, and the ledger that dbt reads.
Does not belong here: calling dbt (`dbt`), the models themselves (`dbt_project`).
"""

# no postponed annotations here: Dagster reads the type of `context` from the function itself

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration.contracts.kinds import KINDS
from orchestration.contracts.model import Contract
from orchestration.moment import parse_moment
from orchestration.settings import Settings
from orchestration.transform.control import write_control
from orchestration.transform.dbt import LEDGER, Translator, build_models
from orchestration.transform.suggestions import write_suggestions

AFTER_THE_GATES = "fqn:selltrace.marts tag:after_marts tag:after_suggestions"


class LedgerConfig(dg.Config):
    """`as_of`: the moment that the run takes for now (a date means its last second, UTC); blank: the clock."""

    as_of: str = ""


def transform_assets(
    settings: Settings, contracts: Sequence[Contract], manifest: Mapping[str, Any]
) -> list[dg.AssetsDefinition]:
    """The ledger as a run sees it, the models that the gates judge, and the models made of what passed."""
    return [
        _ledger_asset(settings, contracts),
        _models(settings, manifest, "transform", exclude=AFTER_THE_GATES),
        _suggestions_asset(settings),
        _models(settings, manifest, "marts", select=AFTER_THE_GATES),
    ]


def _ledger_asset(settings: Settings, contracts: Sequence[Contract]) -> dg.AssetsDefinition:
    @dg.asset(
        key=LEDGER,
        deps=[dg.AssetKey(["raw", kind]) for kind in KINDS],
        group_name="raw",
        kinds={"parquet"},
        description="Deliveries, contracts, waivers and closed days as this run sees them, at its moment.",
        pool="warehouse",
        required_resource_keys={"home_lock"},
    )
    def ledger(config: LedgerConfig) -> dg.MaterializeResult:
        as_of = parse_moment(config.as_of) if config.as_of else datetime.now(UTC)
        build = write_control(settings, contracts, as_of)
        return dg.MaterializeResult(
            metadata={
                "build_id": build.build_id,
                "as_of": as_of.isoformat(),
                "dagster/row_count": build.deliveries,
            }
        )

    return ledger


def _suggestions_asset(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        key=["quality", "code_suggestions"],
        deps=[["quality", "unknown_codes"], ["staging", "stg_known_codes"], ["staging", "stg_products"]],
        group_name="quality",
        kinds={"parquet"},
        description="The product that an unmatched code most likely means, by code and label: shown, never applied.",
        pool="warehouse",
        required_resource_keys={"home_lock"},
    )
    def code_suggestions() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"dagster/row_count": write_suggestions(settings)})

    return code_suggestions


def _models(
    settings: Settings, manifest: Mapping[str, Any], name: str, select: str = "fqn:*", exclude: str | None = None
) -> dg.AssetsDefinition:
    @dbt_assets(
        name=name,
        manifest=manifest,
        select=select,
        exclude=exclude,
        dagster_dbt_translator=Translator(),
        pool="warehouse",
        required_resource_keys={"home_lock"},
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        yield from build_models(context, settings, select, exclude)

    return models
