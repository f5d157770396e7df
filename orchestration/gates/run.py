"""One stage of the gates from evidence to record, and what there is to tell of it.

Belongs here: the order of the steps, and the summary that a reader of a check sees. Does not belong here: Dagster
(`assets`), or how a step works.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from orchestration.gates.carry import carry
from orchestration.gates.contract_suite import NAME as CONTRACT_SUITE
from orchestration.gates.contract_suite import all_suites, evaluate_contracts, read_stated
from orchestration.gates.evaluate import evaluate
from orchestration.gates.own_thresholds import read_own
from orchestration.gates.suites import Expectation, Stage, Suite
from orchestration.gates.verdicts import HELD_SLICES, VERDICTS, current_build, forget, hold, mark, record, settle
from orchestration.gates.wording import threshold
from orchestration.settings import EXPECTATIONS, Settings

#: rows that a table in a check shows; the rest is a query away
ROWS_SHOWN: Final = 50

_SHOWN_COLUMNS: Final = ("partner", "kind", "period", "observed", "owner", "reason")


@dataclass(frozen=True)
class Finding:
    """What the verdicts of one expectation come to, in counts of verdicts (expectation x evidence row)."""

    suite: Suite
    expectation: Expectation
    verdicts: int
    failed: int
    errored: int
    waived: int
    owners: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed or errored, leaving out what a person waived."""
        return self.failed + self.errored == 0

    @property
    def blocks(self) -> bool:
        """Whether the release must stop."""
        return self.errored > 0 or (self.failed > 0 and self.suite.meta.invariant)

    @property
    def threshold(self) -> str:
        """What the expectation allows, in words."""
        return threshold(self.expectation)[1]

    @property
    def summary(self) -> str:
        """One sentence: how many, and the first of them."""
        counts = (("failed", self.failed), ("errored", self.errored), ("waived", self.waived))
        found = ", ".join(f"{count} {word}" for word, count in counts if count) or "none failed"
        first = "" if self.passed else f". First: {self.rows[0][-1]}"
        return f"{self.verdicts} judged: {found}{first}"

    @property
    def table(self) -> str:
        """The failing rows as a Markdown table, the first ones, with the total stated."""
        return markdown(_SHOWN_COLUMNS, self.rows, self.failed + self.errored)

    @property
    def query(self) -> str:
        """SQL that lists every failing row."""
        return (
            f"select * from {VERDICTS} where suite = '{self.suite.name}' and expectation = '{self.expectation.name}' "
            "and outcome in ('failed', 'errored') order by partner_id, period_start"
        )


@dataclass(frozen=True)
class Report:
    """What a stage of the gates found and did."""

    findings: tuple[Finding, ...]
    held: int = 0
    held_rows: tuple[tuple[str, ...], ...] = ()
    carried: dict[str, int] = field(default_factory=dict)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], total: int) -> str:
    """A Markdown table of `rows`, and how many of `total` they are."""
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"First {len(rows)} of {total}\n\n{body}" if total > len(rows) else f"{total} in all\n\n{body}"


def run_stage(settings: Settings, stage: Stage, expectations: Path = EXPECTATIONS) -> Report:
    """Judge a stage's evidence and record the verdicts; for `slices` also the held slices and their carried lines.

    The verdicts of before are dropped first and the new ones come in one transaction, so that whatever goes wrong on
    the way leaves nothing by which a release could go out.

    Raises:
        GateInputError: what a run writes before the gates is not there.
        SuiteError: a suite cannot be run as it is written.
    """
    stated = read_stated(settings)
    every = all_suites(expectations, stated)
    suites = tuple(suite for suite in every if suite.meta.stage == stage)
    with duckdb.connect(str(settings.warehouse)) as connection:
        build = current_build(connection, settings)
        # marts are computed from what the slices' verdicts decide: theirs end with these
        forget(connection, every if stage == "slices" else suites)
        shipped = [suite for suite in suites if suite.name != CONTRACT_SUITE]
        evaluate(connection, shipped, build.build_id, read_own(settings))
        if stage == "slices":
            evaluate_contracts(connection, settings, stated, build.build_id)
        settle(connection, settings, suites, build)
        carried: dict[str, int] = {}
        connection.begin()
        record(connection, suites, build)
        if stage == "slices":
            hold(connection, suites)
            mark(connection)
            carried = carry(connection, settings)
        connection.commit()
        held, held_rows = _held(connection)
        return Report(_findings(connection, suites), held, held_rows, carried)


def _held(connection: duckdb.DuckDBPyConnection) -> tuple[int, tuple[tuple[str, ...], ...]]:
    rows = connection.execute(
        f"select partner_id, kind, cast(week_start as varchar), suites, reason, count(*) over () from {HELD_SLICES} "
        f"order by partner_id, kind, week_start limit {ROWS_SHOWN}"
    ).fetchall()
    return (rows[0][-1] if rows else 0), tuple(row[:-1] for row in rows)


def _findings(connection: duckdb.DuckDBPyConnection, suites: Sequence[Suite]) -> tuple[Finding, ...]:
    counts = {
        (suite, expectation): (verdicts, failed, errored, waived, tuple(owners or ()))
        for suite, expectation, verdicts, failed, errored, waived, owners in connection.execute(
            """
            select
                suite,
                expectation,
                count(*),
                count(*) filter (outcome = 'failed'),
                count(*) filter (outcome = 'errored'),
                count(*) filter (outcome = 'waived'),
                list_sort(list(distinct owner) filter (outcome in ('failed', 'errored') and owner is not null)),
            from verdicts
            group by suite, expectation
            """
        ).fetchall()
    }
    shown: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for suite_name, name, *cells in connection.execute(
        f"""
        select
            suite,
            expectation,
            coalesce(partner_id, ''),
            coalesce(kind, ''),
            concat_ws(' to ', period_start, nullif(period_end, period_start)),
            coalesce(observed, ''),
            coalesce(owner, ''),
            reason,
        from verdicts
        where outcome in ('failed', 'errored')
        qualify row_number() over (
            partition by suite, expectation order by partner_id, kind, period_start, delivery_id, reason
        ) <= {ROWS_SHOWN}
        order by suite, expectation, partner_id, kind, period_start, delivery_id, reason
        """
    ).fetchall():
        shown.setdefault((suite_name, name), []).append(tuple(cells))
    return tuple(
        Finding(suite, expectation, *counts[key], rows=tuple(shown.get(key, ())))
        for suite in suites
        for expectation in suite.expectations
        for key in [(suite.name, expectation.name)]
    )
