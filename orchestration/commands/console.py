"""How the command line speaks: tables, plain JSON for scripts, and short errors with their exit code.

Belongs here: printing. Does not belong here: anything about sales.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

import typer
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

#: nothing went wrong · a contract or setting is wrong · stopped by an invariant, the former release stands ·
#: the release is out, and PostgreSQL does not hold it
OK, WRONG_SETTING, STOPPED, BEHIND = 0, 2, 3, 4
#: what shells say of a process that an interrupt ended
INTERRUPTED: Final = 130

#: columns that people copy from: others break their lines first
_WHOLE = {"release_id", "delivery", "partner", "partner_id"}
#: rows that a person reads of a long table; drawing a hundred thousand takes a minute
_READ: Final = 100
#: what is not a terminal gets room for the widest table
_ROOM = None if sys.stdout.isatty() else 120
OUT = Console(width=_ROOM)
ERR = Console(stderr=True)
Row = Mapping[str, Any]


def print_rows(title: str, rows: Sequence[Row], as_json: bool = False, in_full: str | None = None) -> None:
    """Print rows as a table with the keys of the first as header, or as JSON.

    `in_full` names what tells all of them: the table then ends after as many as a person reads.
    """
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        OUT.print(f"{title}: none")
        return
    left = max(len(rows) - _READ, 0) if in_full else 0
    rows = rows[: len(rows) - left]
    table = Table(title=title, title_justify="left", header_style="bold")
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    for name in names:
        numeric = any(isinstance(row[name], int | float) and not isinstance(row[name], bool) for row in rows)
        whole = name in _WHOLE or any(isinstance(row[name], datetime) for row in rows)
        side: JustifyMethod = "right" if numeric else "left"
        table.add_column(str(name).replace("_", " "), justify=side, overflow="fold", no_wrap=whole)
    for row in rows:
        # names of files and messages may hold brackets, which are no markup
        table.add_row(*(escape(_cell(row[name])) for name in names))
    OUT.print(table)
    if left:
        OUT.print(f"and {left:,} more: {in_full}", highlight=False)


def print_json(content: Any) -> None:
    """Print content for a script to read."""
    typer.echo(json.dumps(content, indent=1, default=str))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(value)


def shown_path(path: Path) -> str:
    """A path as short as it can be written from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def fail(message: str, code: int = WRONG_SETTING) -> NoReturn:
    """End with a message on standard error."""
    ERR.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def heed_interrupts() -> None:
    """Take SIGINT and SIGTERM for an interrupt, also in what a script starts in its background, which ignores SIGINT;
    Dagster does with SIGTERM what it does with that."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress line on standard error, gone when the work is done; none where nobody sees it move."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as bar:
        yield bar
