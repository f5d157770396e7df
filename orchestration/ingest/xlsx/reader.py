"""Workbooks (.xlsx, .xlsm): the lines of one sheet; `line_number` is the row.

Which sheet: the one that `sheet` names exactly, hidden or not; else the one visible sheet whose name follows it as a
pattern (`Ventes*`); where the contract states none, the first visible sheet that holds a header of ours, and a remark
names later ones that do. Other kinds of spreadsheet (.xls, .xlsb, .ods) are refused.

Which rows: rows up to `skipRows` are not looked at. Above our first header a row of one cell is preamble, and is not
counted; a row of more is a line of another table. From there on every row that is not blank counts, hidden or not,
except headers of ours; rows of other tables, their headers, the title right above a later header, and rows without a
cell below our header are out of scope. The value of merged cells stands in the first of them, the others are blank.
The line as it came is the cells of the row as shown, joined by `;`.

Belongs here: choice of the sheet, the reader. Does not belong here: rows (`xlsx.lines`), the container
(`xlsx.workbook`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb
from python_calamine import CalamineSheet

from orchestration.contracts.model import Contract
from orchestration.ingest.relation import Reader, Unreadable
from orchestration.ingest.rows import rows_lines, rows_shape, write_rows
from orchestration.ingest.xlsx.cells import speller
from orchestration.ingest.xlsx.lines import columns_of, lines_of, missing_columns
from orchestration.ingest.xlsx.tables import Table, find_tables, wanted_of
from orchestration.ingest.xlsx.workbook import Sheet, Workbook, cells_of_sheet, open_workbook


@dataclass(frozen=True)
class _Found:
    sheet: Sheet
    cells: CalamineSheet
    tables: list[Table]

    @property
    def is_whole(self) -> bool:
        return bool(self.tables) and not self.tables[0].missing


def _plain(contract: Contract, source: Path, work: Path) -> Path:
    workbook = open_workbook(source)
    candidates = _candidates(contract, workbook)
    found = _sheet_with_header(contract, workbook, candidates, work)
    columns = columns_of(found.tables)
    target = work / f"{source.name}.parquet"
    rows = lines_of(contract, workbook.starts_1904, found.cells.iter_rows(), found.tables, columns)
    write_rows(target, columns, rows)
    others = candidates[candidates.index(found.sheet) + 1 :]
    _remarks_file(target).write_text(_remark(contract, workbook, found.sheet, others, work), encoding="utf-8")
    return target


def _remarks_file(plain: Path) -> Path:
    return plain.with_suffix(".remarks")


def _remarks(_connection: duckdb.DuckDBPyConnection, _contract: Contract, plain: Path) -> tuple[str, ...]:
    return tuple(_remarks_file(plain).read_text(encoding="utf-8").splitlines())


def _candidates(contract: Contract, workbook: Workbook) -> list[Sheet]:
    wanted = contract.server.sheet
    visible = [sheet for sheet in workbook.sheets if sheet.is_visible]
    if wanted is None:
        return visible
    if exact := [sheet for sheet in workbook.sheets if sheet.name == wanted]:
        return exact
    matching = [sheet for sheet in visible if fnmatchcase(sheet.name, wanted)]
    if len(matching) > 1:
        names = ", ".join(sheet.name for sheet in matching)
        raise Unreadable("sheet", f"the sheets {names} all follow `sheet` {wanted}; state one of them in the contract")
    if not matching:
        names = ", ".join(sheet.name for sheet in workbook.sheets)
        cure = "correct `sheet` in the contract"
        raise Unreadable("sheet", f"the workbook has no sheet {wanted}; it has: {names}; {cure}")
    return matching


def _sheet_with_header(contract: Contract, workbook: Workbook, candidates: Sequence[Sheet], work: Path) -> _Found:
    """The first sheet with a header of ours, else the first with one that comes close; broken ones are passed over."""
    close: Sheet | None = None
    problem: Unreadable | None = None
    for sheet in candidates:
        try:
            found = _look_for_header(contract, workbook, sheet, work)
        except Unreadable as unreadable:
            problem = problem or unreadable
            continue
        if found.is_whole:
            return found
        if found.tables and not close:
            close = sheet
    if problem:
        raise problem
    if close:
        found = _look_for_header(contract, workbook, close, work)
        _check_condition(contract, found.tables[0])
        return found
    names = ", ".join(sheet.name for sheet in candidates)
    where = f"of the sheet {names}" if names else "that people see"
    reason = f"no row {where} holds the columns {', '.join(wanted_of(contract).names.values())}"
    raise Unreadable("header", f"{reason}; correct `sheet` or the columns in the contract")


def _check_condition(contract: Contract, table: Table) -> None:
    """Refuse a header without the columns that the condition names: it would silently leave all lines out of scope."""
    condition = (contract.where or "").lower()
    if any(column.lower() in condition for column in table.missing):
        raise Unreadable("header", missing_columns(contract, table))


def _look_for_header(contract: Contract, workbook: Workbook, sheet: Sheet, work: Path) -> _Found:
    cells = cells_of_sheet(workbook, sheet, work)
    server = contract.server
    tables = find_tables(cells.iter_rows(), wanted_of(contract), speller(server.decimal), server.skip_rows)
    return _Found(sheet, cells, tables)


def _remark(contract: Contract, workbook: Workbook, chosen: Sheet, others: Sequence[Sheet], work: Path) -> str:
    """That sheets were left aside though they hold a header of ours too; empty if none does."""
    alike = []
    for sheet in others:
        with suppress(Unreadable):
            if _look_for_header(contract, workbook, sheet, work).is_whole:
                alike.append(sheet.name)
    if not alike:
        return ""
    names = ", ".join(alike)
    reason = f"the sheet {chosen.name} was read, and not {names} with the same columns"
    return f"{reason}; state `sheet` in the contract, or ask the partner for one sheet a workbook"


XLSX = Reader(_plain, rows_shape, rows_lines, remarks=_remarks)
