"""Gates that newly fail or newly pass, against the release that stood before: what a person wants to hear of a run.

Belongs here: comparing the verdicts of two releases. Does not belong here: judging (`gates`), or telling (the command
line, the assets).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.publish.manifest import GateChange

_KEY = ("suite", "expectation", "severity", "partner_id", "kind", "period_start")


def gate_changes(connection: duckdb.DuckDBPyConnection, former: Path | None) -> list[GateChange]:
    """One change an expectation x partner x kind x period, in that order; empty where no release stood before.

    `connection` has the warehouse attached as `warehouse`; `former` is the folder of the release before. A verdict that
    failed or errored fails, one that passed or was waived passes; what was not judged before can only newly fail, and a
    failure of which nothing is left to judge passes.
    """
    if former is None or not (former / "gate_verdicts.parquet").exists():
        return []
    key, same = ", ".join(_KEY), " and ".join(f"now.{name} is not distinct from before.{name}" for name in _KEY)
    side = (
        f"select {key}, bool_or(outcome in ('failed', 'errored')) as is_failing, "
        "min(reason) filter (outcome in ('failed', 'errored')) as reason from {} group by all"
    )
    rows = connection.execute(
        f"""
        with now as ({side.format("warehouse.gates.gate_verdicts")}),
        before as ({side.format("read_parquet($former)")})
        select
            {", ".join(f"coalesce(now.{name}, before.{name}) as {name}" for name in _KEY)},
            case when now.is_failing then 'newly_failed' else 'newly_passed' end as change,
            case when now.is_failing then now.reason else before.reason end as reason
        from now
        full join before on {same}
        where coalesce(now.is_failing, false) <> coalesce(before.is_failing, false)
        order by change, suite, expectation, partner_id, kind, period_start
        """,
        {"former": str(former / "gate_verdicts.parquet")},
    ).fetchall()
    names = (*_KEY, "change", "reason")
    return [GateChange(**dict(zip(names, row, strict=True))) for row in rows]
