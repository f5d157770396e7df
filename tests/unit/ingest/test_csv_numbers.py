"""Numbers as partners print them: read whole, or set aside; never another number."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from orchestration.ingest.ingest import open_ingest
from tests.unit.ingest.csv_reading import read
from tests.unit.ingest.feeds import sell_out_contract

BLANKS = {"space": " ", "no-break": "\u00a0", "figure": "\u2007", "thin": "\u2009", "narrow": "\u202f"}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_ingest() as opened:
        yield opened


def _amounts(connection: duckdb.DuckDBPyConnection, decimal: str, thousands: str, cells: list[str]) -> dict[str, str]:
    """Each cell as the number that it is read as, or `set aside`."""
    contract = sell_out_contract({"decimal": decimal, "thousands": thousands, "delimiter": "|"})
    text = "Code|Jour|Qté|CA\n" + "".join(f"A|06/01/2025|1|{cell}\n" for cell in cells)
    outcome = read(connection, contract, text)
    assert outcome.outside == []
    read_as = {number: format(line["amount"].normalize(), "f") for number, line in outcome.accepted.items()}
    return {cell: read_as.get(number, "set aside") for number, cell in enumerate(cells, start=2)}


@pytest.mark.parametrize(
    ("decimal", "thousands", "expected"),
    [
        (
            ",",
            " ",
            {f"-1{blank}234{blank}567,5": "-1234567.5" for blank in BLANKS.values()}
            | {"12": "12", "12,50": "12.5", ",5": "0.5", "5,": "5", "007": "7", "142049,0": "142049"},
        ),
        (",", ".", {"1.234,56": "1234.56", "-1.234": "-1234", "1 234,5": "1234.5"}),
        (".", "'", {"1'234.50": "1234.5", "1\u2019234'567": "1234567", "1234.5": "1234.5"}),
        (".", ",", {"1,234,567.8": "1234567.8", "12,34,567": "1234567", "1234.5": "1234.5"}),
        (".", "", {"1234.5": "1234.5", "1 234.5": "1234.5", "142049.0": "142049"}),
        (",", " ", {"(12)": "-12", "(1 234,50)": "-1234.5", "12-": "-12", "12,5 -": "-12.5", "+4": "4", "- 3": "-3"}),
        (",", " ", {"\u221212": "-12", "1E3": "1000", "3,4E+05": "340000", "25e-1": "2.5"}),
        # only one reading is left where a point cannot mark thousands
        (",", " ", {"142049.0": "142049", "12.5": "12.5", "0.1234": "0.1234"}),
    ],
)
def test_a_number_is_read_by_the_stated_marks(
    connection: duckdb.DuckDBPyConnection, decimal: str, thousands: str, expected: dict[str, str]
) -> None:
    assert _amounts(connection, decimal, thousands, list(expected)) == expected


@pytest.mark.parametrize(
    ("decimal", "thousands", "cells"),
    [
        (",", ".", ["1.1", "12.34", "1.2345", "1234.567", "1.234.56", "1.1.1900", "1,234.5", "1..234"]),
        (",", " ", ["12 34", "1 2", "1 2345", "1234 567", "1 234 5", "12,3 4", "1 234.567"]),
        (",", " ", ["1.234", "-12.345", "1.234.567", "1,2,3", "4,417,08"]),
        (".", ",", ["1,5", "12,34", "1,2345", "4,417,08", "1.234,5"]),
        (".", "", ["1,5", "1,234", "1.2.3"]),
        (".", "'", ["1'23", "'123", "1''234"]),
        (
            ",",
            "",
            ["1_000", "0x10", "1e", "e5", "--1", "-(1)", "(-1)", "(1-)", "-1-", "()", "-", "+", ",", "1-2", "12€"],
        ),
        (",", "", ["١٢", "½", "NaN", "inf", "1\x002", "12 %"]),
    ],
)
def test_what_the_stated_marks_do_not_allow_is_set_aside(
    connection: duckdb.DuckDBPyConnection, decimal: str, thousands: str, cells: list[str]
) -> None:
    assert _amounts(connection, decimal, thousands, cells) == dict.fromkeys(cells, "set aside")


def test_a_unit_with_a_zero_behind_the_mark_is_whole(connection: duckdb.DuckDBPyConnection) -> None:
    text = "Code;Jour;Qté;CA\nA;06/01/2025;142049.0;\n"
    outcome = read(connection, sell_out_contract({"decimal": "."}), text)
    assert outcome.column("units") == [Decimal(142049)]
