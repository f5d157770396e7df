"""What of a large table stands together in a release: a month, or a partner's rows of it where they are many.

Belongs here: how a table is cut, and which rows and which file a part has. Does not belong here: writing them (`files`,
`database`, `postgres`).

A part is what is written, compared, linked and sent: what a delivery costs grows with the slices that it touches, and
not with what all other partners sent in that month.
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

#: stands in for the months of an empty table, so that a glob over its folder finds the columns
NO_MONTH: Final = "none"


def cut(month: str, partner_id: str | None, rows: int) -> tuple[str, str | None]:
    """Month and partner of the part that holds a partner's `rows` of a month; no partner: it shares the month's."""
    return month, partner_id if rows >= APART else None


def name_of(month: str, partner_id: str | None) -> str:
    """What a manifest calls a part."""
    return month if partner_id is None else f"{month}/{partner_id}"


def path_of(table: Table, month: str, partner_id: str | None = None) -> str:
    """The file of a part within the release. Ids may hold what names of files may not, or differ by case alone."""
    stem = "data" if partner_id is None else f"partner_{hashlib.sha256(partner_id.encode()).hexdigest()[:16]}"
    return f"{table.name}/month={month}/{stem}.parquet"


def rows_of(table: Table, wanted: Iterable[Part], parts: Mapping[str, Part]) -> str:
    """SQL that says that a row of `table`, cut into `parts`, is of one that is `wanted`; a wanted one may be gone."""
    apart: dict[str, list[str]] = defaultdict(list)
    for part in parts.values():
        if part.partner_id is not None:
            apart[part.month].append(part.partner_id)
    of_months: dict[str, list[Part]] = defaultdict(list)
    for part in wanted:
        of_months[part.month].append(part)
    return " or ".join(_of_month(table, month, of_months[month], apart[month]) for month in sorted(of_months))


def _of_month(table: Table, month: str, wanted: list[Part], apart: list[str]) -> str:
    """As a range of dates, so that what lies outside it is skipped; a row without a partner is of no partner apart."""
    day = name(table.month_of or "")
    is_of_month = f"{day} >= date '{month}-01' and {day} < date '{_next(month)}-01'"
    partners = [part.partner_id for part in wanted if part.partner_id is not None]
    conditions = [f"partner_id in ({_list(partners)})"] if partners else []
    if len(partners) < len(wanted):
        if not apart:
            return f"({is_of_month})"
        conditions.append(f"partner_id is null or partner_id not in ({_list(apart)})")
    return f"({is_of_month} and ({' or '.join(conditions)}))"


def _next(month: str) -> str:
    number = 12 * int(month[:-3]) + int(month[-2:])
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _list(partners: list[str]) -> str:
    return ", ".join(map(text, sorted(partners)))
