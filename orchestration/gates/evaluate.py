"""Evidence tables of the warehouse in, one verdict for every expectation x evidence row out.

Belongs here: reading evidence, and turning judgements into rows, set by set. Does not belong here: waivers, held
slices and what is recorded (`verdicts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import duckdb

from orchestration.gates.judge import Judgement, judge
from orchestration.gates.own_thresholds import Own, rows_of
from orchestration.gates.suites import PLACING, Expectation, Suite
from orchestration.gates.wording import (
    column_sql,
    message_of_table,
    message_sql,
    observed_sql,
    text_sql,
    threshold,
    unknown_sql,
)

if TYPE_CHECKING:
    import pandas as pd

#: a verdict: an expectation x an evidence row; `period_*` are the days that it speaks of, `reason` is a sentence where
#: it did not plainly pass
VERDICT_COLUMNS: Final[dict[str, str]] = {
    "build_id": "VARCHAR",
    "suite": "VARCHAR",
    "expectation": "VARCHAR",
    "severity": "VARCHAR",
    "partner_id": "VARCHAR",
    "kind": "VARCHAR",
    "contract_id": "VARCHAR",
    "delivery_id": "VARCHAR",
    "period_start": "DATE",
    "period_end": "DATE",
    "outcome": "VARCHAR",
    "observed": "VARCHAR",
    "threshold": "VARCHAR",
    "reason": "VARCHAR",
    "owner": "VARCHAR",
}

#: columns of a verdict that come from the evidence row, null where the evidence has no such column
_FROM_EVIDENCE: Final = (*PLACING, "contract_id", "delivery_id", "owner")


def columns_sql(columns: dict[str, str]) -> str:
    """Column definitions for `create table`."""
    return ", ".join(f"{column_sql(name)} {type_}" for name, type_ in columns.items())


def evaluate(
    connection: duckdb.DuckDBPyConnection, suites: Iterable[Suite], build_id: str, own: Sequence[Own] = ()
) -> None:
    """Judge the evidence by `suites`, and leave the verdicts in the temporary table `verdicts`.

    Slices of a contract with thresholds of its `own` are judged by these instead.

    Outcomes are `passed`, `failed` and `errored` as Great Expectations says. A null measure passes, and the reason
    says that it was not judged; in an invariant it is `errored`, because what is not known is not shown to hold.

    Raises:
        SuiteError: a suite holds an expectation that Great Expectations cannot run.
    """
    connection.execute(f"create or replace temp table verdicts ({columns_sql(VERDICT_COLUMNS)})")
    for suite in suites:
        _evaluate_suite(connection, suite, build_id, [one for one in own if one.suite == suite.name])


def _evaluate_suite(connection: duckdb.DuckDBPyConnection, suite: Suite, build_id: str, own: Sequence[Own]) -> None:
    available = _columns_of(connection, suite.meta.evidence)
    problem = _cannot_read(suite, available)
    if problem:
        for expectation in suite.expectations:
            _write_table_verdict(connection, suite, build_id, Judgement(expectation, error=problem))
        return
    _number_rows(connection, suite, available)
    measured = {column for expectation in suite.expectations for column in expectation.measured}
    taken = ", ".join(["evidence_row", *(column_sql(column) for column in sorted(measured.intersection(available)))])
    frame = connection.execute(f"select {taken} from evidence order by evidence_row").df()
    for judgement in judge(frame, suite):
        missing = _missing(judgement.expectation, available)
        if missing:
            judgement = Judgement(judgement.expectation, error=f"{suite.meta.evidence} has no column {missing[0]}")
        if frame.empty or (judgement.failing is None and judgement.error is None):
            _write_table_verdict(connection, suite, build_id, judgement)
            continue
        judged_by_own: set[int] = set()
        for one in (one for one in own if one.expectation == judgement.expectation.name):
            part = frame.loc[frame["evidence_row"].isin(rows_of(connection, one) - judged_by_own)]
            if len(part):
                judged_by_own |= set(part["evidence_row"])
                varied = one.vary(judgement.expectation)
                _write_part(connection, suite, build_id, _judge_part(part, suite, varied), part, one.note)
        _write_part(connection, suite, build_id, judgement, frame.loc[~frame["evidence_row"].isin(judged_by_own)])


def _judge_part(part: pd.DataFrame, suite: Suite, expectation: Expectation) -> Judgement:
    """Judge some rows by a varied expectation; `failing` are rows of the whole frame again."""
    only = suite.model_copy(update={"expectations": (expectation,)})
    [judgement] = judge(part.reset_index(drop=True), only)
    if judgement.failing is None:
        return judgement
    return replace(judgement, failing=[int(part.index[row]) for row in judgement.failing])


def _write_part(
    connection: duckdb.DuckDBPyConnection,
    suite: Suite,
    build_id: str,
    judgement: Judgement,
    part: pd.DataFrame,
    note: str = "",
) -> None:
    rows = part[["evidence_row"]].assign(is_failing=part.index.isin(judgement.failing or []))
    known_columns = [column for column in judgement.expectation.measured if column in part]
    rows["is_unknown"] = part[known_columns].isna().any(axis=1)
    connection.register("judged", rows)
    _write_row_verdicts(connection, suite, build_id, judgement, note)
    connection.unregister("judged")


def _columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    schema, table = relation.split(".")
    found = connection.execute(
        "select column_name from information_schema.columns "
        "where table_catalog = current_database() and table_schema = ? and table_name = ? order by ordinal_position",
        [schema, table],
    ).fetchall()
    return [name for (name,) in found]


def _missing(expectation: Expectation, available: list[str]) -> list[str]:
    needed = (*expectation.measured, *expectation.told)
    return [column for column in needed if column not in available and column not in _FROM_EVIDENCE]


def _cannot_read(suite: Suite, available: list[str]) -> str | None:
    if not available:
        return f"there is no table {suite.meta.evidence}"
    absent = [column for column in suite.required if column not in available]
    return f"{suite.meta.evidence} has no column {absent[0]}" if absent else None


def _number_rows(connection: duckdb.DuckDBPyConnection, suite: Suite, available: list[str]) -> None:
    # kept as a table: a second read of the evidence need not come in the same order
    placed = [
        f"cast({column if column in available else 'null'} as {VERDICT_COLUMNS[column]}) as {column}"
        for column in _FROM_EVIDENCE
    ]
    others = [column_sql(column) for column in available if column not in _FROM_EVIDENCE]
    connection.execute(
        "create or replace temp table evidence as select row_number() over () - 1 as evidence_row, "
        f"{', '.join([*placed, *others])} from {suite.meta.evidence}"
    )


def _error_text(suite: Suite, expectation: Expectation, error: str) -> str:
    table = suite.meta.evidence.partition(".")[2]
    return (
        f"{suite.name}.{expectation.name} could not be judged: {error}. "
        f"Build {table} again, or correct expectations/{suite.name}.json; nothing is published until then"
    )


def _write_row_verdicts(
    connection: duckdb.DuckDBPyConnection, suite: Suite, build_id: str, judgement: Judgement, note: str
) -> None:
    expectation = judgement.expectation
    if judgement.error is None:
        unjudged = "errored" if suite.meta.invariant else "passed"
        # failing first: an expectation may be that a value is not null
        outcome = f"case when is_failing then 'failed' when is_unknown then '{unjudged}' else 'passed' end"
        observed = f"case when not is_unknown then {observed_sql(expectation)} end"
        # a plain pass needs no words, and there may be a million of them
        reason = (
            f"case when is_failing then {message_sql(expectation)} when is_unknown then {unknown_sql(expectation)} end"
        )
    else:
        outcome, observed = "'errored'", "null"
        reason = text_sql(_error_text(suite, expectation, judgement.error))
    connection.execute(
        f"""
        insert into verdicts by name
        select
            $build_id as build_id, $suite as suite, $expectation as expectation, $severity as severity,
            {", ".join(_FROM_EVIDENCE)},
            {outcome} as outcome,
            {observed} as observed,
            $threshold as threshold,
            {reason} as reason,
        from evidence
        join judged using (evidence_row)
        order by evidence_row
        """,
        _naming(suite, build_id, expectation, note),
    )


def _write_table_verdict(
    connection: duckdb.DuckDBPyConnection, suite: Suite, build_id: str, judgement: Judgement
) -> None:
    expectation = judgement.expectation
    reason: str | None
    if judgement.error is not None:
        outcome, reason = "errored", _error_text(suite, expectation, judgement.error)
    elif judgement.failing is not None:
        outcome, reason = "passed", f"{suite.meta.evidence} has no rows, so there is nothing to judge"
    else:
        outcome = "passed" if judgement.success else "failed"
        reason = None if judgement.success else message_of_table(expectation, judgement.observed)
    observed = None if judgement.observed is None else str(judgement.observed)
    values = {**_naming(suite, build_id, expectation), "outcome": outcome, "observed": observed, "reason": reason}
    write_verdict(connection, values)


def write_verdict(connection: duckdb.DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Add one verdict to the temporary table `verdicts`; columns that are not given are null."""
    connection.execute(
        "insert into verdicts by name select " + ", ".join(f"${name} as {name}" for name in values), dict(values)
    )


def _naming(suite: Suite, build_id: str, expectation: Expectation, note: str = "") -> dict[str, str | None]:
    return {
        "build_id": build_id,
        "suite": suite.name,
        "expectation": expectation.name,
        "severity": expectation.severity,
        "threshold": f"{threshold(expectation)[0]}{note}",
    }
