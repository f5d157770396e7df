"""The expectations that partners' contracts state of their own lines, as one suite beside those of `expectations/`.

Belongs here: making the suite, and judging it slice by slice. Does not belong here: reading a contract
(`contracts/expectations`), what a failed slice means (`verdicts`).

Great Expectations never sees a line: it judges the distinct values of a slice, or a figure of it, so that the cost
grows with what differs and not with the lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow.parquet as pq

from orchestration.contracts.expectations import OF_SLICES
from orchestration.gates.errors import SuiteError
from orchestration.gates.evaluate import write_verdict
from orchestration.gates.judge import Judgement, judge
from orchestration.gates.suites import Expectation, ExpectationMeta, Suite, SuiteMeta, load_suites
from orchestration.gates.wording import column_sql, text_sql, threshold
from orchestration.settings import Settings

NAME: Final = "contract"
_BETWEEN: Final = "expect_column_values_to_be_between"
#: what the frame calls a figure that has no column of its own
_LINES: Final = "lines"
_FAILING: Final = "coalesce(sum(line_count) filter (is_failing), 0)"
#: the ledger is the last table that is built of all staged lines
_META: Final = SuiteMeta(
    evidence="quality.delivery_ledger", stage="slices", invariant=False, owner="team:sales_operations"
)
#: expectations that judge a null themselves; to all others it is unknown
_JUDGE_NULLS: Final = ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")


@dataclass(frozen=True)
class Stated:
    """An expectation as a contract states it: a row of the control table `contract_expectations`."""

    contract_id: str
    kind: str
    type: str
    kwargs: Mapping[str, Any]
    owner: str | None
    expectation: Expectation


def stated(rows: Iterable[Mapping[str, Any]]) -> list[Stated]:
    """Rows of `contract_expectations`, each with the expectation that Great Expectations judges for it."""
    return [_stated(row, json.loads(row["kwargs"])) for row in rows]


def _stated(row: Mapping[str, Any], kwargs: dict[str, Any]) -> Stated:
    expectation = _expectation(row, kwargs)
    return Stated(row["contract_id"], row["kind"], row["type"], kwargs, row["owner"], expectation)


def _expectation(row: Mapping[str, Any], kwargs: dict[str, Any]) -> Expectation:
    name = re.sub("[^a-z0-9]+", "_", f"of_{row['contract_id']}_{row['number']}".lower())
    judged = {key: value for key, value in kwargs.items() if key != "mostly"}
    if row["type"] in OF_SLICES:
        judged = {"column": _LINES, **judged}
    return Expectation(
        type=_BETWEEN if row["type"] in OF_SLICES else row["type"],
        kwargs=judged,
        severity=row["severity"],
        meta=ExpectationMeta(
            name=name,
            reason=f"Stated by the contract {row['contract_id']}: {row['type']} {row['kwargs']}.",
            message="{slice}: {observed} ({threshold})",
        ),
    )


def suite_of(every: Sequence[Stated]) -> Suite | None:
    """The suite of all that contracts state; None where none states anything."""
    if not every:
        return None
    return Suite(
        name=NAME,
        notes="What contracts expect of their own lines, beside the suites of all: each is judged on the accepted "
        "lines of its feed, slice by slice.",
        meta=_META,
        expectations=tuple(one.expectation for one in every),
    )


def all_suites(expectations: Path, every: Sequence[Stated]) -> tuple[Suite, ...]:
    """The suites of a folder, and the one of what contracts state.

    Raises:
        SuiteError: a suite is not one that the gates can run, or takes the name of the contracts' own.
    """
    suites = load_suites(expectations)
    if any(suite.name == NAME for suite in suites):
        raise SuiteError(f"{NAME}.json: the name stands for what contracts state; take another one")
    own = suite_of(every)
    return (*suites, own) if own else suites


def read_stated(settings: Settings) -> list[Stated]:
    """What the contracts of this run state."""
    return stated(pq.read_table(settings.control / "contract_expectations.parquet").to_pylist())


def evaluate_contracts(
    connection: duckdb.DuckDBPyConnection, settings: Settings, every: Sequence[Stated], build_id: str
) -> None:
    """Judge what contracts state; add the verdicts, one an expectation x slice, to the temporary table `verdicts`."""
    for one in every:
        _take_values(connection, settings, one)
        frame = connection.execute("select * exclude (partner_id, week_start) from contract_values order by 1").df()
        judgement = _judgement(frame, one)
        if judgement.error is not None or frame.empty:
            _write_whole(connection, one, build_id, judgement.error)
            continue
        rows = frame[["evidence_row"]].assign(is_failing=False)
        rows.loc[judgement.failing or [], "is_failing"] = True
        connection.register("judged", rows)
        _write_slices(connection, one, build_id)
        connection.unregister("judged")


def _judgement(frame: Any, one: Stated) -> Judgement:
    try:
        return judge(frame, Suite(name=NAME, notes="", meta=_META, expectations=(one.expectation,)))[0]
    except SuiteError as error:
        return Judgement(one.expectation, error=str(error).removeprefix(f"{NAME}.json: "))


def _take_values(connection: duckdb.DuckDBPyConnection, settings: Settings, one: Stated) -> None:
    """Fill `contract_values`: distinct values (or the figure) of each slice, its lines, and the first of them."""
    columns = one.expectation.measured
    if one.type in OF_SLICES:
        figure = OF_SLICES[one.type].format(column=f"raw.{column_sql(columns[0])}")
        values, known = [f"cast({figure} as double) as {column_sql(columns[0])}"], "true"
    else:
        values = [f"raw.{column_sql(column)}" for column in columns]
        known = " and ".join(f"{value} is not null" for value in values)
    grouping = "" if one.type in OF_SLICES else "".join(f", {value}" for value in values)
    is_judged = "true" if one.type in _JUDGE_NULLS else known
    lines = settings.lake / "raw" / one.kind / "*" / "lines_*.parquet"
    connection.execute(
        f"""
        create or replace temp table contract_values as
        select row_number() over () - 1 as evidence_row, slices.*
        from (
            select
                staged.partner_id,
                staged.week_start,
                {", ".join(values)},
                count(*) as line_count,
                min_by(
                    concat(staged.file_name, ' line ', staged.line_number), (staged.file_name, staged.line_number)
                ) as first_line
            from staging.stg_{one.kind} as staged
            inner join staging.stg_deliveries as deliveries on staged.delivery_id = deliveries.delivery_id
            inner join read_parquet({text_sql(str(lines))}) as raw
                on deliveries.stored_delivery_id = raw.delivery_id
                and deliveries.reading_hash = raw.reading_hash
                and staged.line_number = raw.line_number
            where staged.contract_id = $contract_id and staged.line_class = 'accepted' and {is_judged}
            group by staged.partner_id, staged.week_start{grouping}
        ) as slices
        """,
        {"contract_id": one.contract_id},
    )


def _write_slices(connection: duckdb.DuckDBPyConnection, one: Stated, build_id: str) -> None:
    short, spoken = threshold(one.expectation)
    what = " and ".join(one.expectation.measured).replace("_", " ")
    allowed = 1 - float(one.kwargs.get("mostly", 1))
    if one.type in OF_SLICES:
        observed = f"cast(max(contract_values.{column_sql(one.expectation.measured[0])}) as varchar)"
        said = f"concat({text_sql(_figure(one))}, ' ', {observed}, {text_sql(f' ({spoken})')})"
    else:
        observed = f"concat({_FAILING}, ' of ', sum(line_count), ' lines')"
        first = "min(first_line) filter (is_failing)"
        said = f"concat({observed}, {text_sql(f': {what} {spoken}, first: ')}, {first})"
    connection.execute(
        f"""
        insert into verdicts by name
        select
            $build_id as build_id, '{NAME}' as suite, $expectation as expectation, $severity as severity,
            partner_id, $kind as kind, $contract_id as contract_id, $owner as owner,
            week_start as period_start, week_start + 6 as period_end,
            case when {_FAILING} > $allowed * sum(line_count) then 'failed' else 'passed' end as outcome,
            {observed} as observed,
            $threshold as threshold,
            case when {_FAILING} > $allowed * sum(line_count)
                then concat_ws(' ', partner_id, $kind, week_start, 'to', concat(week_start + 6, ':'), {said}) end
                as reason
        from contract_values
        inner join judged using (evidence_row)
        group by partner_id, week_start
        order by partner_id, week_start
        """,
        {**_naming(one, build_id, short), "allowed": allowed},
    )


def _figure(one: Stated) -> str:
    """What is measured of a slice, in words: `mean of units`."""
    measure = one.type.removeprefix("expect_").removesuffix("_to_be_between").removeprefix("column_")
    column = one.kwargs.get("column")
    return f"{measure.replace('_', ' ')} of {str(column).replace('_', ' ')}" if column else "lines"


def _write_whole(connection: duckdb.DuckDBPyConnection, one: Stated, build_id: str, error: str | None) -> None:
    reason = (
        f"{one.contract_id} could not be judged by its own {one.type}: {error}. Correct its `quality` entry; nothing "
        "is published until then"
        if error
        else f"{one.contract_id} has no accepted lines, so there is nothing to judge"
    )
    values = {
        **_naming(one, build_id, threshold(one.expectation)[0]),
        "suite": NAME,
        "outcome": "errored" if error else "passed",
        "reason": reason,
    }
    write_verdict(connection, values)


def _naming(one: Stated, build_id: str, short: str) -> dict[str, Any]:
    mostly = one.kwargs.get("mostly")
    return {
        "build_id": build_id,
        "expectation": one.expectation.name,
        "severity": one.expectation.severity,
        "kind": one.kind,
        "contract_id": one.contract_id,
        "owner": one.owner,
        "threshold": f"{short}, mostly {mostly}" if mostly is not None else short,
    }
