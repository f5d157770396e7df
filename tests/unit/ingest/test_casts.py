"""Cells that a spreadsheet spoilt, and moments in another time zone."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.contracts.model import Mapping
from orchestration.settings import Settings
from tests.unit.ingest.feeds import SELL_OUT, deliver, lines, quarantine, sell_out_contract, take_in

ISO = (
    Mapping(name="product_code", physical_name="Code", required=True),
    Mapping(name="period_start", physical_name="Jour", required=True),
    Mapping(name="units", physical_name="Qté", required=True),
)


@pytest.mark.parametrize("code", ["3,40094E+12", "3.40094E+12", "3E+12", "3,4e+12"])
def test_a_code_that_became_a_number_is_quarantined(settings: Settings, code: str) -> None:
    deliver(settings, "shop/a.csv", f"Code;Jour;Qté;CA\n{code};02/06/2025;1;1\n1E5;02/06/2025;1;1\n")
    take_in(settings, sell_out_contract())
    assert quarantine(settings, "line_number, reason_code, reason") == [
        (
            2,
            "spoilt_code",
            f"product_code (Code): {code} is a code that a spreadsheet turned into a number, "
            "and its last digits are lost",
        )
    ]
    assert lines(settings, "product_code") == [("1E5",)]


def test_a_return_of_positive_units_is_no_receipt(settings: Settings) -> None:
    columns = ("document_id", "document_type", "document_date", "product_code", "units")
    returned = sell_out_contract(
        kind_name="sell_in", mappings=tuple(Mapping(name=column, physical_name=column) for column in columns)
    )
    days = [
        "D;Return;2025-06-02;A;2",
        "D;return;2025-06-02;B;-2",
        "D;return;2025-06-02;C;0",
        "D;invoice;2025-06-02;A;2",
    ]
    deliver(settings, "shop/a.csv", "\n".join([";".join(columns), *days, ""]))
    take_in(settings, returned)
    told = "units of a return are negative; give them a sign by transformLogic where the partner sends none"
    assert quarantine(settings, "line_number, reason_code, reason") == [
        (2, "positive_return", f"units: 2.0000: {told}")
    ]


def test_a_period_that_ends_before_it_starts_is_quarantined(settings: Settings) -> None:
    mappings = (*SELL_OUT, Mapping(name="period_end", physical_name="Fin", date_format="dd/MM/yyyy"))
    deliver(settings, "shop/a.csv", "Code;Jour;Qté;CA;Fin\nA;02/06/2025;1;1;01/06/2025\nB;02/06/2025;1;1;02/06/2025\n")
    take_in(settings, sell_out_contract(mappings=mappings))
    assert quarantine(settings, "line_number, reason_code, reason") == [
        (2, "ends_before_start", "period_end: 2025-06-01 lies before period_start, 2025-06-02")
    ]
    assert lines(settings, "product_code") == [("B",)]


@pytest.mark.parametrize("thousands", ["", " ", "."])
@pytest.mark.parametrize("quantity", ["1/1/1900", "01.01.1900", "2025-06-02", "3-6-25", "1900-01-03 00:00:00"])
def test_a_quantity_that_became_a_date_is_never_guessed(settings: Settings, quantity: str, thousands: str) -> None:
    deliver(settings, "shop/a.csv", f"Code;Jour;Qté;CA\nA;02/06/2025;{quantity};1\nB;02/06/2025;12;1\n")
    take_in(settings, sell_out_contract({"thousands": thousands}))
    assert quarantine(settings, "line_number, reason_code") == [(2, "spoilt_number")]
    assert lines(settings, "product_code, units::int") == [("B", 12)]


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ({}, ["2025-06-01", "2025-06-01", "2025-06-02", "2025-06-01", "2025-06-03"]),
        ({"timezone": "Europe/Paris"}, ["2025-06-02", "2025-06-02", "2025-06-02", "2025-06-02", "2025-06-03"]),
        ({"timezone": "America/New_York"}, ["2025-06-01", "2025-06-01", "2025-06-01", "2025-06-01", "2025-06-03"]),
    ],
)
def test_a_moment_belongs_to_the_day_of_the_contracts_time_zone(
    settings: Settings, words: dict[str, Any], days: list[str]
) -> None:
    moments = [
        "2025-06-01T22:30:00Z", "2025-06-01 22:30:00-04:00", "2025-06-02T00:30:00+02:00", "2025-06-01 22:30:00+00",
        "2025-06-03",
    ]  # fmt: skip
    rows = "".join(f"A;{moment};1\n" for moment in moments)
    deliver(settings, "shop/a.csv", f"Code;Jour;Qté\n{rows}")
    take_in(settings, sell_out_contract(mappings=ISO, delivery="append", **words))
    assert [str(day) for (day,) in lines(settings, "period_start")] == days


@pytest.mark.parametrize("day", ["20225-06-06", "infinity", "-infinity", "0025-06-02", "2925-06-02", "99999-01-01"])
def test_a_day_of_no_time_of_ours_is_quarantined(settings: Settings, day: str) -> None:
    deliver(settings, "shop/a.csv", f"Code;Jour;Qté\nA;{day};1\nB;2025-06-02;1\n")
    [entry] = take_in(settings, sell_out_contract(mappings=ISO, delivery="append"))
    assert (entry.lines_parsed, entry.lines_quarantined) == (1, 1)
    assert quarantine(settings) == [(2, "not_a_date")]
