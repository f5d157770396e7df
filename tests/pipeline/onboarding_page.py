"""`docs/onboard_a_partner.md` as a home: its samples and contracts are the code blocks that name a file.

Belongs here: reading the page, writing its files, filling in what commands print. Does not belong here: what is true of
the outcome.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import xlsxwriter

from orchestration.settings import CHECKOUT

PAGE = CHECKOUT / "docs" / "onboard_a_partner.md"
_BLOCK = re.compile(r"```(\w+) ([^\n]+)\n(.*?)```\n", re.DOTALL)


def write_home(home: Path) -> None:
    """Write every sample below `landing/` and every contract below `contracts/`."""
    for language, named, content in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if named.startswith("selltrace "):
            continue
        name, _, word = named.partition(" ")
        target = home / (name if name.startswith("contracts/") else f"landing/{name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        if language == "xlsx":
            _write_workbook(target, word.partition("=")[2], content)
        else:
            target.write_bytes(content.encode(word.partition("=")[2] or "utf-8"))


def _write_workbook(target: Path, sheet_name: str, content: str) -> None:
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


def outputs() -> dict[str, str]:
    """What the page says that each command prints."""
    return {
        named: content
        for _, named, content in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
        if named.startswith("selltrace ")
    }


def rewrite(printed: Callable[[str], str]) -> None:
    """Put what commands print into the page."""
    page = PAGE.read_text(encoding="utf-8")

    def filled(block: re.Match[str]) -> str:
        language, named, content = block.groups()
        return f"```{language} {named}\n{printed(named) if named.startswith('selltrace ') else content}```\n"

    PAGE.write_text(_BLOCK.sub(filled, page), encoding="utf-8")
