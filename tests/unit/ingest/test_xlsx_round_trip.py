"""Random tables, written as workbooks and read back equal. `SELLTRACE_EXAMPLES` says how many are tried."""

from __future__ import annotations

import os
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as some

from orchestration.contracts.model import Mapping
from orchestration.ingest.sql import ours
from orchestration.ingest.xlsx.cells import date_of_serial
from orchestration.ingest.xlsx.reader import XLSX
from tests.unit.ingest.workbooks import HEADER, workbook, xlsx_contract

EXAMPLES = int(os.environ.get("SELLTRACE_EXAMPLES", "40"))

TEXTS = some.text(
    some.characters(codec="utf-8", exclude_categories=["Cs", "Co", "Cn"], exclude_characters="\r\ufffe\uffff"),
    max_size=40,
)
NUMBERS = some.one_of(
    some.integers(-(10**15) + 1, 10**15 - 1),
    some.decimals(-(10**9), 10**9, places=5).map(float),
    some.floats(-1e14, 1e14, allow_subnormal=False).map(lambda value: float(f"{value:.15g}")),
)
# day 0 of the system of 1904 cannot be told from midnight
DAYS = some.dates(date(1904, 1, 2), date(9999, 12, 31))
MOMENTS = some.datetimes(datetime(1904, 1, 2), datetime(9999, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
CELLS = some.one_of(some.none(), TEXTS, NUMBERS, DAYS, MOMENTS, some.booleans())
#: columns of texts that a line may lack, so that no row is taken for another table's and no number for a count of days
NAMES = ("location_code", "label", "currency", "campaign_code")
CONTRACT = xlsx_contract(
    mappings=tuple(Mapping(name=name, physical_name=column) for name, column in zip(NAMES, HEADER, strict=True))
)
TABLES = some.lists(some.lists(CELLS, min_size=4, max_size=4), max_size=12)


def as_read(cell: Any) -> str | None:
    """The text that a cell must come back as."""
    match cell:
        case None:
            return None
        case bool():
            return "true" if cell else "false"
        case str():
            return cell if cell and not cell.isspace() else None
        case datetime():
            return (cell.date() if cell.time() == cell.min.time() else cell).isoformat()
        case date():
            return cell.isoformat()
        case _:
            return f"{Decimal(repr(cell)):f}".removesuffix(".0").replace(".", ",") if cell else "0"


@given(rows=TABLES, above=some.integers(0, 3), left=some.integers(0, 3), is_1904=some.booleans())
@effort(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_tables_read_back_as_they_were_written(rows: list[list[Any]], above: int, left: int, is_1904: bool) -> None:
    wanted = {
        number: tuple(map(as_read, row))
        for number, row in enumerate(rows, start=above + 2)
        if any(as_read(cell) for cell in row)
    }
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "a.xlsx")
        source.write_bytes(workbook([HEADER, *rows], at=(above, left), date_1904=is_1904))
        plain = XLSX.plain(CONTRACT, source, Path(folder))
        columns = ", ".join(f'"{name}"' for name in HEADER)
        with duckdb.connect() as connection:
            found = connection.execute(f"select {ours('line_number')}, {columns} from '{plain}'").fetchall()
    assert {number: tuple(cells) for number, *cells in found} == wanted


@given(day=DAYS)
@effort(max_examples=EXAMPLES, deadline=None)
def test_counts_of_days_give_the_day_in_both_systems(day: date) -> None:
    since_1900, since_1904 = (day - date(1899, 12, 30)).days, (day - date(1904, 1, 1)).days
    assert date_of_serial(since_1900, False) == day.isoformat()
    assert date_of_serial(since_1904, True) == (day.isoformat() if since_1904 >= 1 else None)
    assert date_of_serial(since_1900 + 0.25, False) == f"{day.isoformat()}T06:00:00"
