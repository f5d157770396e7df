"""Explain a published figure: its terms, the lines that they count, and the lines that were left out.

Belongs here: the explanation as a whole, and whether it adds up to what is published. Does not belong here: computing
figures (dbt does), the queries (`query`, `left_out`), or printing (the command line does).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import duckdb

from orchestration.publish.errors import UnknownFigure
from orchestration.publish.explain import left_out, query
from orchestration.publish.explain.left_out import LeftOut
from orchestration.publish.explain.measures import MEASURES
from orchestration.publish.explain.recipes import RECIPES, UNTOLD, Recipe
from orchestration.publish.files import DATABASE
from orchestration.publish.releases import show_release
from orchestration.publish.tables import AMOUNT, COUNT, FACTS, RATE, TABLES, UNITS, Table
from orchestration.settings import Settings

#: lines listed by default, of those that count and of those that were left out; totals are always of all
LISTED_LINES: Final = 1000

_NUMBERS: Final = (UNITS, AMOUNT, COUNT, RATE)
#: days that a fact's lines speak of
_DAYS_OF_FACTS: Final = {
    "fct_sell_in": ("coalesce(received_on, week_start)", "coalesce(received_on, week_start + 6)"),
    "fct_sell_out": ("period_start", "period_end"),
    "fct_stock": ("snapshot_date", "snapshot_date"),
}
#: what a sum of lines that are rounded one by one may differ by, for each line
_ROUNDING: Final = Decimal("0.0001")


@dataclass(frozen=True)
class SentFile:
    """A file, and the delivery that it is."""

    contract_id: str
    file_name: str
    sha256: str
    kind: str
    delivery_id: str


#: line numbers by file to the text of these lines as they were sent
AsSent = Callable[[Mapping[SentFile, Set[int]]], Mapping[SentFile, Mapping[int, str]]]


@dataclass(frozen=True)
class Line:
    """A line of a delivery and what of it entered the figure.

    `units` and `amount` are the line's own; `counted` is what its term sums of it; `share` is the part of its days
    that lie in the term's days, below 1 where the line is `is_allocated` over others too.
    """

    term: str
    role: str
    delivery_id: str
    contract_id: str | None
    file_name: str | None
    sha256: str | None
    kind: str | None
    line_number: int
    units: Decimal | None
    amount: Decimal | None
    counted: Any
    share: float
    raw_text: str | None = None

    @property
    def is_allocated(self) -> bool:
        """Whether the line covers other days too."""
        return self.share < 1


@dataclass(frozen=True)
class TermTotal:
    """A term of the figure: the sum of its lines (or the number of their locations), added by `sign`."""

    name: str
    role: str
    sign: int
    lines: int
    total: Any


@dataclass(frozen=True)
class Explanation:
    """A published figure (null where it is unknown), the lines that it counts, and what they come to.

    `line_count` and `total` are of all lines; `lines` lists the first of them, by term, delivery and line number.
    `total` is null where the lines give no quotient. `left_out_counts` are lines that do not count, by class.
    """

    release_id: str
    table: str
    where: dict[str, str]
    column: str
    published: Any
    total: Any
    tolerance: Decimal
    terms: list[TermTotal]
    line_count: int
    lines: list[Line]
    left_out_counts: dict[str, int]
    left_out: list[LeftOut]

    @property
    def agrees(self) -> bool:
        """Whether the lines come to the published figure; a sum of lines that is unknown must have none but zeros."""
        if any(term.role for term in self.terms):
            return self.published is None or (
                self.total is not None and math.isclose(self.published, self.total, rel_tol=1e-9, abs_tol=1e-9)
            )
        if self.published is None and len(self.terms) > 1:
            return True
        return abs((self.published or Decimal(0)) - self.total) <= self.tolerance


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
    """Explain `column` over the rows of `table` for which every `where` column has its value ('' is null).

    `as_sent` gives the text of lines as they were sent; without it none is shown.
    Raises UnknownFigure, naming what is valid, and UnknownRelease.
    """
    document = show_release(settings, release_id)
    _check(table, column, where)
    with duckdb.connect(str(settings.releases / document.release_id / DATABASE), read_only=True) as connection:
        found = _explain(connection, document.release_id, TABLES[table], where, column, listed_lines)
    return _with_raw_text(found, as_sent) if as_sent else found


def explainable_columns() -> dict[str, list[str]]:
    """Tables and their columns that can be explained by lines."""
    facts = {
        table.name: [column for column, type_ in table.columns.items() if type_ in (UNITS, AMOUNT)]
        for table in FACTS.values()
    }
    return facts | {table: list(recipes) for table, recipes in RECIPES.items()}


def why_untold(table: str, column: str) -> str | None:
    """Why a published number cannot be told from lines; None where it can, or is no number of a figure."""
    if column in explainable_columns().get(table, []):
        return None
    reasons = UNTOLD.get(table, {})
    return reasons.get(column) or reasons.get("")


def _check(table: str, column: str, where: Mapping[str, str]) -> None:
    valid = explainable_columns()
    if table not in TABLES:
        raise UnknownFigure(f"there is no table {table}; tables that can be explained: {', '.join(valid)}")
    told = f"can be: {', '.join(valid.get(table, valid))}"
    if column not in valid.get(table, []):
        reason = why_untold(table, column) if TABLES[table].columns.get(column) in _NUMBERS else None
        because = f" from lines: {reason}" if reason else ""
        what = f"{table}.{column}" if table in valid or reason else table
        raise UnknownFigure(f"{what} cannot be explained{because}; {told}")
    for key in where:
        if key not in TABLES[table].columns:
            raise UnknownFigure(f"{table} has no column {key}; it has: {', '.join(TABLES[table].columns)}")


def _explain(
    connection: duckdb.DuckDBPyConnection,
    release_id: str,
    table: Table,
    where: Mapping[str, str],
    column: str,
    listed: int,
) -> Explanation:
    recipe = RECIPES.get(table.name, {}).get(column)
    published = query.load_figures(connection, table, where, column, recipe)
    if recipe is None:
        lines, parameters = query.lines_of_fact(table, where, column)
        left_out.load_slots_of_fact(connection, table, where, _DAYS_OF_FACTS[table.name])
        counts, omitted = left_out.left_out(connection, of_roll_forward=False, of_weeks=False, limit=listed)
        names = [(column, "")]
    else:
        days = query.load_slots(connection, recipe)
        parameters = []
        lines = query.lines_of(connection, recipe, days) if days else ""
        of_roll_forward = table.name == "reconciliation"
        counts, omitted = left_out.left_out(connection, of_roll_forward, not of_roll_forward, listed)
        names = [(term.name, term.role) for term in recipe.terms]
    totals = query.totals(connection, lines, parameters) if lines else {}
    rows = query.first_lines(connection, lines, parameters, listed) if lines else []
    terms = _terms(recipe, column, totals)
    return Explanation(
        release_id=release_id,
        table=table.name,
        where=dict(where),
        column=column,
        published=published,
        total=_total(connection, recipe, terms),
        tolerance=_tolerance(recipe, terms),
        terms=terms,
        line_count=sum(term.lines for term in terms),
        lines=[Line(*names[row[0]], *row[1:]) for row in rows],
        left_out_counts=counts,
        left_out=omitted,
    )


def _terms(recipe: Recipe | None, column: str, totals: Mapping[int, query.Total]) -> list[TermTotal]:
    none = query.Total(0, Decimal(0), 0)
    if recipe is None:
        total = totals.get(0, none)
        return [TermTotal(column, "", 1, total.lines, total.units)]
    found = [(term, totals.get(number, none)) for number, term in enumerate(recipe.terms)]
    return [
        TermTotal(
            term.name, term.role, term.sign, total.lines, Decimal(total.places) if term.counts_places else total.units
        )
        for term, total in found
        if total.lines or len(found) == 1 or term.role
    ]


def _total(connection: duckdb.DuckDBPyConnection, recipe: Recipe | None, terms: list[TermTotal]) -> Any:
    if recipe is None or not recipe.is_ratio:
        return sum((term.sign * term.total for term in terms), Decimal(0))
    numerator, denominator = ([term for term in terms if term.role == role] for role in ("numerator", "denominator"))
    divisor = sum((term.sign * float(term.total) for term in denominator), 0.0) if denominator else 1.0
    factor = (connection.execute(f"select {recipe.factor} from figure").fetchone() or (None,))[0]
    if not divisor or factor is None:
        return None
    return sum(term.sign * float(term.total) for term in numerator) * float(factor) / divisor


def _tolerance(recipe: Recipe | None, terms: list[TermTotal]) -> Decimal:
    rounded = {term.name for term in recipe.terms if MEASURES[term.measure].is_rounded} if recipe else set()
    return _ROUNDING * sum(term.lines for term in terms if term.name in rounded)


def _with_raw_text(found: Explanation, as_sent: AsSent) -> Explanation:
    """The explanation with the text of its lines as sent, each file read once at most."""
    numbers: dict[SentFile, set[int]] = defaultdict(set)
    every: list[Line | LeftOut] = [*found.lines, *found.left_out]
    for line in every:
        if line.line_number is not None and line.raw_text is None and (file := _file_of(line)):
            numbers[file].add(line.line_number)
    texts = as_sent(numbers)

    def text_of(line: Line | LeftOut) -> str | None:
        file = _file_of(line)
        return line.raw_text or (texts.get(file, {}).get(line.line_number or 0) if file else None)

    return replace(
        found,
        lines=[replace(line, raw_text=text_of(line)) for line in found.lines],
        left_out=[replace(line, raw_text=text_of(line)) for line in found.left_out],
    )


def _file_of(line: Line | LeftOut) -> SentFile | None:
    """The file that the line stands in; None where the ledger does not know it."""
    if line.contract_id and line.file_name and line.sha256 and line.kind:
        return SentFile(line.contract_id, line.file_name, line.sha256, line.kind, line.delivery_id)
    return None
