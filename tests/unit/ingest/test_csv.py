"""CSV as partners print it: dialects, line numbers, and every line that does not fit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from orchestration.contracts.model import Mapping
from orchestration.settings import Settings
from tests.unit.ingest.feeds import SELL_OUT, deliver, lines, quarantine, sell_out_contract, take_in

HEADER = "Code;Jour;Qté;CA\n"
COMPUTED = """"Qté"::decimal(18, 4) * nullif(CA, '')::decimal(18, 6)"""


def test_french_dialect_reads_to_canonical_values(settings: Settings) -> None:
    text = "Export du 06/01/2025\n\n" + HEADER + "3400930000001;06/01/2025;1 234;12 345,60\n"
    deliver(settings, "shop/a.csv", text, "cp1252")
    entries = take_in(settings, sell_out_contract({"encoding": "cp1252", "skip_rows": 1}))
    assert [entry.lines_parsed for entry in entries] == [1]
    assert lines(settings, "line_number, product_code, period_start, units, amount") == [
        (4, "3400930000001", date(2025, 1, 6), Decimal(1234), Decimal("12345.60"))
    ]


@pytest.mark.parametrize(
    ("cell", "units"),
    [
        ("1\u00a0234", "1234"),
        ("1\u202f234,5", "1234.5"),
        ("(12)", "-12"),
        ("12-", "-12"),
        ("-3", "-3"),
        ("142049,0", "142049"),
    ],
)
def test_numbers_as_systems_print_them(settings: Settings, cell: str, units: str) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;{cell};\n")
    take_in(settings, sell_out_contract())
    assert lines(settings, "units, amount") == [(Decimal(units), None)]


def test_decimal_point_with_thousands_point(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;2;1.234,56\n")
    take_in(settings, sell_out_contract({"thousands": "."}))
    assert lines(settings, "amount") == [(Decimal("1234.56"),)]


def test_byte_order_mark_is_not_part_of_the_first_column(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", b"\xef\xbb\xbf" + f"{HEADER}A;06/01/2025;2;3\n".encode())
    take_in(settings, sell_out_contract())
    assert lines(settings, "product_code") == [("A",)]


def test_quotes_delimiters_and_line_breaks_inside_cells(settings: Settings) -> None:
    text = HEADER + '"A;1";06/01/2025;1;1\n"B ""x""";06/01/2025;2;1\n"C\nc";06/01/2025;3;1\nD;06/01/2025;4;1\n'
    deliver(settings, "shop/a.csv", text)
    take_in(settings, sell_out_contract())
    assert lines(settings, "line_number, product_code, units") == [
        (2, "A;1", Decimal(1)),
        (3, 'B "x"', Decimal(2)),
        (4, "C\nc", Decimal(3)),
        (6, "D", Decimal(4)),
    ]


def test_a_quote_without_partner_costs_its_own_line_only(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", f'{HEADER}"A;06/01/2025;1;1\nB;06/01/2025;2;1\n')
    take_in(settings, sell_out_contract())
    assert quarantine(settings) == [(2, "unbalanced_quotes")]
    assert lines(settings, "product_code") == [("B",)]


@pytest.mark.parametrize(
    "error", ["#N/A", "#NV", "#VALEUR!", "#nom?", "#BEZUG!", "#WERT!", "#¡VALOR!", "#¿NOMBRE?", "###", "########"]
)
def test_errors_of_spreadsheets_in_all_languages_are_no_codes(settings: Settings, error: str) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}{error};06/01/2025;1;1\n#1;06/01/2025;2;1\n##;06/01/2025;2;1\n")
    take_in(settings, sell_out_contract())
    assert quarantine(settings) == [(2, "spreadsheet_error")]
    assert lines(settings, "product_code") == [("#1",), ("##",)]


@pytest.mark.parametrize(
    ("line", "code", "reason"),
    [
        ("A;06/13/2025;1;1", "not_a_date", "period_start (Jour): 06/13/2025 is not a date written as dd/MM/yyyy"),
        ("A;06/01/2025;12,3,4;1", "not_a_number", "units (Qté): 12,3,4 is not a number with decimal mark ,"),
        ("A;06/01/2025;1;douze", "not_a_number", "amount (CA): douze is not a number with decimal mark ,"),
        (";06/01/2025;1;1", "missing_value", "product_code (Code): is blank, and every line needs it"),
        ("A;06/01/2025;;1", "missing_value", "units (Qté): is blank, and every line needs it"),
        ("A;06/01/2025;#REF!;1", "spreadsheet_error", "units (Qté): #REF! is an error of the spreadsheet"),
        ("A;06/01/2025;1", "ragged_line", "the line has 3 cells, the header has 4"),
        ("A;06/01/2025;1;1;1", "ragged_line", "the line has 5 cells, the header has 4"),
    ],
)
def test_a_line_that_does_not_fit_is_set_aside_with_its_reason(
    settings: Settings, line: str, code: str, reason: str
) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}{line}\nB;06/01/2025;2;1\n")
    [entry] = take_in(settings, sell_out_contract())
    found = quarantine(settings, "line_number, reason_code, reason, raw_line")
    assert found == [(2, code, reason, line)]
    assert (entry.lines_read, entry.lines_parsed, entry.lines_quarantined) == (2, 1, 1)


def test_a_code_written_as_a_formula_of_text_is_that_code(settings: Settings) -> None:
    rows = '="0012";06/01/2025;1;1\n"=""0013""";06/01/2025;1;1\n=A1;06/01/2025;1;1\n'
    deliver(settings, "shop/a.csv", f"{HEADER}{rows}")
    take_in(settings, sell_out_contract())
    assert lines(settings, "product_code") == [("0012",), ("0013",), ("=A1",)]


def test_a_content_or_a_rate_that_makes_figures_vanish_is_set_aside(settings: Settings) -> None:
    names = ("rate_date", "from_currency", "to_currency", "rate")
    mappings = tuple(Mapping(name=name, physical_name=name) for name in names)
    rows = "2025-01-06;USD;EUR;0\n2025-01-07;USD;EUR;-1\n2025-01-08;USD;EUR;0,9\n"
    deliver(settings, "shop/a.csv", f"{';'.join(names)}\n{rows}")
    take_in(settings, sell_out_contract(kind_name="exchange_rates", partner=None, mappings=mappings))
    assert quarantine(settings, "line_number, reason_code, reason") == [
        (2, "minimum", "rate: 0 is not above 0"),
        (3, "minimum", "rate: -1 is not above 0"),
    ]


def test_limits_pattern_and_enum_of_the_contract(settings: Settings) -> None:
    mappings = (
        Mapping(name="product_code", physical_name="Code", pattern="[0-9]+", primary_key=True),
        Mapping(name="period_start", physical_name="Jour", date_format="dd/MM/yyyy", primary_key=True),
        Mapping(name="units", physical_name="Qté", minimum=0, maximum=10),
        Mapping(name="currency", physical_name="CA", enum=("EUR", "CHF")),
    )
    rows = [
        "1;06/01/2025;5;EUR",
        "x;06/01/2025;5;EUR",
        "1;07/01/2025;-1;EUR",
        "1;08/01/2025;11;EUR",
        "1;09/01/2025;5;F",
    ]
    deliver(settings, "shop/a.csv", HEADER + "\n".join(rows))
    take_in(settings, sell_out_contract(mappings=mappings))
    assert quarantine(settings) == [(3, "pattern"), (4, "minimum"), (5, "maximum"), (6, "enum")]


def test_total_lines_are_out_of_scope_also_when_ragged(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;1;1\nTOTAL;;1\n")
    [entry] = take_in(settings, sell_out_contract(where="Code <> 'TOTAL'"))
    assert (entry.lines_read, entry.lines_parsed, entry.lines_out_of_scope, entry.lines_quarantined) == (2, 1, 1, 0)


def test_a_line_for_which_the_condition_is_unknown_is_out_of_scope(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;1;1\nB;06/01/2025;1;\nC;06/01/2025;1;x\n")
    [entry] = take_in(settings, sell_out_contract(where="CA::integer > 0"))
    assert (entry.lines_parsed, entry.lines_out_of_scope, entry.lines_quarantined) == (1, 2, 0)


def test_a_renamed_column_sets_every_line_aside_and_says_what_came(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", "Code;Jour;Quantité;CA\nA;06/01/2025;1;1\nB;06/01/2025;1;1\n")
    take_in(settings, sell_out_contract())
    found = quarantine(settings, "line_number, reason_code, reason")
    reason = (
        "the header lacks Qté (instead of it Quantité?); it reads: Code;Jour;Quantité;CA; "
        "correct `physicalName` in the contract, or ask the partner to send it again"
    )
    assert found == [(2, "header", reason), (3, "header", reason)]


def test_wrong_encoding_rejects_the_delivery_and_names_the_cure(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}é;06/01/2025;1;1\n", "cp1252")
    deliver(settings, "shop/b.csv", f"{HEADER}B;06/01/2025;1;1\n")
    entries = {entry.file_name: entry for entry in take_in(settings, sell_out_contract())}
    assert "correct `encoding` in the contract" in (entries["shop/a.csv"].rejected_reason or "")
    assert entries["shop/b.csv"].lines_parsed == 1
    assert quarantine(settings) == [(1, "encoding")]


def test_bad_bytes_below_the_header_reject_that_file_alone(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", HEADER.encode() + b"\xe9;06/01/2025;1;1\n")
    deliver(settings, "shop/b.csv", f"{HEADER}B;06/01/2025;1;1\n")
    entries = {entry.file_name: entry for entry in take_in(settings, sell_out_contract())}
    assert entries["shop/a.csv"].rejected_reason
    assert entries["shop/b.csv"].lines_parsed == 1


def test_a_line_of_control_characters_is_a_line(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}\x01A;06/01/2025;1;1\nB;06/01/2025;1;1\n")
    [entry] = take_in(settings, sell_out_contract())
    assert entry.lines_read == 2
    assert lines(settings, "line_number, product_code") == [(2, "\x01A"), (3, "B")]


def test_an_empty_file_is_rejected(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", "")
    [entry] = take_in(settings, sell_out_contract())
    assert entry.rejected_reason == "the file has no header line; ask the partner to send it again"


def test_defaults_fill_columns_that_the_file_lacks(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;1;1\n")
    take_in(settings, sell_out_contract(defaults={"location_code": "WEB", "period_end": "2025-01-12"}))
    assert lines(settings, "location_code, period_end") == [("WEB", date(2025, 1, 12))]


def test_an_expression_over_their_columns(settings: Settings) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="amount", transform_logic=COMPUTED))
    deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;3;2.5\nB;06/01/2025;3;x\nC;06/01/2025;3;\n")
    take_in(settings, sell_out_contract(mappings=mappings))
    assert lines(settings, "product_code, amount") == [("A", Decimal("7.5")), ("C", None)]
    assert quarantine(settings) == [(3, "expression")]


def test_two_digit_years_from_70_are_of_the_last_century(settings: Settings) -> None:
    mappings = (
        SELL_OUT[0],
        Mapping(name="period_start", physical_name="Jour", date_format="dd/MM/yy"),
        *SELL_OUT[2:],
    )
    deliver(settings, "shop/a.csv", f"{HEADER}A;01/02/69;1;1\nB;01/02/70;1;1\nC;01/02/25;1;1\n")
    take_in(settings, sell_out_contract(mappings=mappings))
    assert lines(settings, "period_start") == [(date(2069, 2, 1),), (date(1970, 2, 1),), (date(2025, 2, 1),)]


def test_an_iso_week_means_its_monday(settings: Settings) -> None:
    week = Mapping(name="period_start", physical_name="Jour", date_format="YYYY-'W'ww")
    deliver(settings, "shop/a.csv", f"{HEADER}A;2025-W07;1;1\n")
    take_in(settings, sell_out_contract(mappings=(SELL_OUT[0], week, *SELL_OUT[2:])))
    assert lines(settings, "period_start") == [(date(2025, 2, 10),)]
