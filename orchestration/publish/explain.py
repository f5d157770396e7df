"""Explain: which lines of which files a published figure sums, live from the release.

Belongs here: from a table, a key and a column to lines, their total, and the text as sent.
Does not belong here: computing figures (dbt does), or printing them (the command line does).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import duckdb

from orchestration.publish.contents import LONGEST_SPREAD_DAYS
from orchestration.publish.errors import UnknownFigure
from orchestration.publish.files import DATABASE
from orchestration.publish.releases import show_release
from orchestration.publish.sql import name
from orchestration.publish.tables import AMOUNT, FACTS, TABLES, UNITS, Table
from orchestration.settings import Settings

#: lines listed by default; totals are always of all lines
LISTED_LINES: Final = 1000

_DAYS: Final = "(line.period_end - line.period_start + 1)"
_DAYS_IN_WEEK: Final = (
    "(least(line.period_end, figure.week_start + 6) - greatest(line.period_start, figure.week_start) + 1)"
)
_UNITS_A_DAY: Final = f"cast(round(line.units / {_DAYS}, 4) as {UNITS})"


@dataclass(frozen=True)
class _Measure:
    """How a weekly figure sums lines of a fact. SQL over `line` and `figure`; null where a line has no part in it."""

    fact: str
    counted: str
    belongs: str = "line.week_start = figure.week_start"
    share: str = "1.0e0"


_WEEKLY: Final[dict[str, _Measure]] = {
    "sell_in_units": _Measure("fct_sell_in", "line.units"),
    "received_units": _Measure(
        "fct_sell_in",
        "case when line.units > 0 or line.free_units <> 0 "
        "then greatest(line.units, 0) + coalesce(line.free_units, 0) end",
    ),
    "returned_units": _Measure("fct_sell_in", "case when line.units < 0 then -line.units end"),
    # a line that crosses a week's end is spread by days; its last day takes what rounding left over
    "sell_out_units": _Measure(
        "fct_sell_out",
        f"case when line.period_end <= figure.week_start + 6 "
        f"then line.units - {_UNITS_A_DAY} * ({_DAYS} - {_DAYS_IN_WEEK}) else {_UNITS_A_DAY} * {_DAYS_IN_WEEK} end",
        belongs="line.period_start <= figure.week_start + 6 and line.period_end >= figure.week_start "
        f"and {_DAYS} <= {LONGEST_SPREAD_DAYS}",
        share=f"{_DAYS_IN_WEEK} / {_DAYS}",
    ),
}

_WEEKLY_TABLES: Final = {
    "sell_through_weekly": ("partner_id", "product_id"),
    "sell_through_location_weekly": ("partner_id", "location_id", "product_id"),
}

#: contract id, file name, sha256 and line numbers to the text of these lines as they were sent
AsSent = Callable[[str, str, str, Set[int]], Mapping[int, str]]

#: units and amount shown of a line
_UNITS_AND_AMOUNT: Final = {
    "fct_sell_in": ("units", "net_amount"),
    "fct_sell_out": ("units", "amount"),
    "fct_stock": ("on_hand_units", None),
}


@dataclass(frozen=True)
class Line:
    """A line of a delivery and what of it entered the figure.

    `units` and `amount` are the line's own; `counted` is what the figure sums of it; `share` is the part of its days
    that lie in the figure's week, below 1 where the line is `is_allocated` over several weeks.
    """

    delivery_id: str
    contract_id: str | None
    file_name: str | None
    sha256: str | None
    line_number: int
    units: Decimal | None
    amount: Decimal | None
    counted: Decimal
    share: float
    raw_text: str | None = None

    @property
    def is_allocated(self) -> bool:
        """Whether the line covers other weeks too."""
        return self.share < 1


@dataclass(frozen=True)
class Explanation:
    """A published figure (null where it is unknown), the lines it sums, and their total.

    `line_count` and `total` are of all lines; `lines` lists the first of them, by delivery and line number.
    """

    release_id: str
    table: str
    where: dict[str, str]
    column: str
    published: Decimal | None
    total: Decimal
    line_count: int
    lines: list[Line]

    @property
    def agrees(self) -> bool:
        """Whether the lines add up to the published figure; one that is unknown must have none but zeros."""
        return (self.published or Decimal(0)) == self.total


def explain(
    settings: Settings,
    table: str,
    where: Mapping[str, str],
    column: str,
    *,
    release_id: str | None = None,
    as_sent: AsSent | None = None,
    listed_lines: int = LISTED_LINES,
) -> Explanation:
    """Explain the sum of `column` over the rows of `table` for which every `where` column has its value ('' is null).

    `as_sent` gives the text of lines as they were sent; without it none is shown.
    Raises UnknownFigure, naming what is valid, and UnknownRelease.
    """
    document = show_release(settings, release_id)
    _check(table, column, where)
    release = settings.releases / document.release_id
    with duckdb.connect(str(release / DATABASE), read_only=True) as connection:
        published, total, line_count, lines = _sum_lines(connection, TABLES[table], where, column, listed_lines)
    lines = _with_raw_text(lines, as_sent) if as_sent else lines
    return Explanation(document.release_id, table, dict(where), column, published, total, line_count, lines)


def explainable_columns() -> dict[str, list[str]]:
    """Tables and their columns that can be explained."""
    facts = {
        table.name: [column for column, type_ in table.columns.items() if type_ in (UNITS, AMOUNT)]
        for table in FACTS.values()
    }
    return facts | {table: list(_WEEKLY) for table in _WEEKLY_TABLES}


def _check(table: str, column: str, where: Mapping[str, str]) -> None:
    valid = explainable_columns()
    if table not in valid:
        raise UnknownFigure(f"{table} cannot be explained; can be: {', '.join(valid)}")
    if column not in valid[table]:
        raise UnknownFigure(f"{table}.{column} cannot be explained; can be: {', '.join(valid[table])}")
    for key in where:
        if key not in TABLES[table].columns:
            raise UnknownFigure(f"{table} has no column {key}; it has: {', '.join(TABLES[table].columns)}")


def _sum_lines(
    connection: duckdb.DuckDBPyConnection, table: Table, where: Mapping[str, str], column: str, listed_lines: int
) -> tuple[Decimal | None, Decimal, int, list[Line]]:
    figures, parameters = _figures(table, where)
    try:
        published = connection.execute(f"select count(*), sum({name(column)}) from ({figures})", parameters).fetchone()
    except duckdb.ConversionException as error:
        raise UnknownFigure(f"{table.name}: a value of the key does not fit its column: {error}") from error
    if published is None or not published[0]:
        raise UnknownFigure(f"{table.name} has no row with {', '.join(f'{k}={v}' for k, v in where.items())}")
    query = _lines_query(table, figures, column)
    whole = connection.execute(f"select coalesce(sum(counted), 0), count(*) from ({query})", parameters).fetchone()
    total, line_count = whole or (Decimal(0), 0)
    rows = connection.execute(
        f"""
        select
            lines.delivery_id, ledger.contract_id, ledger.file_name, ledger.sha256, lines.line_number,
            lines.units, lines.amount, lines.counted, lines.share
        from ({query}) as lines
        left join delivery_ledger as ledger on lines.delivery_id = ledger.delivery_id
        order by lines.delivery_id, lines.line_number
        limit {int(listed_lines)}
        """,
        parameters,
    ).fetchall()
    return published[1], total, line_count, [Line(*row) for row in rows]


def _figures(table: Table, where: Mapping[str, str]) -> tuple[str, list[Any]]:
    """Rows of the table that `where` names, and the parameters of that query."""
    conditions = [
        f"{name(key)} = cast(? as {table.columns[key]})" if value else f"{name(key)} is null"
        for key, value in where.items()
    ]
    return (
        f"select * from {table.name} where {' and '.join(conditions) or 'true'}",
        [value for value in where.values() if value],
    )


def _lines_query(table: Table, figures: str, column: str) -> str:
    """Lines that the figures sum; a fact's figures are its lines."""
    if table.is_fact:
        units, amount = _units_and_amount(table.name)
        return (
            f"select delivery_id, line_number, {units} as units, {amount} as amount, "
            f"{name(column)} as counted, 1.0e0 as share from ({figures}) as line where {name(column)} is not null"
        )
    measure = _WEEKLY[column]
    units, amount = _units_and_amount(measure.fact)
    same = " and ".join(f"line.{key} = figure.{key}" for key in _WEEKLY_TABLES[table.name])
    return (
        f"select line.delivery_id, line.line_number, {units} as units, {amount} as amount, "
        f"{measure.counted} as counted, {measure.share} as share "
        f"from {measure.fact} as line inner join ({figures}) as figure on {same} and {measure.belongs} "
        f"where {measure.counted} is not null"
    )


def _units_and_amount(fact: str) -> tuple[str, str]:
    units, amount = _UNITS_AND_AMOUNT[fact]
    return f"line.{units}", f"line.{amount}" if amount else f"cast(null as {AMOUNT})"


def _with_raw_text(lines: list[Line], as_sent: AsSent) -> list[Line]:
    """The lines with their text as sent, each file read once."""
    numbers: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for line in lines:
        if file := _file_of(line):
            numbers[file].add(line.line_number)
    texts = {file: as_sent(*file, wanted) for file, wanted in numbers.items()}
    return [
        replace(line, raw_text=texts[file].get(line.line_number)) if (file := _file_of(line)) else line
        for line in lines
    ]


def _file_of(line: Line) -> tuple[str, str, str] | None:
    """Contract, name and hash of the file that the line stands in; None where the ledger does not know it."""
    return (
        (line.contract_id, line.file_name, line.sha256) if line.contract_id and line.file_name and line.sha256 else None
    )
