"""Look at a workbook: the sheet and the row whose cells are most like names of columns."""

from __future__ import annotations

from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from orchestration.contracts.kinds import KINDS
from orchestration.ingest.xlsx.workbook import open_workbook
from orchestration.onboard.names import likeness
from orchestration.onboard.sample import SAMPLE_LINES, NoDraft, Sample, ServerWord

_HEADER_ROWS = 60


def look_at_xlsx(sample: Path, kind: str) -> Sample:
    """The best header among the first rows of every visible sheet, and the rows below it."""
    visible = [sheet.name for sheet in open_workbook(sample).sheets if sheet.is_visible]
    best: tuple[int, str, int, list[list[Any]]] | None = None
    try:
        workbook = CalamineWorkbook.from_path(str(sample))
        for name in visible:
            rows = list(islice(workbook.get_sheet_by_name(name).iter_rows(), _HEADER_ROWS + SAMPLE_LINES))
            for number, row in enumerate(rows[:_HEADER_ROWS]):
                fit = _fit(row, kind)
                if fit and (best is None or fit > best[0]):
                    best = (fit, name, number, rows)
    except CalamineError as error:
        raise NoDraft(f"{sample} cannot be read as a workbook: {error}") from None
    if best is None:
        raise NoDraft(f"no row of {sample} looks like a header of {kind}; sheets: {', '.join(visible)}")
    fit, sheet, number, rows = best
    header = rows[number]
    places = [place for place, cell in enumerate(header) if isinstance(cell, str) and cell.strip()]
    lines = [tuple(_text(row[place]) if place < len(row) else None for place in places) for row in rows[number + 1 :]]
    words = (ServerWord("sheet", sheet, f"row {number + 1} of it names {fit} columns of {kind}"),)
    columns = tuple(str(header[place]).strip() for place in places)
    return Sample(
        "xlsx", columns, tuple(line for line in lines if any(line))[:SAMPLE_LINES], words=words, is_typed=True
    )


def _fit(row: list[Any], kind: str) -> int:
    names = [cell for cell in row if isinstance(cell, str) and cell.strip()]
    if len(names) < 2:
        return 0
    return sum(1 for column in KINDS[kind].columns if any(likeness(column, name) >= 0.75 for name in names))


def _text(cell: Any) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).strip() or None
