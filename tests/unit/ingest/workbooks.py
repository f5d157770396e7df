"""Workbooks for tests: rows in, bytes out; and ways to write what no library writes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import xlsxwriter

from orchestration.contracts.model import Contract
from orchestration.landing.ledger import LedgerEntry
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, sell_out_contract, take_in

Rows = Sequence[Sequence[Any]]

HEADER = ["Code", "Jour", "Qté", "CA"]
DAY = date(2025, 1, 6)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@dataclass(frozen=True)
class Shown:
    """A number under a number format."""

    value: float
    number_format: str


@dataclass(frozen=True)
class Formula:
    """A formula and the value that the spreadsheet computed."""

    formula: str
    value: Any


def workbook(
    sheets: Mapping[str, Rows] | Rows,
    at: tuple[int, int] = (0, 0),
    change: Callable[[Any, Any], None] | None = None,
    **options: Any,
) -> bytes:
    """Sheets by name, or a lone one, Ventes; first cell at `at`; None: blank. `change` sees each workbook and sheet."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, **options})
    formats = {
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
    }
    for name, rows in (sheets if isinstance(sheets, Mapping) else {"Ventes": sheets}).items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows, start=at[0]):
            for column, cell in enumerate(cells, start=at[1]):
                match cell:
                    case None:
                        pass
                    case Shown():
                        sheet.write_number(row, column, cell.value, book.add_format({"num_format": cell.number_format}))
                    case Formula():
                        sheet.write_formula(row, column, cell.formula, None, cell.value)
                    case str():
                        sheet.write_string(row, column, cell)
                    case date():
                        sheet.write_datetime(row, column, cell, formats[type(cell)])
                    case _:
                        sheet.write(row, column, cell)
        if change:
            change(book, sheet)
    book.close()
    return content.getvalue()


def rewritten(content: bytes, edit: Callable[[bytes], bytes], part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The workbook with one part of its zip changed."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as read,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as write,
    ):
        for name in read.namelist():
            write.writestr(name, edit(read.read(name)) if name == part else read.read(name))
    return target.getvalue()


def raw_sheet(rows: str) -> bytes:
    """A workbook whose sheet Ventes has these rows, as XML, below our header in row 1."""
    head = "".join(
        f'<c r="{column}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for column, name in zip("ABCD", HEADER, strict=True)
    )
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{head}</row>{rows}</sheetData></worksheet>'
    return rewritten(workbook([["x"]]), lambda _: sheet.encode())


def xlsx_contract(server: dict[str, Any] | None = None, **words: Any) -> Contract:
    """The French sell-out feed, as workbooks."""
    return sell_out_contract({"path": "shop/*.xlsx", "format": "xlsx", **(server or {})}, **words)


def take(settings: Settings, content: bytes, server: dict[str, Any] | None = None, **words: Any) -> LedgerEntry:
    """Deliver one workbook and ingest it."""
    deliver(settings, "shop/a.xlsx", content)
    [entry] = take_in(settings, xlsx_contract(server, **words))
    return entry


def counts(entry: LedgerEntry) -> tuple[int, int, int, int]:
    """Lines read, parsed, out of scope, quarantined."""
    return entry.lines_read, entry.lines_parsed, entry.lines_out_of_scope, entry.lines_quarantined
