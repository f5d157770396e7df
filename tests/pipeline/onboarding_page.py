"""How the files of `docs/onboard_a_partner.md` are written: samples into the landing zone, workbooks cell by cell."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import xlsxwriter

from tests.pipeline.pages import Block, write_text


def write_file(home: Path, block: Block) -> None:
    """Write a contract, or a sample below `landing/`."""
    if block.name.startswith("contracts/"):
        write_text(home, block)
    elif block.language == "xlsx":
        path, _, sheet = block.name.partition(" sheet=")
        _write_workbook(home / "landing" / path, sheet, block.content)
    else:
        write_text(home, replace(block, name=f"landing/{block.name}"))


def _write_workbook(target: Path, sheet_name: str, content: str) -> None:
    target.parent.mkdir(parents=True)
    workbook = xlsxwriter.Workbook(str(target), {"default_date_format": "dd/mm/yyyy"})
    sheet = workbook.add_worksheet(sheet_name)
    for row, line in enumerate(content.splitlines()):
        for column, cell in enumerate(line.split(" | ")):
            if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
                sheet.write_datetime(row, column, date.fromisoformat(cell))
            elif cell.isdigit():
                sheet.write_number(row, column, int(cell))
            elif cell:
                sheet.write_string(row, column, cell)
    workbook.close()
