"""The difference of two releases as rows for a person to read.

Belongs here: which figures are shown, and weeks put together. Does not belong here: finding or explaining changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from orchestration.publish.diff import Diff
from orchestration.publish.diff_lines import Change
from orchestration.publish.diff_reasons import MEANING
from orchestration.publish.tables import AMOUNT, FACTS

Row = dict[str, object]

#: kinds of evidence quoted where weeks are put together
_QUOTED = 2


def tables(found: Diff) -> list[Row]:
    """A row a table that differs: rows before and after, and what its totals moved by."""
    return [
        {
            "table": one.table,
            "rows before": one.rows_before,
            "rows after": one.rows_after,
            "totals moved by": ", ".join(f"{column} {_signed(moved)}" for column, moved in one.sums.items()),
        }
        for one in found.tables
    ]


def changes(found: Diff, by_week: bool) -> list[Row]:
    """A row a fact x partner x reason, of all weeks or of each."""
    groups: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for one in found.changes:
        groups[one.kind, one.partner_id, one.reason, str(one.week_start) if by_week else ""].append(one)
    return [_row(group) for group in groups.values()]


def _row(group: Sequence[Change]) -> Row:
    first, last = min(one.week_start for one in group), max(one.week_start for one in group)
    units, amount = _measures(group[0].table)
    evidence = list(dict.fromkeys(one.evidence for one in group if one.evidence))
    more = f"; and {len(evidence) - _QUOTED} more" if len(evidence) > _QUOTED else ""
    return {
        "kind": group[0].kind,
        "partner": group[0].partner_id,
        "weeks of": str(first) if first == last else f"{first} to {last}",
        "added": sum(one.rows_added for one in group),
        "removed": sum(one.rows_removed for one in group),
        "changed": sum(one.rows_changed for one in group),
        "units": _signed(_total(group, units)),
        "amount": _signed(_total(group, amount)) if amount else None,
        "reason": group[0].reason,
        "because": "; ".join(evidence[:_QUOTED]) + more or MEANING[group[0].reason],
    }


def _measures(fact: str) -> tuple[str, str | None]:
    """The first column of units of a fact, and of amounts, where it has any."""
    columns = FACTS[fact].columns
    amounts = [column for column in FACTS[fact].sums if columns[column] == AMOUNT]
    return FACTS[fact].sums[0], amounts[0] if amounts else None


def _total(group: Sequence[Change], column: str) -> Decimal:
    return sum((one.sums[column] for one in group), Decimal(0))


def _signed(moved: Decimal) -> str:
    return f"{moved.normalize():+,f}" if moved else "0"
