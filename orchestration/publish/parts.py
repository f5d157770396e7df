"""What of a large table stands together in a release: a month, a partner's rows of it where they are many, estimates.

Belongs here: how a table is cut, and which rows and which file a part has. Does not belong here: writing them (`files`,
`database`, `postgres`).

A part is what is written, compared, linked and sent: what a delivery costs grows with the slices that it touches, and
not with what all other partners sent in that month. Rows that tell an estimate are few, and move with the sales of
every partner.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from orchestration.publish.manifest import Part
from orchestration.publish.sql import name, text
from orchestration.publish.tables import Table

#: rows of a month from which a partner's stand apart: half a megabyte of Parquet, below which files only become many
APART: Final = 25_000

#: the month of rows that say no day
NO_MONTH: Final = "none"

#: stands in for the parts of an empty table, so that a glob over its folder finds the columns
NOTHING: Final = Part(month=NO_MONTH, rows=0, sha256="")


def cut(month: str, partner_id: str | None, is_estimated: bool, rows: int) -> tuple[str, str | None, bool]:
    """Month, partner and estimates of the part that holds `rows` alike in all three; no partner: it is of several."""
    return month, partner_id if rows >= APART and not is_estimated else None, is_estimated


def name_of(part: Part) -> str:
    """What a manifest calls a part."""
    if part.is_estimated:
        return f"{part.month} estimated"
    return part.month if part.partner_id is None else f"{part.month}/{part.partner_id}"


def path_of(table: Table, part: Part) -> str:
    """The file of a part within the release. Ids may hold what names of files may not, or differ by case alone."""
    stem = "estimated" if part.is_estimated else "data"
    if part.partner_id is not None:
        stem = f"partner_{hashlib.sha256(part.partner_id.encode()).hexdigest()[:16]}"
    return f"{table.name}/month={part.month}/{stem}.parquet"


def standing_apart(parts: Iterable[Part]) -> Mapping[str, list[str]]:
    """Partners that stand apart in each month."""
    apart: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        if part.partner_id is not None:
            apart[part.month].append(part.partner_id)
    return apart


def rows_of(table: Table, wanted: Iterable[Part], apart: Mapping[str, list[str]]) -> str:
    """SQL that says that a row of `table` is of a part that is `wanted`; such a part may be gone.

    `apart` tells how the table is cut now.
    """
    of_months: dict[str, list[Part]] = defaultdict(list)
    for part in wanted:
        of_months[part.month].append(part)
    return " or ".join(
        f"({_in_month(table, month)} and ({_of_month(table, of_months[month], apart.get(month, []))}))"
        for month in sorted(of_months)
    )


def _in_month(table: Table, month: str) -> str:
    """As a range of dates, so that what lies outside it is skipped."""
    day = name(table.month_of or "")
    if month == NO_MONTH:
        return f"{day} is null"
    number = 12 * int(month[:-3]) + int(month[-2:])
    return f"{day} >= date '{month}-01' and {day} < date '{number // 12:04}-{number % 12 + 1:02}-01'"


def _of_month(table: Table, wanted: list[Part], apart: list[str]) -> str:
    """Of the rows of a month; those without a partner are of no partner apart."""
    partners = [part.partner_id for part in wanted if part.partner_id is not None]
    conditions = [f"partner_id in ({_list(partners)})"] if partners else []
    if any(part.partner_id is None and not part.is_estimated for part in wanted):
        conditions.append(f"partner_id is null or partner_id not in ({_list(apart)})" if apart else "true")
    if table.estimate is None:
        return " or ".join(conditions)
    estimated = [f"{name(table.estimate)} is not null"] if any(part.is_estimated for part in wanted) else []
    others = [f"{name(table.estimate)} is null and ({' or '.join(conditions)})"] if conditions else []
    return " or ".join(estimated + others)


def _list(partners: list[str]) -> str:
    return ", ".join(map(text, sorted(partners)))
