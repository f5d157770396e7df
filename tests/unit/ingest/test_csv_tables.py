"""Several tables in one file: ours are read by their own headers, the others are counted and left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from orchestration.contracts.model import Contract, Mapping
from orchestration.ingest.ingest import open_ingest
from orchestration.settings import Settings
from tests.unit.ingest.csv_reading import read
from tests.unit.ingest.feeds import SELL_OUT, deliver, lines, sell_out_contract, take_in

SALES = """Code;Jour;Qté;CA
A;06/01/2025;1;1
B;06/01/2025;2;2
"""
PRODUCTS = (
    Mapping(name="product_id", physical_name="id", required=True, primary_key=True),
    Mapping(name="product_name", physical_name="nom", required=True),
    Mapping(name="brand", physical_name="marque"),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_ingest() as opened:
        yield opened


def products_contract() -> Contract:
    return sell_out_contract(id="shop.products", kind_name="products", mappings=PRODUCTS)


def test_another_table_below_ours_is_out_of_scope_with_its_title_and_header(settings: Settings) -> None:
    text = f"{SALES}\nStock au 31/12\nDépôt;Adresse\nParis;rue X\nLyon;rue Y\n"
    deliver(settings, "shop/a.csv", text)
    [entry] = take_in(settings, sell_out_contract())
    assert (entry.lines_read, entry.lines_parsed, entry.lines_out_of_scope, entry.lines_quarantined) == (6, 2, 4, 0)
    assert lines(settings, "line_number, product_code") == [(2, "A"), (3, "B")]


def test_our_table_goes_on_below_another_with_its_columns_elsewhere(connection: duckdb.DuckDBPyConnection) -> None:
    text = f"{SALES}\nStock\nDépôt;Adresse\nParis;rue X\n\nVentes 2\nCA;Lot;Qté;Jour;Code\n3,5;x;4;07/01/2025;C\n"
    outcome = read(connection, sell_out_contract(), text)
    assert outcome.numbers == ([2, 3, 11], [], [5, 6, 7, 9, 10])
    third = {"product_code": "C", "period_start": date(2025, 1, 7), "units": Decimal(4), "amount": Decimal("3.5")}
    assert outcome.accepted[11] == third


def test_a_header_that_each_page_repeats_is_no_line(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, sell_out_contract(), f"{SALES}{SALES}\nPage 3\n{SALES}")
    assert outcome.numbers == ([2, 3, 5, 6, 10, 11], [], [4, 8, 9])


def test_a_table_above_ours_is_out_of_scope(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, sell_out_contract({"skip_rows": 1}), f"Export\nDépôt;Ville\n12;Paris\n\n{SALES}")
    assert outcome.numbers == ([6, 7], [], [2, 3])


def test_a_table_of_our_width_is_told_by_names_that_it_shares(connection: duckdb.DuckDBPyConnection) -> None:
    stock = "Code;Jour;Stock;Valeur\nA;06/01/2025;7;7\n"
    assert read(connection, sell_out_contract(), SALES + stock).numbers == ([2, 3], [], [4, 5])
    renamed = "Produit;Date;Stock;Valeur\nA;06/01/2025;7;7\n"
    assert read(connection, sell_out_contract(), f"{SALES}\n{renamed}").numbers == ([2, 3], [], [5, 6])


def test_tables_that_a_spreadsheet_made_equally_wide(connection: duckdb.DuckDBPyConnection) -> None:
    text = (
        "Code;Jour;Qté;CA;\nA;06/01/2025;1;1;\n;;;;\nStock;;;;\nDépôt;Ville;;;\nParis Nord;Paris;;;\n;;;;\n"
        "Ventes;;;;\nCode;Jour;Qté;CA;\nB;06/01/2025;1;1;\n;;;;\n"
    )
    assert read(connection, sell_out_contract(), text).numbers == ([2, 10], [], [4, 5, 6, 8, 9])


def test_another_table_without_a_gap_is_told_by_its_width(connection: duckdb.DuckDBPyConnection) -> None:
    assert read(connection, sell_out_contract(), f"{SALES}Dépôt;Ville\nNord;Paris\n").numbers == ([2, 3], [], [4, 5])


@pytest.mark.parametrize(
    "stray",
    [
        "\nSous-total;Paris;;\n",  # a line of ours without figures, below a blank one
        "Total;général\n",
        "\nC;inconnu;?\n",
        "C;D\nE;F\n",  # two ragged lines that look like a header and its line
        "\nTotal\n",
        "\nfin\nC;D\nE;F\n",
    ],
)
def test_lines_that_do_not_fit_are_set_aside_where_lines_of_ours_follow(
    connection: duckdb.DuckDBPyConnection, stray: str
) -> None:
    rows = stray.strip("\n").count("\n") + 1
    outcome = read(connection, sell_out_contract(), f"{SALES}{stray}Z;06/01/2025;9;9\n")
    assert outcome.outside == []
    assert len(outcome.quarantined) == rows
    assert outcome.column("product_code") == ["A", "B", "Z"]


def test_of_a_feed_without_figures_ragged_lines_are_no_other_table(connection: duckdb.DuckDBPyConnection) -> None:
    text = "id;nom;marque\nP1;Crème;X\nP2;Savon;doux;X\nP3;Huile;douce;X\n"
    assert read(connection, products_contract(), text).numbers == ([2], [3, 4], [])
    text = "id;nom;marque\nP1;Crème;X\n\nP2;Savon;X\nP3;Huile;X\n"
    assert read(connection, products_contract(), text).numbers == ([2, 4, 5], [], [])


def test_of_a_feed_without_figures_another_table_stands_apart(connection: duckdb.DuckDBPyConnection) -> None:
    text = "id;nom;marque\nP1;Crème;X\n\nMagasins\nid;ville\nM1;Paris\n"
    assert read(connection, products_contract(), text).numbers == ([2], [], [4, 5, 6])


def test_headers_in_quotes_and_over_two_lines_are_headers(connection: duckdb.DuckDBPyConnection) -> None:
    header = '"Code";"Jour";"Qté\r\nvendue";CA\r\n'
    mappings = (*SELL_OUT[:2], Mapping(name="units", physical_name="Qté\nvendue"), SELL_OUT[3])
    text = f"{header}A;06/01/2025;1;1\r\n{header}B;06/01/2025;1;1\r\n"
    assert read(connection, sell_out_contract(mappings=mappings), text).numbers == ([3, 6], [], [4])


def test_files_of_one_header_are_told_apart(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", f"{SALES}\nDépôt;Ville\nNord;Paris\n")
    deliver(settings, "shop/b.csv", SALES.replace("A;", "C;"))
    first, second = sorted(take_in(settings, sell_out_contract()), key=lambda entry: entry.file_name)
    assert (first.lines_parsed, first.lines_out_of_scope) == (2, 2)
    assert (second.lines_parsed, second.lines_out_of_scope) == (2, 0)
