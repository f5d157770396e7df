"""Feeds in Dagster: one asset a contract, whose materialisation is the arrival of deliveries.

Belongs here: keys, what a feed shows of its contract, its freshness. Does not belong here: its partitions (`periods`),
what it is told of deliveries (`arrivals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from orchestration.contracts.model import Contract
from orchestration.landing.periods import feed_partitions

_DAYS = {"d": 1, "w": 7, "m": 31}


def feed_key(contract: Contract) -> dg.AssetKey:
    """Key of a feed's asset."""
    return dg.AssetKey(["landing", contract.id])


def feed_specs(contracts: Sequence[Contract]) -> list[dg.AssetSpec]:
    """The feeds that are read, as assets that a partner materialises by delivering."""
    return [_feed_spec(contract) for contract in contracts if contract.is_read]


def _feed_spec(contract: Contract) -> dg.AssetSpec:
    columns = [
        dg.TableColumn(
            mapping.physical_name or mapping.name,
            contract.kind.columns[mapping.name].type,
            f"{mapping.name}: {contract.kind.columns[mapping.name].description}",
        )
        for mapping in contract.mappings
    ]
    return dg.AssetSpec(
        feed_key(contract),
        description=f"{contract.kind.description}, as {contract.partner or 'the brand'} delivers them "
        f"({contract.server.format}, {contract.delivery}).",
        group_name="landing",
        kinds={contract.server.format},
        metadata={
            "contract": contract.file.name,
            "contract_version": contract.version,
            "path": contract.server.path,
            "owner": contract.owner or "nobody is named in the contract",
            "dagster/column_schema": dg.TableSchema(columns),
        },
        partitions_def=feed_partitions(contract),
        freshness_policy=_freshness(contract),
    )


def _freshness(contract: Contract) -> dg.FreshnessPolicy | None:
    """Late when nothing arrived for a period, its latency, and the days on which the feed may be closed."""
    if contract.frequency is None or contract.status != "active":
        return None
    period = _DAYS[contract.frequency.unit] * contract.frequency.value
    closed = len(contract.closed_weekdays) + (1 if contract.holidays else 0)
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(days=period + contract.latency_days + closed + 1))
