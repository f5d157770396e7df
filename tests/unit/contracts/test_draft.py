"""A contract drafted from a sample: what is guessed, and that the checker takes the draft."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.contracts.draft import NoDraft, draft, guess_columns
from orchestration.contracts.load import load_contracts

SAMPLE = "Code CIP;Libellé;Semaine du;Qté;CA TTC;Colonne libre\n3400930000001;Crème;13/01/2025;12;1 234,50;x\n"


def _write(folder: Path, text: str, encoding: str = "cp1252") -> Path:
    path = folder / "ventes.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_french_sample_becomes_a_draft_that_the_checker_takes(tmp_path: Path) -> None:
    text = draft(_write(tmp_path, SAMPLE), "pharma", "sell_out")
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "sell_out.odcs.yaml").write_text(text, encoding="utf-8")
    loaded = load_contracts(folder)
    assert loaded.errors == ()
    [contract] = loaded.contracts
    assert (contract.id, contract.status, contract.server.encoding) == ("pharma.sell_out", "draft", "cp1252")
    assert (contract.server.delimiter, contract.server.decimal) == (";", ",")
    assert {mapping.name: mapping.physical_name for mapping in contract.mappings} == {
        "product_code": "Code CIP",
        "label": "Libellé",
        "period_start": "Semaine du",
        "units": "Qté",
        "amount": "CA TTC",
    }
    [week] = [mapping for mapping in contract.mappings if mapping.name == "period_start"]
    assert week.date_format == "dd/MM/yyyy"
    assert "# not mapped: Colonne libre" in text


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


def test_no_column_is_used_twice() -> None:
    guesses = guess_columns("stock", ["Date", "Stock", "EAN"])
    assert {(guess.name, guess.physical_name) for guess in guesses} == {
        ("snapshot_date", "Date"),
        ("on_hand_units", "Stock"),
        ("product_code", "EAN"),
    }


def test_no_draft_says_why(tmp_path: Path) -> None:
    with pytest.raises(NoDraft, match="unknown kind sales"):
        draft(_write(tmp_path, SAMPLE), "shop", "sales")
    with pytest.raises(NoDraft, match="cannot be read"):
        draft(tmp_path / "nowhere.csv", "shop", "sell_out")
