"""Workbooks: where the header is found, and which rows belong to which table."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orchestration.contracts.model import Mapping
from orchestration.ingest.xlsx.lines import columns_of
from orchestration.ingest.xlsx.tables import Table
from orchestration.settings import Settings
from tests.unit.ingest.feeds import SELL_OUT, lines, quarantine
from tests.unit.ingest.workbooks import DAY, HEADER, Rows, Shown, counts, take, workbook

BLANK: list[Any] = [None]
CURE = "correct `physicalName` in the contract, or ask the partner to send it again"
A, B, C = (["A", DAY, 1, 1], ["B", DAY, 2, 2], ["C", DAY, 3, 3])


def codes(settings: Settings) -> list[tuple[int, str]]:
    return lines(settings, "line_number, product_code")  # type: ignore[return-value]


def test_the_header_is_found_below_titles_and_blank_rows(settings: Settings) -> None:
    def decorate(book: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 0, 3, "Ventes de la semaine", book.add_format({"bold": True}))
        sheet.merge_range(4, 1, 5, 3, "janvier")

    rows = [BLANK, ["édité le 07/01/2025"], BLANK, BLANK, BLANK, BLANK, HEADER, A]
    entry = take(settings, workbook(rows, change=decorate))
    assert counts(entry) == (1, 1, 0, 0)
    assert codes(settings) == [(8, "A")]


def test_columns_stand_in_any_order_among_others(settings: Settings) -> None:
    rows = [["Pays", "CA", "Qté", "Note", "Jour", "Code"], ["FR", 1.5, 2, None, DAY, "A"]]
    take(settings, workbook(rows))
    assert lines(settings, "product_code, period_start, units, amount") == [("A", DAY, Decimal(2), Decimal("1.5"))]


def test_names_of_the_header_may_be_broken_or_padded(settings: Settings) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="amount", physical_name="CA TTC"))
    take(settings, workbook([[" Code ", "Jour\u00a0", "Qté", "CA\nTTC"], A]), mappings=mappings)
    assert lines(settings, "amount") == [(Decimal(1),)]


def test_a_number_may_name_a_column(settings: Settings) -> None:
    mappings = (*SELL_OUT[:2], Mapping(name="units", physical_name="2025"))
    take(settings, workbook([["Code", "Jour", 2024, 2025], ["A", DAY, 7, 8]]), mappings=mappings)
    assert lines(settings, "units") == [(Decimal(8),)]


def test_a_column_that_differs_in_case_only_is_another(settings: Settings) -> None:
    take(settings, workbook([["CODE", "Code", "Jour", "Qté", "CA", "ca"], ["X", "A", DAY, 1, 2, 4]]))
    assert lines(settings, "product_code, amount") == [("A", Decimal(2))]


def test_rows_to_skip_are_not_looked_at(settings: Settings) -> None:
    entry = take(settings, workbook([HEADER, A, ["x", "y"], HEADER, B]), {"skip_rows": 3})
    assert counts(entry) == (1, 1, 0, 0)
    assert codes(settings) == [(5, "B")]


def test_a_table_above_ours_is_out_of_scope_and_counted(settings: Settings) -> None:
    rows = [["Magasins"], ["Magasin", "Ville"], ["M1", "Lyon"], ["M2", "Nice"], BLANK, ["Ventes"], HEADER, A]
    entry = take(settings, workbook(rows))
    assert counts(entry) == (4, 1, 3, 0)


def test_tables_of_ours_are_each_read_by_their_own_header(settings: Settings) -> None:
    rows = [HEADER, A, BLANK, ["Jour", "Code", "Remise", "CA", "Qté"], [DAY, "B", 0.5, 5, 2], HEADER, C]
    entry = take(settings, workbook(rows), where="Remise is null or Remise = '0,5'")
    assert counts(entry) == (3, 3, 0, 0)
    assert lines(settings, "line_number, product_code, units, amount") == [
        (2, "A", Decimal(1), Decimal(1)),
        (5, "B", Decimal(2), Decimal(5)),
        (7, "C", Decimal(3), Decimal(3)),
    ]


def test_columns_of_two_tables_that_differ_in_case_only_are_one(settings: Settings) -> None:
    rows = [[*HEADER, "Pays"], [*A, "FR"], [*B, "BE"], ["PAYS", *HEADER], ["FR", *C]]
    entry = take(settings, workbook(rows), where="Pays = 'FR'")
    assert counts(entry) == (3, 2, 1, 0)
    assert codes(settings) == [(2, "A"), (5, "C")]
    assert columns_of([Table(1, 1, {"Code": 0, "Pays": 1}), Table(5, 5, {"PAYS": 0, "Code": 1})]) == ["Code", "Pays"]


STOCK = [["Stock par magasin"], ["Magasin", "Responsable", "Unités"], ["M1", "Anne", 5], ["M2", "Luc", 6]]
APART = [["Responsable", None, None, None, "Ville"], ["Anne", None, None, None, "Lyon"], ["Luc", *BLANK * 3, "Nice"]]
OPENED = [["Magasin", "Ouvert le", "Responsable"], ["M1", DAY, "Anne"]]
SMALL = [["Magasin", "Lignes", "Unités"], ["M1", 12, 340]]
STAFF = [["Responsable", "Téléphone"], ["Anne", "01"], ["Luc", "02"]]


@pytest.mark.parametrize(
    ("rows", "wanted", "read"),
    [
        pytest.param([HEADER, A, BLANK, *STOCK, BLANK, HEADER, B], (6, 2, 4, 0), [(2, "A"), (10, "B")], id="titled"),
        pytest.param([HEADER, A, *STOCK], (5, 1, 4, 0), [(2, "A")], id="titled without a gap"),
        pytest.param([HEADER, A, BLANK, *STOCK[1:]], (4, 1, 3, 0), [(2, "A")], id="without a title"),
        pytest.param([HEADER, A, BLANK, *STAFF], (4, 1, 3, 0), [(2, "A")], id="narrow, of texts"),
        pytest.param([HEADER, A, BLANK, *APART], (4, 1, 3, 0), [(2, "A")], id="texts under none of our figures"),
        pytest.param([HEADER, A, BLANK, *OPENED], (3, 1, 2, 0), [(2, "A")], id="dates where ours stand"),
        pytest.param([HEADER, A, BLANK, *SMALL], (3, 1, 2, 0), [(2, "A")], id="numbers where ours stand"),
        pytest.param([HEADER, A, BLANK, *STOCK, BLANK, *STAFF], (8, 1, 7, 0), [(2, "A")], id="two tables of others"),
        pytest.param(
            [HEADER, A, BLANK, *STOCK, BLANK, ["Suite"], HEADER, B],
            (7, 2, 5, 0),
            [(2, "A"), (11, "B")],
            id="a title above ours",
        ),
        pytest.param([HEADER, [*A, None, "FR", 3], [None] * 5 + ["BE", 4]], (2, 1, 1, 0), [(2, "A")], id="beside ours"),
    ],
)
def test_tables_of_others_are_out_of_scope_and_counted(
    settings: Settings, rows: Rows, wanted: tuple[int, ...], read: list[tuple[int, str]]
) -> None:
    entry = take(settings, workbook(rows))
    assert counts(entry) == wanted
    assert codes(settings) == read


#: a line of ours that does not cast: it neither proves nor rules out that the rows above it are ours
SPOILT = ["D", "demain", "n/c 3", None]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([A, BLANK, ["B", "inconnu", "n/c 2", None], SPOILT], id="a figure under one of our columns"),
        pytest.param([A, BLANK, ["B12", "inconnu", "n/c", None], SPOILT], id="a code under one of our columns"),
        pytest.param([A, BLANK, ["B", "-", "--", None], SPOILT], id="dashes"),
        pytest.param([A, BLANK, ["B", "#N/A", "#REF!", None], SPOILT], id="errors"),
        pytest.param([A, BLANK, ["TOTAL", "TOTAL", "TOTAL", None], SPOILT], id="one text all over"),
        pytest.param([A, ["Magasin", "Responsable", "Unités"], SPOILT], id="right below a line of ours"),
        pytest.param([A, BLANK, ["Total", "hors taxe", None, None], BLANK, SPOILT], id="above a blank row"),
        pytest.param([A, BLANK, SPOILT, ["Total", "hors taxe", None, None]], id="at the end"),
    ],
)
def test_a_row_of_texts_that_may_be_ours_starts_no_other_table(settings: Settings, rows: Rows) -> None:
    assert counts(take(settings, workbook([HEADER, *rows]))) == (3, 1, 0, 2)


@pytest.mark.parametrize(
    ("row", "below"),
    [
        pytest.param(["Gamme", None, None, None, "Hiver"], C, id="a band"),
        pytest.param(["Gamme", "du jour", "en unités", "en euros"], C, id="names"),
        pytest.param(
            ["Gamme", "du jour", "en unités", None], ["C", "06/01/2025", "1 234", None], id="lines kept as text"
        ),
        pytest.param(["Gamme", "du jour", "en unités", None], ["C", 45663, "(12)", None], id="counts of days"),
    ],
)
def test_no_other_table_starts_above_a_row_that_fits_ours(settings: Settings, row: list[Any], below: list[Any]) -> None:
    entry = take(settings, workbook([HEADER, A, BLANK, row, SPOILT, below]))
    assert entry.lines_out_of_scope == 0
    assert quarantine(settings, "line_number") == [(4,), (5,)]


def test_lines_of_texts_only_are_not_taken_for_another_table(settings: Settings) -> None:
    mappings = (
        Mapping(name="product_id", physical_name="Code", primary_key=True),
        Mapping(name="product_name", physical_name="Nom"),
    )
    rows = [["Code", "Nom"], ["A", "Alpha"], BLANK, ["B", "Bêta"], ["C", "Gamma"]]
    entry = take(settings, workbook(rows), kind_name="products", mappings=mappings, delivery="snapshot", partner=None)
    assert counts(entry) == (3, 3, 0, 0)


def test_a_table_of_one_column_has_lines_of_one_cell(settings: Settings) -> None:
    mappings = (Mapping(name="product_code", physical_name="Code", primary_key=True),)
    defaults = {"period_start": "2025-01-06", "units": "1"}
    entry = take(
        settings, workbook([["Code"], ["A"], BLANK, ["B"], ["Code"], ["C"]]), mappings=mappings, defaults=defaults
    )
    assert counts(entry) == (3, 3, 0, 0)


def test_a_column_that_is_missing_sets_every_line_aside_and_says_what_came(settings: Settings) -> None:
    rows = [["Export"], ["Code", "Jour", "Quantité", "CA", "Pays"], A, BLANK, B]
    entry = take(settings, workbook(rows))
    reason = f"the header lacks Qté (instead of it Quantité?); it reads: Code;Jour;Quantité;CA;Pays; {CURE}"
    assert counts(entry) == (2, 0, 0, 2)
    assert quarantine(settings, "line_number, reason_code, reason, raw_line") == [
        (3, "header", reason, "A;2025-01-06;1;1"),
        (5, "header", reason, "B;2025-01-06;2;2"),
    ]


def test_several_columns_that_are_missing_are_all_named(settings: Settings) -> None:
    take(settings, workbook([["Code", "Date du jour", "Volume", "CA"], A]))
    [(reason,)] = quarantine(settings, "reason")
    header = "Code;Date du jour;Volume;CA"
    assert reason == f"the header lacks Jour (instead of it Date du jour?), Qté; it reads: {header}; {CURE}"


@pytest.mark.parametrize(
    ("header", "lacks"),
    [
        (
            ["Code", "Jour", "Qté", "Qté", "CA"],
            "Qté (it stands 2 times: map `Qté 3` or `Qté 4`); it reads: Code;Jour;Qté 3;Qté 4;CA",
        ),
        (
            ["CODE", "Jour", "Qté", "ca"],
            "Code (instead of it CODE?), CA (instead of it ca?); it reads: CODE;Jour;Qté;ca",
        ),
    ],
)
def test_a_header_is_told_as_it_reads_and_of_two_alike_none_is_taken(
    settings: Settings, header: list[str], lacks: str
) -> None:
    take(settings, workbook([header, A]))
    assert quarantine(settings, "reason") == [(f"the header lacks {lacks}; {CURE}",)]


def test_of_two_columns_alike_the_contract_names_one_by_its_place(settings: Settings) -> None:
    mappings = (*SELL_OUT[:2], Mapping(name="units", physical_name="Qté 4"))
    take(settings, workbook([["Code", "Jour", "Qté", "Qté"], ["A", DAY, 1, 2]]), mappings=mappings)
    assert lines(settings, "units") == [(2,)]


def test_a_header_of_very_many_columns_is_not_told_in_full(settings: Settings) -> None:
    take(settings, workbook([["Code", "Jour", "CA", *(f"Indicateur {place}" for place in range(100))], A]))
    [(reason,)] = quarantine(settings, "reason")
    assert "Indicateur 1;" in reason
    assert len(reason) < 500


def test_a_condition_on_a_missing_column_rejects_the_delivery_rather_than_leaving_all_lines_out(
    settings: Settings,
) -> None:
    entry = take(settings, workbook([["Code", "Jour", "Quantité", "CA"], A]), where="Qté <> '0'")
    assert (entry.rejected_reason or "").startswith("the header lacks Qté (instead of it Quantité?)")


def test_a_whole_header_further_down_or_on_another_sheet_wins_over_one_that_lacks_columns(settings: Settings) -> None:
    close = ["Code", "Jour", "Quantité", "CA"]
    take(settings, workbook({"Objectifs": [close, C], "Ventes": [close, B, HEADER, A]}))
    assert codes(settings) == [(4, "A")]


@pytest.mark.parametrize("rows", [[], [["Date", "Article", "Volume", "Montant"], A], [A, B], [["Code", None, None]]])
def test_a_sheet_without_anything_like_our_header_rejects_the_delivery(settings: Settings, rows: Rows) -> None:
    entry = take(settings, workbook(rows))
    assert entry.rejected_reason == (
        "no row of the sheet Ventes holds the columns Code, Jour, Qté, CA; "
        "correct `sheet` or the columns in the contract"
    )
    assert quarantine(settings) == [(1, "header")]


def test_a_header_alone_is_a_delivery_of_no_lines(settings: Settings) -> None:
    assert counts(take(settings, workbook([HEADER]))) == (0, 0, 0, 0)


def test_a_count_of_days_in_a_second_table_is_read_in_its_own_place(settings: Settings) -> None:
    rows = [HEADER, A, ["Qté", "Code", "Jour", "CA"], [45663, "B", 45663, Shown(1, "0.00")]]
    take(settings, workbook(rows))
    assert lines(settings, "product_code, period_start, units")[1] == ("B", DAY, Decimal(45663))
