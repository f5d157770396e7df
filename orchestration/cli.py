"""selltrace: run the flow, look at what came of it, go back.

Belongs here: the commands and their options. What they print is in `commands`, what they do in the stages.
"""

from __future__ import annotations

from pathlib import Path

import typer

from orchestration.commands import contract, delivery, lake, release, run, state

app = typer.Typer(
    help="What the channel really sold, reconciled, gated, and traceable to the line it came from.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(contract.app, name="contract")
app.add_typer(delivery.app, name="delivery")
app.add_typer(lake.app, name="lake")
app.add_typer(release.app, name="release")

_JSON = typer.Option(False, "--json", help="for a script")


@app.callback()
def options(
    home: Path | None = typer.Option(None, help="landing zone, lake, warehouse, releases [SELLTRACE_HOME]"),
    contracts: Path | None = typer.Option(None, help="folder of the contracts [SELLTRACE_CONTRACTS]"),
) -> None:
    """Options of every command."""
    state.configure(home, contracts)


@app.command("run")
def run_command(
    as_of: str | None = typer.Option(None, help="the moment to take for now: 2025-01-06, or with a time"),
    as_json: bool = _JSON,
) -> None:
    """Ingest what is new, rebuild, gate, publish. Exit 0: published; 2: a contract is wrong; 3: an invariant failed;
    4: published, and PostgreSQL does not hold it yet."""
    run.run(as_of, as_json)


@app.command()
def status(as_json: bool = _JSON) -> None:
    """What is published, and whether there is news."""
    run.status(as_json)


@app.command()
def explain(
    table: str,
    where: list[str] = typer.Option(..., help="KEY=VALUE or several", metavar="KEY=VALUE"),
    column: str = typer.Option(..., help="the figure to explain"),
    lines: int = typer.Option(50, min=0, help="lines listed; the sum is over all"),
    as_json: bool = _JSON,
) -> None:
    """List the lines that a published figure counts, as they were sent, and those left out of it, with the reason."""
    from orchestration.commands import explain as explaining

    explaining.explain(table, where, column, lines, as_json)


@app.command()
def corrections(
    partner: str | None = typer.Option(None, help="only this partner"),
    out: Path = typer.Option(Path("corrections"), help="folder of the workbooks"),
) -> None:
    """Write a workbook for each partner: what to correct and send again, from the current release."""
    from orchestration.commands import corrections as workbooks

    workbooks.corrections(partner, out)


@app.command("as-of")
def as_of_command(
    moment: str = typer.Argument(metavar="DATE", help="2025-01-06 (its last second, UTC), or with a time"),
    table: str = typer.Argument(
        help="a published table, or stg_sell_in, stg_sell_out, stg_stock: lines with their class"
    ),
    where: list[str] = typer.Option([], help="only rows of this value", metavar="COLUMN=VALUE"),
    columns: str | None = typer.Option(None, help="only these, comma separated"),
    limit: int | None = typer.Option(None, min=0, help="rows given; by default 50 are shown, and all written"),
    output: Path | None = typer.Option(None, help="write to this .parquet or .csv"),
    as_json: bool = _JSON,
) -> None:
    """What was known at a moment: a table as the deliveries received by then make it, whatever was published."""
    from orchestration.commands import as_of as past

    past.as_of(moment, table, where, columns, past.Form(limit, output, as_json))


@app.command()
def demo(as_json: bool = _JSON) -> None:
    """Generate the demo market, run all of it, publish, and show the figures a brand manager asks first."""
    from orchestration.commands import demo as market

    market.demo(as_json)


@app.command()
def docs() -> None:
    """Build the dbt docs as one page into the current release."""
    from orchestration.commands import site

    site.docs()


@app.command()
def ui(port: int = typer.Option(3000, help="port on 127.0.0.1")) -> None:
    """Start Dagster's webserver and daemon on 127.0.0.1, until interrupted."""
    from orchestration.commands import ui as browser

    browser.ui(port)


def main() -> None:
    """Entry point of the command line."""
    app()
