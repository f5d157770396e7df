"""Workbooks: cells as a spreadsheet keeps them, and the sheet that is read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from orchestration.contracts.model import Mapping
from orchestration.settings import Settings
from tests.unit.ingest.feeds import SELL_OUT, lines, quarantine
from tests.unit.ingest.workbooks import (
    DAY,
    HEADER,
    Formula,
    Shown,
    counts,
    raw_sheet,
    take,
    workbook,
)


def with_units(*cells: Any) -> bytes:
    return workbook([HEADER, *([f"A{place}", DAY, cell, None] for place, cell in enumerate(cells))])


def test_typed_cells_read_to_canonical_values(settings: Settings) -> None:
    rows = [HEADER, [3400930000014, DAY, 12, 1234.5], ["B", datetime(2025, 1, 6, 10, 30), -3.0, 0.1]]
    entry = take(settings, workbook(rows))
    assert counts(entry) == (2, 2, 0, 0)
    assert lines(settings, "line_number, product_code, period_start, units, amount") == [
        (2, "3400930000014", DAY, Decimal(12), Decimal("1234.5")),
        (3, "B", DAY, Decimal(-3), Decimal("0.1")),
    ]


@pytest.mark.parametrize("marks", [{"decimal": ",", "thousands": "."}, {"decimal": ".", "thousands": ","}])
def test_numbers_come_in_the_spelling_of_the_contract(settings: Settings, marks: dict[str, str]) -> None:
    take(settings, with_units(1234.5, 0.000001, 123456789, -0.25), marks)
    wanted = ["1234.5", "0.000001", "123456789", "-0.25"]
    assert lines(settings, "units::varchar") == [(f"{Decimal(number):.4f}",) for number in wanted]


def test_numbers_kept_as_text_read_by_the_marks_of_the_contract(settings: Settings) -> None:
    take(settings, with_units("1 234,56", "1\u202f234,5", "12-"))
    assert lines(settings, "units") == [(Decimal("1234.56"),), (Decimal("1234.5"),), (Decimal(-12),)]


def test_binary_leftovers_are_rounded_to_the_digits_that_a_spreadsheet_shows(settings: Settings) -> None:
    rows = '<row r="2"><c r="A2"><v>7</v></c><c r="B2"><v>45663</v></c><c r="C2"><v>12.299999999999999</v></c>'
    rows += '<c r="D2"><v>0.30000000000000004</v></c></row>'
    take(settings, raw_sheet(rows), mappings=(*SELL_OUT[:3], Mapping(name="label", physical_name="CA")))
    assert lines(settings, "units, label") == [(Decimal("12.3"), "0,3")]


def test_the_line_as_it_came_shows_the_cells_of_the_row(settings: Settings) -> None:
    take(settings, workbook([[*HEADER, "Note"], ["A", DAY, "douze", None, 0.000015, None], ["B", None, True, None]]))
    assert quarantine(settings, "reason_code, raw_line") == [
        ("not_a_number", "A;2025-01-06;douze;;0,000015"),
        ("missing_value", "B;;true"),
    ]


def test_a_number_that_a_spreadsheet_made_a_date_is_set_aside(settings: Settings) -> None:
    take(settings, with_units(Shown(1, "dd/mm/yyyy"), Shown(45292.5, "dd/mm/yyyy hh:mm"), Shown(0.5, "hh:mm"), 2))
    assert quarantine(settings, "line_number, reason_code, raw_line") == [
        (2, "spoilt_number", "A0;2025-01-06;1900-01-01"),
        (3, "spoilt_number", "A1;2025-01-06;2024-01-01T12:00:00"),
        (4, "not_a_number", "A2;2025-01-06;12:00:00"),
    ]


def test_durations_and_flags_are_no_numbers(settings: Settings) -> None:
    take(settings, with_units(Shown(1.5, "[h]:mm"), True, False))
    assert quarantine(settings, "reason_code, raw_line") == [
        ("not_a_number", "A0;2025-01-06;36:00:00"),
        ("not_a_number", "A1;2025-01-06;true"),
        ("not_a_number", "A2;2025-01-06;false"),
    ]


def with_days(*cells: Any, **options: Any) -> bytes:
    return workbook([HEADER, *([f"A{place}", cell, 1, None] for place, cell in enumerate(cells))], **options)


def test_days_as_dates_serial_numbers_or_text(settings: Settings) -> None:
    cells = {
        45292: "2024-01-01",
        45292.75: "2024-01-01",
        "02/01/2024": "2024-01-02",
        Shown(45292, "[$-40C]d-mmm-yy;@"): "2024-01-01",
        Shown(45292, "mmm-yy"): "2024-01-01",
        Shown(45292, '0 "days"'): "2024-01-01",
        datetime(2024, 1, 1, 23, 59, 59): "2024-01-01",
        1: "1900-01-01",
        59: "1900-02-28",
        61: "1900-03-01",
        73_050: "2099-12-31",
    }
    take(settings, with_days(*cells))
    assert [day for (day,) in lines(settings, "period_start::varchar")] == list(cells.values())


def test_numbers_that_are_no_day_are_set_aside(settings: Settings) -> None:
    cells = [0, 0.5, 60, -3, 2_958_465, 2_958_466, 1e15, "45292", True, Shown(0.5, "hh:mm")]
    take(settings, with_days(*cells))
    assert quarantine(settings) == [(row, "not_a_date") for row, _ in enumerate(cells, start=2)]


def test_days_counted_from_1904(settings: Settings) -> None:
    take(settings, with_days(DAY, 10, 60, date_1904=True))
    assert lines(settings, "period_start") == [(DAY,), (date(1904, 1, 11),), (date(1904, 3, 1),)]


@pytest.mark.parametrize(
    ("date_format", "cell", "day"),
    [("yyyyMMdd", 20250602, date(2025, 6, 2)), ("yyyy", 2025, date(2025, 1, 1)), ("YYYYww", 202507, date(2025, 2, 10))],
)
def test_a_number_written_as_the_format_says_is_no_count_of_days(
    settings: Settings, date_format: str, cell: int, day: date
) -> None:
    mappings = (
        SELL_OUT[0],
        Mapping(name="period_start", physical_name="Jour", date_format=date_format),
        *SELL_OUT[2:],
    )
    take(settings, with_days(cell), mappings=mappings)
    assert lines(settings, "period_start") == [(day,)]


def test_codes_keep_their_digits_or_are_set_aside(settings: Settings) -> None:
    cells = [3400930000014, 123456789012345, 1234567890123456, 123456789012345678, "3,40094E+12", "0012"]
    take(settings, workbook([HEADER, *([cell, DAY, 1, None] for cell in cells)]))
    assert lines(settings, "product_code") == [("3400930000014",), ("123456789012345",), ("0012",)]
    assert quarantine(settings, "line_number, reason_code, raw_line") == [
        (4, "spoilt_code", "1,23456789012346E+15;2025-01-06;1"),
        (5, "spoilt_code", "1,23456789012346E+17;2025-01-06;1"),
        (6, "spoilt_code", "3,40094E+12;2025-01-06;1"),
    ]


def test_a_code_that_became_a_date_is_set_aside(settings: Settings) -> None:
    take(settings, workbook([HEADER, [DAY, DAY, 1, 1], ["6-1", DAY, 1, 1]]))
    assert quarantine(settings, "line_number, reason_code, reason") == [
        (2, "spoilt_code", "product_code (Code): 2025-01-06 is a code that a spreadsheet made a date")
    ]
    assert lines(settings, "product_code") == [("6-1",)]


def test_errors_of_the_spreadsheet_are_set_aside_also_in_columns_that_may_be_blank(settings: Settings) -> None:
    errors = ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"]
    rows = [["A", DAY, 1, Formula("=X()", error)] for error in errors]
    take(settings, workbook([HEADER, *rows, ["B", DAY, 2, 3]]))
    assert quarantine(settings, "line_number, reason_code, raw_line") == [
        (row, "spreadsheet_error", f"A;2025-01-06;1;{error}") for row, error in enumerate(errors, start=2)
    ]
    assert lines(settings, "product_code") == [("B",)]


def test_an_error_of_newer_spreadsheets_costs_its_own_line_only(settings: Settings) -> None:
    rows = "<row r='2'><c r='A2'><v>1</v></c><c r='B2'><v>45663</v></c><c r='C2' t='e'><v>#SPILL!</v></c></row>"
    rows += '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><v>45663</v></c><c r="C3"><v>1</v></c></row>'
    entry = take(settings, raw_sheet(rows))
    assert counts(entry) == (2, 1, 0, 1)
    assert quarantine(settings, "line_number, raw_line") == [(2, "1;2025-01-06;#SPILL!")]


def test_formulas_give_the_value_that_was_computed(settings: Settings) -> None:
    rows = [["A", DAY, Formula("=1+1", 2), Formula("=2/4", 0.5)], [Formula('="B"', "B"), Formula("=X", 45663), 1, None]]
    take(settings, workbook([HEADER, *rows]))
    assert lines(settings, "product_code, period_start, units, amount") == [
        ("A", DAY, Decimal(2), Decimal("0.5")),
        ("B", DAY, Decimal(1), None),
    ]


def test_a_formula_that_gave_an_empty_text_is_blank(settings: Settings) -> None:
    row = '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>45663</v></c><c r="C2"><v>1</v></c>'
    take(settings, raw_sheet(f'{row}<c r="D2" t="str"><f>""</f><v></v></c></row>'))
    assert lines(settings, "units, amount") == [(Decimal(1), None)]


def test_a_formula_that_was_never_computed_is_no_blank(settings: Settings) -> None:
    cells = [
        '<c r="D2"><f>1+1</f></c>',
        '<c r="D3"><f>1+1</f><v></v></c>',
        '<c r="D4"><f>1+1</f><v/></c>',
        '<c r="D5" s="0" t="n"><f>1+1</f></c>',
        '<c r="D6" t="str"><f>A1&amp;"x"</f></c>',
        '<c r="D7"><f t="shared" si="0"/></c>',
    ]
    row = '<row r="{0}"><c r="A{0}"><v>1</v></c><c r="B{0}"><v>45663</v></c><c r="C{0}"><v>1</v></c>{1}</row>'
    take(settings, raw_sheet("".join(row.format(number, cell) for number, cell in enumerate(cells, start=2))))
    reason = "CA: the formula has no value; ask the partner to open the workbook, save it and send it again"
    assert quarantine(settings, "line_number, reason_code, reason, raw_line") == [
        (number, "formula", reason, "1;2025-01-06;1;=?") for number, _ in enumerate(cells, start=2)
    ]


def test_a_formula_that_was_never_computed_beside_our_columns_costs_nothing(settings: Settings) -> None:
    rows = (
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>45663</v></c><c r="C2"><v>1</v></c><c r="E2"><f>1</f></c></row>'
    )
    assert counts(take(settings, raw_sheet(rows))) == (1, 1, 0, 0)


def test_text_that_looks_like_a_formula_is_text(settings: Settings) -> None:
    take(settings, workbook([HEADER, ["=SUM(A1)", DAY, 1, None]]))
    assert lines(settings, "product_code") == [("=SUM(A1)",)]


def test_merged_cells_stand_in_the_first_of_them(settings: Settings) -> None:
    def merge(_book: Any, sheet: Any) -> None:
        sheet.merge_range(1, 0, 2, 0, "A")

    entry = take(settings, workbook([HEADER, [None, DAY, 1, 1], [None, DAY, 2, 2]], change=merge))
    assert counts(entry) == (2, 1, 0, 1)
    assert quarantine(settings) == [(3, "missing_value")]


def test_blank_rows_are_not_counted_and_hidden_ones_are(settings: Settings) -> None:
    def hide(_book: Any, sheet: Any) -> None:
        sheet.set_row(4, None, None, {"hidden": True})
        sheet.write_blank(5, 0, None, _book.add_format({"bold": True}))

    rows = [HEADER, ["A", DAY, 1, 1], [None], ["  ", "\u00a0"], ["B", DAY, 2, 2], [None], ["C", DAY, 3, 3]]
    entry = take(settings, workbook(rows, change=hide))
    assert counts(entry) == (3, 3, 0, 0)
    assert lines(settings, "line_number, product_code") == [(2, "A"), (5, "B"), (7, "C")]


def test_line_numbers_are_rows_of_the_sheet_wherever_its_cells_begin(settings: Settings) -> None:
    entry = take(settings, workbook([HEADER, ["A", DAY, 1, 1], ["B", DAY, "x", 1]], at=(6, 3)))
    assert counts(entry) == (2, 1, 0, 1)
    assert lines(settings, "line_number, product_code, units") == [(8, "A", Decimal(1))]
    assert quarantine(settings) == [(9, "not_a_number")]


def test_cells_that_do_not_state_their_place_follow_one_another(settings: Settings) -> None:
    whole = "<row><c><v>1</v></c><c><v>45663</v></c><c><v>5</v></c></row>"
    take(settings, raw_sheet(f"{whole}<row/><row><c><v>2</v></c><c/><c><v>6</v></c></row>"))
    assert lines(settings, "line_number, product_code, units") == [(2, "1", Decimal(5))]
    assert quarantine(settings) == [(4, "missing_value")]


SALES = [HEADER, ["A", DAY, 1, 1]]
OTHER = [HEADER, ["X", DAY, 9, 9]]
NOTES = [["Lisez-moi"], ["Nom", "Rôle"], ["x", "y"]]


def hide(book: Any, sheet: Any) -> None:
    if sheet.name == "Cachée":
        sheet.hide()


@pytest.mark.parametrize(
    ("sheets", "wanted"),
    [
        ({"Notes": NOTES, "Ventes": SALES, "Copie": OTHER}, None),
        ({"Cachée": OTHER, "Ventes": SALES}, None),
        ({"Notes": OTHER, "Ventes": SALES}, "Ventes"),
        ({"Notes": OTHER, "Cachée": SALES}, "Cachée"),
        ({"Notes": OTHER, "Ventes S02": SALES}, "Ventes*"),
        ({"Ventes S03": OTHER, "Ventes": SALES}, "Ventes"),
    ],
)
def test_the_sheet_that_is_read(settings: Settings, sheets: dict[str, Any], wanted: str | None) -> None:
    def show(book: Any, sheet: Any) -> None:
        hide(book, sheet)
        if sheet.name == "Ventes":
            sheet.activate()

    take(settings, workbook(sheets, change=show), {"sheet": wanted} if wanted else None)
    assert lines(settings, "product_code") == [("A",)]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("Sales", "the workbook has no sheet Sales; it has: Ventes 1, Ventes 2; correct `sheet` in the contract"),
        ("Ventes*", "the sheets Ventes 1, Ventes 2 all follow `sheet` Ventes*; state one of them in the contract"),
    ],
)
def test_a_sheet_that_is_not_there_or_not_clear_rejects_the_delivery(
    settings: Settings, wanted: str, reason: str
) -> None:
    entry = take(settings, workbook({"Ventes 1": SALES, "Ventes 2": OTHER}), {"sheet": wanted})
    assert entry.rejected_reason == reason
    assert quarantine(settings) == [(1, "sheet")]


def test_sheets_that_are_left_aside_are_named_in_a_remark(settings: Settings) -> None:
    sheets = {"Janvier": SALES, "Notes": NOTES, "Février": OTHER, "Mars": OTHER}
    entry = take(settings, workbook(sheets))
    assert lines(settings, "product_code") == [("A",)]
    assert entry.remarks == (
        "the sheet Janvier was read, and not Février, Mars with the same columns; "
        "state `sheet` in the contract, or ask the partner for one sheet a workbook",
    )


def test_a_sheet_that_was_chosen_needs_no_remark(settings: Settings) -> None:
    assert take(settings, workbook({"Janvier": SALES, "Mars": OTHER}), {"sheet": "Janvier"}).remarks == ()


def test_charts_are_no_sheets_of_cells(settings: Settings) -> None:
    def chart(book: Any, sheet: Any) -> None:
        shown = book.add_chart({"type": "column"})
        shown.add_series({"values": "=Ventes!$C$2:$C$2"})
        book.add_chartsheet("Graphique").set_chart(shown)

    entry = take(settings, workbook({"Ventes": SALES}, change=chart), {"sheet": "Graphique"})
    assert "it has: Ventes;" in (entry.rejected_reason or "")


def test_personal_cells_are_masked_in_the_line_as_it_came(settings: Settings) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="customer_id", physical_name="CA", personal=True))
    take(settings, workbook([["Nom", *HEADER], ["Curie", "A", DAY, "douze", "marie"]]), mappings=mappings)
    assert quarantine(settings, "raw_line") == [("***;A;2025-01-06;***;***",)]


def test_a_condition_sees_columns_that_are_not_mapped(settings: Settings) -> None:
    rows = [["Type", *HEADER], ["L", "A", DAY, 1, 1], ["TOTAL", None, None, 1, 1]]
    entry = take(settings, workbook(rows), where="\"Type\" <> 'TOTAL'")
    assert counts(entry) == (2, 1, 1, 0)


def test_dates_written_in_iso_as_the_strict_form_has_them(settings: Settings) -> None:
    rows = '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="d"><v>2025-01-06</v></c><c r="C2"><v>1</v></c></row>'
    take(settings, raw_sheet(rows))
    assert lines(settings, "period_start") == [(DAY,)]
