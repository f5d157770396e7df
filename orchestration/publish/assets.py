"""Publishing in Dagster: the release as the last asset of the flow.

Belongs here: when it runs and what the UI shows of it. Does not belong here: writing it (`release`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from orchestration.code_version import code_version
from orchestration.contracts.model import Contract
from orchestration.publish.manifest import Manifest
from orchestration.publish.release import publish
from orchestration.publish.tables import TABLES
from orchestration.settings import Settings
from orchestration.transform.control import built_from, contract_hash

RELEASE = dg.AssetKey(["publish", "release"])


def release_asset(settings: Settings, contracts: Sequence[Contract]) -> dg.AssetsDefinition:
    """The release: everything published, and the gate that judged the marts."""

    relations = [relation for table in TABLES.values() for relation in table.relations]

    @dg.asset(
        key=RELEASE,
        deps=[dg.AssetKey(["gates", "marts"]), *map(_key_of, relations)],
        group_name="publish",
        kinds={"parquet", "duckdb"},
        description="What users read: the slices that passed, written aside and made current by one rename. "
        "It reads the recorded verdicts itself; what failed before stops it also when it is run alone.",
        pool="warehouse",
        required_resource_keys={"home_lock"},
    )
    def release() -> dg.MaterializeResult:
        read = [contract for contract in contracts if contract.is_read]
        published = publish(
            settings,
            code_version(),
            {contract.id: contract.version for contract in read},
            built_from(settings),
            contract_hashes={contract.id: contract_hash(contract) for contract in read},
        )
        return dg.MaterializeResult(metadata=_shown(published.release_id, published.is_current, published.manifest))

    return release


def _key_of(relation: str) -> dg.AssetKey:
    return dg.AssetKey(relation.split("."))


def _shown(release_id: str, is_current: bool, manifest: Manifest) -> Mapping[str, Any]:
    held = manifest.held()
    changes = "\n".join(
        f"| {one.change.replace('_', ' ')} | {one.suite}.{one.expectation} | {one.severity} | {one.reason} |"
        for one in manifest.gate_changes[:50]
    )
    rows = "\n".join(f"| {one.partner_id} | {one.kind} | {one.week_start} | {one.reason} |" for one in held[:50])
    return {
        "release_id": release_id,
        "is_current": is_current,
        "slices_published": len(manifest.slices) - len(held),
        "slices_held": len(held),
        "gates_newly_failed": sum(one.change == "newly_failed" for one in manifest.gate_changes),
        "gates_newly_passed": sum(one.change == "newly_passed" for one in manifest.gate_changes),
        "gate_changes": dg.MetadataValue.md(
            f"| change | gate | severity | reason |\n| --- | --- | --- | --- |\n{changes}"
        ),
        "held": dg.MetadataValue.md(f"| partner | kind | week | reason |\n| --- | --- | --- | --- |\n{rows}"),
    }
