"""`selltrace release …`."""

from __future__ import annotations

from dataclasses import asdict

import typer

from orchestration.commands import diff_rows, postgres
from orchestration.commands.console import ERR, OUT, STOPPED, fail, print_json, print_rows
from orchestration.commands.run import held_rows
from orchestration.commands.state import settings
from orchestration.lock import writing
from orchestration.publish import diff as comparing
from orchestration.publish import releases
from orchestration.publish import rollback as going_back
from orchestration.publish.errors import UnknownRelease
from orchestration.publish.manifest import summary
from orchestration.publish.tables import FACTS

app = typer.Typer(help="What was published, and going back.", no_args_is_help=True)


@app.command("list")
def list_releases(as_json: bool = typer.Option(False, "--json", help="for a script")) -> None:
    """List the releases that are kept, newest first."""
    print_rows("Releases", [asdict(entry) for entry in releases.list_releases(settings())], as_json)


@app.command()
def show(
    release_id: str | None = typer.Argument(None, help="the current one, if not given"),
    as_json: bool = typer.Option(False, "--json", help="for a script"),
) -> None:
    """Show what a release holds, what it holds back and why."""
    try:
        manifest = releases.show_release(settings(), release_id)
    except UnknownRelease as error:
        fail(str(error))
    if as_json:
        print_json(summary(manifest))
        return
    tables = [{"table": name, "rows": table.rows} for name, table in manifest.tables.items()]
    print_rows(f"Release {manifest.release_id}, as of {manifest.as_of:%Y-%m-%d %H:%M} UTC", tables)
    sums = [
        {"table": name, "column": column, "sum": f"{total:,}"}
        for name, table in manifest.tables.items()
        if name in FACTS
        for column, total in table.sums.items()
    ]
    print_rows("Totals of the facts", sums)
    lines = [{"kind": name, **line.model_dump()} for name, line in manifest.reconciliation.items()]
    print_rows("Lines: published = accepted - held back + carried", lines)
    in_full = "`selltrace release show --json`"
    print_rows("Held back", held_rows(manifest), in_full=in_full)
    marked = [
        {**row, "weeks": f"{len(row['weeks'])}, first {min(row['weeks'])}", "waived": row["waived"] or None}
        for row in summary(manifest)["marked"]
    ]
    print_rows("Marked by a warning or a waiver", marked, in_full=in_full)


@app.command("diff")
def diff_releases(
    older: str | None = typer.Argument(None, help="the one before, if not given"),
    newer: str | None = typer.Argument(None, help="the current one, if not given"),
    weeks: bool = typer.Option(False, "--weeks", help="every week by itself"),
    as_json: bool = typer.Option(False, "--json", help="for a script: every week"),
) -> None:
    """What changed between two releases, for whom, and why."""
    try:
        found = comparing.diff(settings(), older, newer)
    except UnknownRelease as error:
        fail(str(error))
    if as_json:
        print_json({**asdict(found), "adds_up": found.adds_up})
    else:
        print_rows(f"Tables that differ from {found.older} to {found.newer}", diff_rows.tables(found))
        print_rows("Facts: what changed, for whom, and why", diff_rows.changes(found, weeks))
    if not found.adds_up:
        fail(f"The changes do not add up to the totals of {', '.join(found.gaps())}: a file is damaged.", STOPPED)


@app.command()
def rollback(
    release_id: str | None = typer.Argument(None, help="the one before the current, if not given"),
    pin: bool = typer.Option(False, "--pin", help="later runs leave it current"),
) -> None:
    """Make a former release current, by one rename."""
    try:
        with writing(settings(), ERR.print):
            done = going_back.rollback(settings(), release_id, pin)
    except UnknownRelease as error:
        fail(str(error))
    pinned = ", pinned" if done.is_pinned else "; the next run publishes again"
    OUT.print(f"{done.release_id} is current again{pinned} (was {done.former_release_id}).", highlight=False)
    postgres.bring_up_to_date()


@app.command()
def unpin() -> None:
    """Let the next run publish again after a pinned rollback."""
    with writing(settings(), ERR.print):
        was_pinned = going_back.unpin(settings())
    OUT.print("The next run publishes again." if was_pinned else "Nothing was pinned.")
