"""A home with hand-made evidence: one good row a table, and what a test changes of it.

Belongs here: what stands in for a run up to the gates. Does not belong here: assertions.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contracts.model import Contract
from orchestration.gates.run import Report, run_stage
from orchestration.gates.suites import Stage
from orchestration.settings import EXPECTATIONS, Settings
from orchestration.transform.control import SCHEMAS, expectation_rows, threshold_rows

BUILD = "build-1"
WEEK = date(2025, 2, 10)

PLACED = {
    "partner_id": "'pharma_plus'",
    "kind": "'sell_out'",
    "period_start": "date '2025-02-10'",
    "period_end": "date '2025-02-16'",
    "owner": "'Ann'",
    "contract_id": "'pharma_plus.sell_out'",
}
UNPLACED = {
    "partner_id": "cast(null as varchar)",
    "kind": "cast(null as varchar)",
    "period_start": "cast(null as date)",
    "period_end": "cast(null as date)",
    "owner": "cast(null as varchar)",
}

#: a row that passes everything, by evidence table
GOOD: dict[str, dict[str, str]] = {
    "evidence_duplicates": PLACED
    | {
        "delivery_id": "'d1'",
        "conflict_units_share": "cast(0 as double)",
        "duplicate_lines_share": "cast(0 as double)",
        "repeated_days": "0",
        "resent_after_news": "0",
    },
    "evidence_delays": PLACED | {"status": "'on_time'", "days_late": "0", "overdue_without_slice": "0"},
    "evidence_missing_sell_out": PLACED
    | {
        "expected_locations": "10",
        "reported_locations": "10",
        "completeness_by_count": "cast(1 as double)",
        "completeness_by_volume": "cast(1 as double)",
        "product_gaps": "0",
    },
    "evidence_acceptance": PLACED
    | {
        "delivery_id": "'d1'",
        "lines_judged": "100",
        "accepted_share": "cast(1 as double)",
        "replaced_nothing": "0",
        "lost_lines_without_slice": "0",
        "remarks": "'the total says 2, its lines sum to 1'",
        "remark_count": "0",
    },
    "evidence_stability": PLACED
    | {
        "released_units": "cast(100 as decimal(38, 4))",
        "candidate_units": "cast(100 as decimal(38, 4))",
        "units_change_share": "cast(0 as double)",
        "lines_shrink_share": "cast(0 as double)",
    },
    "evidence_reconciliation": {name: PLACED[name] for name in PLACED if name != "contract_id"}
    | {
        "kind": "'stock'",
        "intervals": "4",
        "intervals_out_of_tolerance": "0",
        "variance_units": "cast(0 as decimal(18, 4))",
        "negative_stock_lines": "0",
    },
    "evidence_conservation": PLACED
    | {
        "delivery_id": "'d1'",
        "lines_read": "cast(10 as bigint)",
        "lines_classified": "cast(10 as bigint)",
        "unaccounted_lines": "cast(0 as bigint)",
        "duplicate_keys": "cast(0 as hugeint)",
    },
    "evidence_marts": UNPLACED
    | {
        "table_name": "'sell_through_weekly'",
        "invariant": "'units_add_up'",
        "offending_rows": "cast(0 as bigint)",
    },
}


def write_parquet(path: Path, select: str) -> None:
    """Write the rows of a query."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy ({select}) to '{path}' (format parquet)")


class Home:
    """A home whose evidence a test can set, and whose verdicts it can read."""

    def __init__(self, folder: Path) -> None:
        """Take `folder` as it is."""
        self.settings = Settings(home=folder)
        self.expectations = EXPECTATIONS

    def only(self, *suites: str) -> None:
        """Judge by these of the shipped suites."""
        folder = self.settings.home / "suites"
        folder.mkdir()
        for suite in suites:
            shutil.copy(EXPECTATIONS / f"{suite}.json", folder)
        self.expectations = folder

    def furnish(self) -> None:
        """Write control tables, and evidence in which everything is good."""
        self.settings.home.mkdir()
        self.build(BUILD)
        self.contract("pharma_plus.sell_out")
        self.waivers()
        self.stated()
        for table in GOOD:
            self.evidence(table, {})

    def contract(self, contract_id: str, kind: str = "sell_out", every: str = "1w", week_begins_on: int = 1) -> None:
        """Write the one contract, of pharma_plus."""
        self.control(
            "contracts",
            f"select '{contract_id}' contract_id, 'pharma_plus' partner_id, '{kind}' kind, "
            f"'{every[-1]}' frequency_unit, {every[:-1]} frequency_value, {week_begins_on} week_begins_on",
        )

    def control(self, table: str, select: str) -> None:
        """Write a control table."""
        write_parquet(self.settings.control / f"{table}.parquet", select)

    def build(self, build_id: str) -> None:
        """Say which build is the current one."""
        self.control("build", f"select '{build_id}' as build_id, timestamp '2025-03-01 23:59:59' as as_of")

    def waivers(self, *rows: tuple[str, str, str]) -> None:
        """Write the waivers: contract, period start, until."""
        values = ", ".join(
            f"('{contract}', date '{start}', 'strike', 'Bea', date '{until}')" for contract, start, until in rows
        )
        source = f"(values {values})" if rows else "(select null, null, null, null, null where false)"
        self.control(
            "contract_waivers",
            "select cast(c as varchar) contract_id, cast(p as date) period_start, cast(r as varchar) reason, "
            f"cast(b as varchar) waived_by, cast(u as date) until from {source} as t(c, p, r, b, u)",
        )

    def stated(self, *contracts: Contract) -> None:
        """Write what contracts expect of their own lines, and the thresholds that they set."""
        made = {"contract_expectations": expectation_rows, "contract_thresholds": threshold_rows}
        for name, rows_of in made.items():
            rows = [row for contract in contracts for row in rows_of(contract)]
            table = pa.Table.from_pylist(rows, schema=SCHEMAS[name])
            pq.write_table(table, self.settings.control / f"{name}.parquet")

    def evidence(self, table: str, *rows: dict[str, str], times: int = 1) -> None:
        """Write an evidence table: a row for every change to the good one (none: an empty table), `times` over."""
        selects = [
            "select " + ", ".join(f"{value} as {name}" for name, value in (GOOD[table] | row).items())
            for row in rows or ({},)
        ]
        nothing = "" if rows else " where false"
        union = " union all by name ".join(f"select * from ({select}), range({times}) as t(i)" for select in selects)
        self.execute(
            f"create schema if not exists quality; create or replace table quality.{table} as from ({union}){nothing}"
        )

    def execute(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Run a statement in the warehouse and fetch all."""
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            return connection.execute(sql, parameters).fetchall()

    def run(self, stage: Stage = "slices", expectations: Path | None = None) -> Report:
        """Run a stage of the gates."""
        return run_stage(self.settings, stage, expectations or self.expectations)

    def outcomes(self, suite: str, expectation: str) -> list[str]:
        """Recorded outcomes of one expectation."""
        rows = self.execute(
            "select outcome from gates.gate_verdicts where suite = ? and expectation = ? order by all",
            [suite, expectation],
        )
        return [outcome for (outcome,) in rows]

    def reason(self, suite: str, expectation: str) -> str:
        """The one recorded reason of an expectation."""
        ((reason,),) = self.execute(
            "select distinct reason from gates.gate_verdicts where suite = ? and expectation = ?", [suite, expectation]
        )
        return str(reason)

    def held(self) -> list[tuple[Any, ...]]:
        """The recorded held slices."""
        return self.execute("select partner_id, kind, week_start from gates.held_slices order by all")

    def marked(self) -> list[tuple[Any, ...]]:
        """The recorded marks of slices."""
        return self.execute("select * from gates.marked_slices order by all")
