"""Ingestion in Dagster: one asset a record kind, which takes in whatever the feeds of that kind received.

Belongs here: the steps of a kind, and what the UI shows of them. Does not belong here: how files are read (`ingest`).
"""

# no postponed annotations here: Dagster reads the type of `context` from the function itself

import time
from collections.abc import Sequence
from contextlib import closing

import dagster as dg

from orchestration.automation.event_log import stored_together
from orchestration.contracts.kinds import KINDS, Kind
from orchestration.contracts.model import Contract
from orchestration.ingest.at_once import take_in
from orchestration.landing.arrivals import arrivals
from orchestration.landing.assets import feed_key
from orchestration.landing.ledger import LedgerEntry
from orchestration.settings import Settings

_CHECK = "every_feed_is_read"
#: what of that check tells in words what could not be taken in, a problem a line
PROBLEMS = "problems"
#: a landing zone on a network drive may fail for a moment
RETRY_INPUT = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL)


def raw_assets(settings: Settings, contracts: Sequence[Contract]) -> list[dg.AssetsDefinition]:
    """One asset a record kind: lines of that kind in the lake."""
    read = [contract for contract in contracts if contract.is_read]
    return [_raw_asset(settings, kind, [c for c in read if c.kind_name == kind.name]) for kind in KINDS.values()]


def _raw_asset(settings: Settings, kind: Kind, contracts: list[Contract]) -> dg.AssetsDefinition:
    key = dg.AssetKey(["raw", kind.name])
    columns = [dg.TableColumn(name, column.type, column.description) for name, column in kind.columns.items()]

    @dg.asset(
        key=key,
        deps=[feed_key(contract) for contract in contracts],
        group_name="raw",
        kinds={"parquet", "duckdb"},
        description=f"{kind.description}: lines as they were sent, typed, and the lines set aside with the reason.",
        metadata={"dagster/column_schema": dg.TableSchema(columns)},
        check_specs=[
            dg.AssetCheckSpec(_CHECK, asset=key, description="No feed failed as a whole, and no file was rejected.")
        ],
        retry_policy=RETRY_INPUT,
        pool="warehouse",
        required_resource_keys={"home_lock"},
    )
    def raw(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        started = time.monotonic()
        entries: list[LedgerEntry] = []
        problems: list[str] = []
        # closed whatever happens here: no feed may be taken in once the lock is gone
        with closing(take_in(settings, contracts)) as feeds:
            for came in feeds:
                entries += came.entries
                problems += came.problems
                with stored_together(context.instance):
                    for event in arrivals(settings, context.instance, came.contract, came.entries):
                        context.log_event(event)
        problems += [f"{entry.file_name}: {entry.rejected_reason}" for entry in entries if entry.rejected_reason]
        for problem in problems:
            context.log.warning(problem)
        return dg.MaterializeResult(
            metadata={
                "new_deliveries": len(entries),
                "dagster/row_count": sum(entry.lines_parsed for entry in entries if entry.resent_of is None),
                "quarantined_lines": sum(entry.lines_quarantined for entry in entries if entry.resent_of is None),
                "duration_seconds": round(time.monotonic() - started, 3),
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name=_CHECK,
                    passed=not problems,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={PROBLEMS: dg.MetadataValue.md("\n".join(f"- {one}" for one in problems) or "none")},
                )
            ],
        )

    return raw
