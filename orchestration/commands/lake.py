"""`selltrace lake …`: keep the lake quick to read."""

from __future__ import annotations

import typer

from orchestration.commands.console import ERR, OUT, fail, print_rows
from orchestration.commands.state import settings
from orchestration.lock import writing

app = typer.Typer(help="The lake: what is kept of every delivery.", no_args_is_help=True)


@app.callback()
def lake() -> None:
    """The lake: what is kept of every delivery."""


@app.command()
def compact(as_json: bool = typer.Option(False, "--json", help="for a script")) -> None:
    """Merge the raw lines of many small deliveries into few files; no figure changes."""
    from orchestration.lake.compact import WORTH_DELIVERIES, compact
    from orchestration.lake.packs import WouldDiffer

    try:
        with writing(settings(), ERR.print):
            done = compact(settings())
    except WouldDiffer as error:
        fail(str(error))
    if not done and not as_json:
        OUT.print(
            f"Nothing to do: no kind has {WORTH_DELIVERIES} small deliveries that are not packed.", highlight=False
        )
        return
    print_rows("Packed", [vars(one) for one in done], as_json)
