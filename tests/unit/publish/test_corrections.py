"""A partner's workbook holds its own rows, as text that no program runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from small_warehouse import Build, release_of

from orchestration.publish.corrections import NOBODY, SHEETS, export_corrections
from orchestration.publish.errors import UnknownPartner
from orchestration.settings import Settings

GAP = {"partner_id": "acme", "contract_id": "c", "kind": "sell_out", "status": "missing"}
GAP |= {"period_start": "2025-01-06", "period_end": "2025-01-12"}


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    formulas = ["=1+1", "+1", "-1", "@x", "http://example.org", "007"]
    line = {"delivery_id": "acme_out", "contract_id": "c", "reason_code": "r", "reason": "units: mend it"}
    lines = [line | {"line_number": n, "raw_line": text} for n, text in enumerate(formulas, start=3)]
    weeks = {"partner_id": "acme", "location_id": None, "period_start": "2025-01-06", "period_end": "2025-01-12"}
    tables: dict[str, Any] = {
        "quarantine": lines,
        "unmatched_codes": [
            {"partner_id": "acme", "code": "00012", "code_type": "product", "lines": 2, "units": 3},
            {"partner_id": "b/olt", "code": "9", "code_type": "product", "lines": 1, "units": 1},
            {"partner_id": None, "code": "X", "code_type": "partner", "lines": 1, "units": 1},
        ],
        "delivery_calendar": [GAP],
        "missing_sell_out": [weeks | {"level": "partner"}, weeks | {"level": "product", "product_id": "P1"}],
    }
    release_of(settings, Build(tables=tables))
    export_corrections(settings, tmp_path / "out")
    return tmp_path / "out"


def rows(path: Path, sheet: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()[1:]


def test_each_partner_gets_its_own_rows(folder: Path) -> None:
    assert [row[1] for row in rows(folder / "acme.xlsx", "Unmatched codes")] == ["00012"]
    assert [row[1] for row in rows(folder / "b%2Folt.xlsx", "Unmatched codes")] == ["9"]
    assert rows(folder / "b%2Folt.xlsx", "Quarantined lines") == []
    titles = CalamineWorkbook.from_path(folder / "acme.xlsx").sheet_names
    assert titles == ["Read me", *(sheet.title for sheet in SHEETS)]


def test_text_as_sent_is_text(folder: Path) -> None:
    found = [row for path in folder.glob("*.xlsx") for row in rows(path, "Quarantined lines")]
    assert [row[4] for row in found] == ["=1+1", "+1", "-1", "@x", "http://example.org", "007"]
    assert [row[1] for row in found] == [3, 4, 5, 6, 7, 8]


def test_a_missing_delivery_is_told_once(folder: Path) -> None:
    found = rows(folder / "acme.xlsx", "Missing periods")
    assert sorted(row[0] for row in found) == ["delivery", "product"]
    assert found[0][5] == date(2025, 1, 6)


def test_a_code_of_no_known_partner_is_not_lost(folder: Path) -> None:
    assert [row[1] for row in rows(folder / f"{NOBODY}.xlsx", "Unmatched codes")] == ["X"]


def test_a_mistyped_partner_is_refused(settings: Settings, folder: Path) -> None:
    with pytest.raises(UnknownPartner, match="no partner acmee"):
        export_corrections(settings, folder, "acmee")
