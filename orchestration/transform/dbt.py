"""dbt in Dagster: one invocation a group of models, its results as Dagster events.

Belongs here: telling Dagster what dbt did. Does not belong here: calling dbt (`invoke`), which models there are (the
manifest).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    Failure,
    MaterializeResult,
    MetadataValue,
    TableColumn,
    TableSchema,
)
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from orchestration.settings import Settings
from orchestration.transform.invoke import invoke_dbt

LEDGER = AssetKey(["raw", "ledger"])
#: sources, or single tables of one, that another asset writes
_HELD_SLICES = AssetKey(["gates", "held_slices"])
_SOURCES = {
    "control": LEDGER,
    "raw/quarantine": LEDGER,
    "carried": _HELD_SLICES,
    "gates/warned_slices": _HELD_SLICES,
}


class Translator(DagsterDbtTranslator):
    """Names assets `<stage>/<table>`, groups them by stage."""

    def __init__(self) -> None:
        super().__init__(
            DagsterDbtTranslatorSettings(
                enable_asset_checks=True,
                # the control tables are one asset: the ledger as a run sees it
                enable_duplicate_source_asset_keys=True,
            )
        )

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """Stage and table; sources that no asset of their own stands for are what writes them."""
        if dbt_resource_props["resource_type"] != "source":
            return AssetKey([_stage(dbt_resource_props), dbt_resource_props["name"]])
        key = AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return _SOURCES.get(key.path[0], _SOURCES.get(key.to_user_string(), key))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The stage; evidence stands with the gate that judges it, so that groups follow one another like the flow."""
        if "after_marts" in dbt_resource_props.get("tags", []):
            return "publish"
        return "gates" if dbt_resource_props["name"].startswith("evidence_") else _stage(dbt_resource_props)


def _stage(dbt_resource_props: Mapping[str, Any]) -> str:
    return str(dbt_resource_props.get("config", {}).get("schema") or dbt_resource_props["schema"])


def build_models(
    context: AssetExecutionContext, settings: Settings, select: str, exclude: str | None
) -> Iterator[MaterializeResult | AssetCheckResult]:
    """Build the selected models and run their tests; yields what Dagster shows of each.

    `select` and `exclude` are dbt's words for the whole group: a name at a time takes dbt ten times as long to find.
    """
    if context.is_subset:
        select, exclude = " ".join(sorted(key.path[-1] for key in context.selected_asset_keys)), None
    arguments = ["build", "--select", *select.split(), "--indirect-selection", "buildable"]
    if exclude:
        arguments += ["--exclude", *exclude.split()]
    # dbt's words for a group also find its exposures, and tests of units are for developers
    arguments += ["--resource-type", "model", "--resource-type", "test"]
    result = invoke_dbt(settings, arguments)
    checks = {key.name: key for key in context.selected_asset_check_keys}
    built = [one for one in result.results if one.node.resource_type == "model"]
    shown = _shown_tables(settings, [one.node for one in built if one.status == "success"])
    for one in built:
        if one.status == "success":
            key = AssetKey([_stage(one.node.to_dict()), one.node.name])
            duration = {"duration_seconds": round(one.execution_time, 3)}
            yield MaterializeResult(asset_key=key, metadata={**shown[one.node.name], **duration})
    for one in result.results:
        if one.node.resource_type == "test" and one.node.name in checks and one.status != "skipped":
            yield _check_result(checks[one.node.name], one)
    _fail_on_errors(result)


def _check_result(key: Any, one: Any) -> AssetCheckResult:
    return AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=one.status == "pass",
        severity=AssetCheckSeverity.WARN if one.status == "warn" else AssetCheckSeverity.ERROR,
        metadata={
            "failing_rows": one.failures or 0,
            "message": one.message or "",
            "query": MetadataValue.md(f"```sql\n{one.node.compiled_code or ''}\n```"),
        },
    )


def _fail_on_errors(result: Any) -> None:
    failed = [one for one in result.results if one.status in ("error", "fail")]
    if failed:
        lines = "\n".join(f"{one.node.name}: {one.message}" for one in failed)
        raise Failure(f"dbt: {len(failed)} of {len(result.results)} nodes failed\n{lines}")


def _shown_tables(settings: Settings, nodes: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """Row count and column schema of each table, by model name; a view of a table has as many rows as that."""
    if not nodes:
        return {}
    counts = " union all ".join(
        f'select \'{node.name}\', count(*) from "{node.schema}"."{node.config.meta.get("units_of", node.name)}"'
        for node in nodes
    )
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        rows = dict(connection.execute(counts).fetchall())
        columns = connection.execute(
            "select table_name, column_name, data_type from information_schema.columns order by ordinal_position"
        ).fetchall()
    described = {node.name: node.columns for node in nodes}
    schemas: dict[str, list[TableColumn]] = {node.name: [] for node in nodes}
    for table, column, column_type in columns:
        if table in schemas:
            known = described[table].get(column)
            schemas[table].append(TableColumn(column, column_type, known.description if known else None))
    return {
        node.name: {
            "dagster/row_count": rows[node.name],
            "dagster/column_schema": TableSchema(schemas[node.name]),
        }
        for node in nodes
    }
