"""A contract drafted from a sample: what is guessed, and that the checker takes the draft."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from orchestration.contracts.load import load_contracts
from orchestration.contracts.model import Contract
from orchestration.onboard.draft import draft
from orchestration.onboard.guess import guess_columns
from orchestration.onboard.sample import NoDraft, Sample

FRENCH = "Code CIP;Libellé;Semaine du;Qté;CA TTC;Colonne libre\n3400930000014;Crème;13/01/2025;12;1 234,50;x\n"


def _write(folder: Path, text: str, encoding: str = "utf-8", name: str = "ventes.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def _checked(folder: Path, text: str) -> Contract:
    """The draft as the checker reads it."""
    contracts = folder / "contracts"
    contracts.mkdir()
    (contracts / "draft.odcs.yaml").write_text(text, encoding="utf-8")
    loaded = load_contracts(contracts)
    assert loaded.errors == ()
    [contract] = loaded.contracts
    return contract


def _columns(contract: Contract) -> dict[str, str | None]:
    return {mapping.name: mapping.physical_name for mapping in contract.mappings}


def _date_format(contract: Contract, name: str) -> str | None:
    return next(mapping.date_format for mapping in contract.mappings if mapping.name == name)


def test_a_french_sample_becomes_a_draft_that_the_checker_takes(tmp_path: Path) -> None:
    text = draft(_write(tmp_path, FRENCH, "cp1252"), "pharma", "sell_out")
    contract = _checked(tmp_path, text)
    assert (contract.id, contract.status, contract.server.encoding) == ("pharma.sell_out", "draft", "cp1252")
    assert (contract.server.delimiter, contract.server.decimal, contract.server.thousands) == (";", ",", " ")
    assert _columns(contract) == {
        "product_code": "Code CIP",
        "label": "Libellé",
        "period_start": "Semaine du",
        "units": "Qté",
        "amount": "CA TTC",
    }
    assert _date_format(contract, "period_start") == "dd/MM/yyyy"
    assert (contract.period, contract.delivery) == ("week", "keyed")
    assert "# not mapped: Colonne libre, such as x" in text
    assert "100% of the sampled values are a CIP13" in text


def test_a_german_sample_with_a_preamble_in_utf16(tmp_path: Path) -> None:
    sample = (
        "Auswertung Filialen\nStand 01.02.2025\n\nFiliale|Artikelnummer|Datum|Menge|Umsatz\n"
        "12|4006381333931|14.01.2025|3|1.234,50\n12|4006381333931|15.01.2025|1|9,99\n"
        "12|4006381333948|15.01.2025|1|9,99\n"
    )
    contract = _checked(tmp_path, draft(_write(tmp_path, sample, "utf-16"), "markt", "sell_out"))
    server = contract.server
    assert (server.encoding, server.delimiter, server.decimal, server.thousands) == ("utf-16", "|", ",", ".")
    assert server.skip_rows in (2, 3)
    assert _columns(contract) == {
        "location_code": "Filiale",
        "product_code": "Artikelnummer",
        "period_start": "Datum",
        "units": "Menge",
        "amount": "Umsatz",
    }
    assert (_date_format(contract, "period_start"), contract.period) == ("dd.MM.yyyy", "day")


def test_a_spanish_stock_list(tmp_path: Path) -> None:
    sample = "Tienda;Código artículo;Fecha;Existencias\nT1;A-1;2025-01-12;4\nT1;A-2;2025-01-12;0\n"
    contract = _checked(tmp_path, draft(_write(tmp_path, sample), "tiendas", "stock"))
    assert _columns(contract) == {
        "location_code": "Tienda",
        "product_code": "Código artículo",
        "snapshot_date": "Fecha",
        "on_hand_units": "Existencias",
    }
    assert contract.key == ["location_code", "product_code", "snapshot_date"]


@pytest.mark.parametrize(
    ("header", "kind", "wanted"),
    [
        ("Dépôt;Code CIP;Date inventaire;Stock", "stock", "location_code product_code snapshot_date on_hand_units"),
        ("Lager;Artikelnummer;Stichtag;Bestand", "stock", "location_code product_code snapshot_date on_hand_units"),
        ("Laden;GTIN;Datum;Stück", "sell_out", "location_code product_code period_start units"),
        ("Sucursal;EAN;Fecha de venta;Importe con IVA;Unidades", "sell_out",
         "location_code product_code period_start amount units"),
        ("N° facture;Code article;Date facture;Qté facturée;UG", "sell_in",
         "document_id product_code document_date units free_units"),
    ],
)  # fmt: skip
def test_columns_are_known_by_what_systems_of_four_languages_call_them(
    tmp_path: Path, header: str, kind: str, wanted: str
) -> None:
    line = ";".join(["1", "A-1", "2025-01-12", "4", "5"][: header.count(";") + 1])
    contract = _checked(tmp_path, draft(_write(tmp_path, f"{header}\n{line}\n"), "p", kind))
    assert _columns(contract) == dict(zip(wanted.split(), header.split(";"), strict=True))


def test_a_column_is_known_by_what_it_holds(tmp_path: Path) -> None:
    sample = "Col A,Col B,Date,Qty\n010000123,3400930000014,2025-01-06,1\n010000131,3400930000021,2025-01-06,2\n"
    text = draft(_write(tmp_path, sample), "shop", "sell_out")
    columns = _columns(_checked(tmp_path, text))
    assert (columns["location_code"], columns["product_code"]) == ("Col A", "Col B")
    assert "are a FINESS" in text


def test_lines_that_repeat_are_events(tmp_path: Path) -> None:
    sample = "ean,date,qty\n1,2025-01-06,1\n1,2025-01-06,1\n"
    text = draft(_write(tmp_path, sample), "shop", "sell_out")
    assert "1 of 2 sampled lines repeat product_code, period_start" in text
    assert _checked(tmp_path, text).delivery == "append"


@pytest.mark.parametrize(
    ("dates", "period", "told"),
    [
        (["2025-06-02"], "week", "all 1 dates are Mondays"),
        (["2025-06-01", "2025-06-08"], "week", "all 2 dates are Sundays: name one of them in startsOn"),
        (["2025-06-08"], "day", "1 dates, not all of one weekday"),
        (["2025-06-01", "2025-06-09"], "day", "2 dates, not all of one weekday"),
    ],
)
def test_weeks_are_known_by_their_weekday(tmp_path: Path, dates: list[str], period: str, told: str) -> None:
    sample = _write(tmp_path, "ean,date,qty\n" + "".join(f"1,{day},1\n" for day in dates))
    text = draft(sample, "weeks", "sell_out")
    assert _checked(tmp_path, text).period == period
    assert told in text


def test_day_and_month_that_cannot_be_told_apart_are_said(tmp_path: Path) -> None:
    text = draft(_write(tmp_path, "ean,date,qty\n1,01/02/2025,1\n"), "shop", "sell_out")
    assert "as dd/MM/yyyy, and as MM/dd/yyyy too: ask the partner" in text


def test_a_file_without_a_header_asks_for_names(tmp_path: Path) -> None:
    sample = "".join(f"6000228{n}\tcomprimé\t340093000001{n}\t16/03/2011\n" for n in range(4))
    text = draft(_write(tmp_path, sample, "latin-1", "produits.txt"), "bdpm", "products")
    assert "the first line holds values: name the columns here" in text
    assert "property: header, value: [column 1, column 2, column 3, column 4]" in text


def test_what_is_needed_and_not_found_is_said(tmp_path: Path) -> None:
    text = draft(_write(tmp_path, "ean;date\n1;2025-01-06\n"), "shop", "sell_out")
    assert "# needed and not found: units" in text


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy (select '1' as sku, date '2025-01-06' as week, 3 as quantity) to '{path}'")
    text = draft(path, "shop", "sell_out")
    assert "format: parquet" in text
    assert "physicalName: quantity" in text
    assert "logicalTypeOptions" not in text


def test_a_workbook_with_titles_above_its_header(tmp_path: Path) -> None:
    path = tmp_path / "stock.xlsx"
    workbook = xlsxwriter.Workbook(str(path))
    workbook.add_worksheet("Notes").write(0, 0, "Qté, Code, Date: see the next sheet")
    sheet = workbook.add_worksheet("Stock S03")
    sheet.merge_range(0, 0, 0, 2, "Stock au 12/01/2025")
    for row, cells in enumerate([("Code EAN", "Date stock", "Stock"), (4006381333931, "12/01/2025", 7)], start=2):
        sheet.write_row(row, 0, cells)
    workbook.close()
    contract = _checked(tmp_path, draft(path, "shop", "stock"))
    assert (contract.server.format, contract.server.sheet) == ("xlsx", "Stock S03")
    assert _columns(contract) == {"product_code": "Code EAN", "snapshot_date": "Date stock", "on_hand_units": "Stock"}
    assert _date_format(contract, "snapshot_date") == "dd/MM/yyyy"


def test_the_list_of_a_json_document_that_holds_the_kind(tmp_path: Path) -> None:
    order = {
        "id": 1,
        "created_at": "2025-01-06T10:00:00+01:00",
        "customer": {"email": "a@example.com"},
        "tags": [{"name": "x"}],
        "line_items": [{"sku": "A", "quantity": 2, "price": "9.99"}, {"sku": "B", "quantity": 1, "price": "1.00"}],
    }
    path = _write(tmp_path, json.dumps({"orders": [order]}), name="orders.json")
    contract = _checked(tmp_path, draft(path, "shop", "sell_out"))
    assert contract.server.record_path == "$.orders[*].line_items"
    columns = _columns(contract)
    assert (columns["product_code"], columns["units"]) == ("sku", "quantity")
    assert columns["period_start"] == "$.orders.created_at"


def test_one_record_a_line_needs_no_path(tmp_path: Path) -> None:
    sample = '{"sku": "A", "date": "2025-01-06", "qty": 1}\n{"sku": "B", "date": "2025-01-06", "qty": 2}\n'
    contract = _checked(tmp_path, draft(_write(tmp_path, sample, name="a.ndjson"), "shop", "sell_out"))
    assert (contract.server.format, contract.server.record_path) == ("json", None)
    assert _columns(contract) == {"product_code": "sku", "period_start": "date", "units": "qty"}


def test_no_column_is_used_twice() -> None:
    sample = Sample("csv", ("Date", "Stock", "EAN"), (("2025-01-06", "4", "A"),))
    assert {(guess.name, guess.physical_name) for guess in guess_columns("stock", sample)} == {
        ("snapshot_date", "Date"),
        ("on_hand_units", "Stock"),
        ("product_code", "EAN"),
    }


@pytest.mark.parametrize(
    ("name", "content", "kind", "reason"),
    [
        ("a.csv", b"a;b\n1;2\n", "sales", "unknown kind sales"),
        ("a.csv", b"", "sell_out", "is empty"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00", "sell_out", "is an archive; unpack it"),
        ("a.json", b'{"a": [1, ', "sell_out", "neither a JSON document nor one record a line"),
        ("a.json", b'{\n"a": {"b": 1}, "c": [1]\n}', "sell_out", "holds no list of records"),
        ("a.parquet", b"PAR1nothing", "sell_out", "cannot be read as parquet"),
        ("a.edi", b"UNB+UNOC:3+a+b", "sell_out", "no line item of .* segment 1: UNB has no control reference"),
    ],
)
def test_no_draft_says_why(tmp_path: Path, name: str, content: bytes, kind: str, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(NoDraft, match=reason):
        draft(path, "shop", kind)


def test_a_sample_that_is_not_there_is_no_draft(tmp_path: Path) -> None:
    with pytest.raises(NoDraft, match="cannot be read: No such file"):
        draft(tmp_path / "nowhere.csv", "shop", "sell_out")
