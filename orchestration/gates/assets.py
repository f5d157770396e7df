"""The gates in Dagster: an asset a suite, a check an expectation, and the held slices that the marts wait for.

Belongs here: keys, checks and what their results show. Does not belong here: judging and recording (`run`).

A held slice is a check that fails with severity WARN: it is seen, and what is downstream goes on. A failed invariant
and an expectation that errored fail with severity ERROR. All checks are blocking, so that Dagster fails the step
after its last result for these, and only for these, and starts nothing downstream. By then the verdicts are recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import dagster as dg

from orchestration.contracts.model import Contract
from orchestration.gates.contract_suite import all_suites, stated
from orchestration.gates.run import Finding, Report, markdown, run_stage
from orchestration.gates.suites import Expectation, Stage, Suite
from orchestration.gates.verdicts import HELD_SLICES, VERDICTS
from orchestration.gates.wording import history_rows
from orchestration.settings import EXPECTATIONS, Settings
from orchestration.transform.control import expectation_rows

GROUP: Final = "gates"
HELD_SLICES_KEY: Final = dg.AssetKey(HELD_SLICES.split("."))
VERDICTS_KEY: Final = dg.AssetKey(VERDICTS.split("."))
KINDS: Final = {"great_expectations"}

#: the gate after the marts stands with what it lets through, so that groups follow one another as the flow does
_GROUPS: Final[dict[Stage, str]] = {"slices": GROUP, "marts": "publish"}
_OP_NAMES: Final[dict[Stage, str]] = {"slices": "gates", "marts": "gates_of_marts"}
_HELD_HEADER: Final = ("partner", "kind", "week", "suites", "reason")


def gate_assets(
    settings: Settings, contracts: Sequence[Contract], expectations: Path = EXPECTATIONS
) -> list[dg.AssetsDefinition]:
    """The gates before the facts and the gate after the marts, one step each.

    What contracts state of their own lines are checks too.

    Raises:
        SuiteError: a suite file is not what the gates can run.
    """
    rows = [row for contract in contracts if contract.is_read for row in expectation_rows(contract)]
    suites = all_suites(expectations, stated(rows))
    return [_stage_asset(settings, stage, suites, expectations) for stage in _OP_NAMES]


def suite_key(suite: Suite) -> dg.AssetKey:
    """Key of the asset that stands for a suite."""
    return dg.AssetKey([GROUP, suite.name])


def _suite_spec(suite: Suite) -> dg.AssetSpec:
    return dg.AssetSpec(
        suite_key(suite),
        deps=[dg.AssetKey(suite.meta.evidence.split("."))],
        description=suite.notes,
        group_name=_GROUPS[suite.meta.stage],
        owners=[suite.meta.owner],
        kinds=KINDS,
    )


def _held_slices_spec(suites: tuple[Suite, ...]) -> dg.AssetSpec:
    return dg.AssetSpec(
        HELD_SLICES_KEY,
        deps=[suite_key(suite) for suite in suites],
        description="Slices (partner x ISO week x record kind) that a critical expectation holds: the facts keep "
        "what was last published of them.",
        group_name=GROUP,
        kinds={"duckdb"},
    )


def _verdicts_spec(suites: tuple[Suite, ...]) -> dg.AssetSpec:
    # both stages write the table; it is whole when the last one has
    return dg.AssetSpec(
        VERDICTS_KEY,
        deps=[HELD_SLICES_KEY, *(suite_key(suite) for suite in suites)],
        description="Every verdict of this build, an expectation x an evidence row: what a release is let out by.",
        group_name=_GROUPS["marts"],
        kinds={"duckdb"},
    )


def _check_spec(suite: Suite, expectation: Expectation) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        expectation.name,
        asset=suite_key(suite),
        description=" ".join([_effect(suite, expectation), expectation.meta.reason, *_history(expectation)]),
        blocking=True,
    )


def _history(expectation: Expectation) -> list[str]:
    return [
        f"Since {since}: {allowed}, {severity}. {change}"
        for since, severity, allowed, change in history_rows(expectation)
    ]


def _effect(suite: Suite, expectation: Expectation) -> str:
    if suite.meta.invariant:
        return "Invariant: a failure stops the release."
    effects = {
        "critical": "Critical: a failure holds the slice.",
        "warning": "Warning: published with a mark.",
        "info": "Information only.",
    }
    return effects[expectation.severity]


def _stage_asset(settings: Settings, stage: Stage, every: tuple[Suite, ...], expectations: Path) -> dg.AssetsDefinition:
    suites = tuple(suite for suite in every if suite.meta.stage == stage)
    specs = [_suite_spec(suite) for suite in suites]
    specs.append(_held_slices_spec(suites) if stage == "slices" else _verdicts_spec(suites))

    @dg.multi_asset(
        name=_OP_NAMES[stage],
        specs=specs,
        check_specs=[_check_spec(suite, expectation) for suite in suites for expectation in suite.expectations],
        pool="warehouse",
        required_resource_keys={"home_lock"},
    )
    def gates() -> Iterator[dg.MaterializeResult]:
        report = run_stage(settings, stage, expectations)
        for suite in suites:
            yield _suite_result(suite, [finding for finding in report.findings if finding.suite.name == suite.name])
        yield _held_slices_result(report) if stage == "slices" else dg.MaterializeResult(asset_key=VERDICTS_KEY)

    return gates


def _suite_result(suite: Suite, findings: list[Finding]) -> dg.MaterializeResult:
    return dg.MaterializeResult(
        asset_key=suite_key(suite),
        metadata={
            "verdicts": sum(finding.verdicts for finding in findings),
            "failed": sum(finding.failed for finding in findings),
            "errored": sum(finding.errored for finding in findings),
            "waived": sum(finding.waived for finding in findings),
        },
        check_results=[_check_result(finding) for finding in findings],
    )


def _check_result(finding: Finding) -> dg.AssetCheckResult:
    metadata: dict[str, dg.MetadataValue] = {
        "verdicts": dg.MetadataValue.int(finding.verdicts),
        "failed": dg.MetadataValue.int(finding.failed),
        "errored": dg.MetadataValue.int(finding.errored),
        "waived": dg.MetadataValue.int(finding.waived),
        "severity": dg.MetadataValue.text(finding.expectation.severity),
        "threshold": dg.MetadataValue.text(finding.threshold),
        "query": dg.MetadataValue.md(f"```sql\n{finding.query}\n```"),
    }
    if not finding.passed:
        metadata["owners"] = dg.MetadataValue.text(", ".join(finding.owners) or "nobody is named in the contract")
        metadata["failing_slices"] = dg.MetadataValue.md(finding.table)
    return dg.AssetCheckResult(
        asset_key=suite_key(finding.suite),
        check_name=finding.expectation.name,
        passed=finding.passed,
        severity=dg.AssetCheckSeverity.ERROR if finding.blocks else dg.AssetCheckSeverity.WARN,
        description=finding.summary,
        metadata=metadata,
    )


def _held_slices_result(report: Report) -> dg.MaterializeResult:
    return dg.MaterializeResult(
        asset_key=HELD_SLICES_KEY,
        metadata={
            "dagster/row_count": report.held,
            "held_slices": dg.MetadataValue.md(markdown(_HELD_HEADER, report.held_rows, report.held)),
            "query": dg.MetadataValue.md(f"```sql\nselect * from {HELD_SLICES}\n```"),
            **{f"carried_{table}": lines for table, lines in report.carried.items()},
        },
    )
