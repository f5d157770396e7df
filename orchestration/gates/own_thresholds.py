"""Thresholds that contracts set for their own slices, and the rows of evidence that they are about.

Belongs here: an expectation as a contract varies it. Does not belong here: reading a contract (`contracts/thresholds`),
judging (`evaluate`).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow.parquet as pq

from orchestration.gates.suites import Expectation
from orchestration.settings import Settings


@dataclass(frozen=True)
class Own:
    """A row of the control table `contract_thresholds`."""

    contract_id: str
    partner_id: str | None
    kind: str
    suite: str
    expectation: str
    min_value: float | None
    max_value: float | None
    severity: str | None
    reason: str

    @property
    def note(self) -> str:
        """What stands behind a threshold that is not the suite's."""
        return f" (by {self.contract_id}: {self.reason})"

    def vary(self, expectation: Expectation) -> Expectation:
        """The expectation with this contract's bounds and severity."""
        bounds = {"min_value": self.min_value, "max_value": self.max_value}
        kwargs = expectation.kwargs | {name: bound for name, bound in bounds.items() if bound is not None}
        return expectation.model_copy(update={"kwargs": kwargs, "severity": self.severity or expectation.severity})


def read_own(settings: Settings) -> list[Own]:
    """The thresholds that contracts of this run set."""
    return [Own(**row) for row in pq.read_table(settings.control / "contract_thresholds.parquet").to_pylist()]


def rows_of(connection: duckdb.DuckDBPyConnection, one: Own) -> set[int]:
    """Rows of the temporary table `evidence` that the contract speaks for.

    A row without a contract, such as a partner's stock intervals of a week, falls to the contract of partner and kind.
    """
    rows = connection.execute(
        "select evidence_row from evidence where contract_id = $contract_id "
        "or (contract_id is null and partner_id = $partner_id and kind = $kind)",
        {"contract_id": one.contract_id, "partner_id": one.partner_id, "kind": one.kind},
    ).fetchall()
    return {row for (row,) in rows}
