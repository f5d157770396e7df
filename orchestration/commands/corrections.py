"""`selltrace corrections`."""

from __future__ import annotations

from pathlib import Path

from orchestration.commands.console import fail, print_rows, shown_path
from orchestration.commands.state import settings
from orchestration.publish.corrections import export_corrections
from orchestration.publish.errors import UnknownPartner, UnknownRelease


def corrections(partner: str | None, out: Path) -> None:
    """Write the workbooks, and say where they are."""
    try:
        written = export_corrections(settings(), out, partner)
    except (UnknownPartner, UnknownRelease) as error:
        fail(str(error))
    print_rows("Corrections", [{"workbook": shown_path(path), "rows": rows} for path, rows in written.items()])
