"""`selltrace contract …`: check and list the feeds."""

from __future__ import annotations

import typer

from orchestration.commands.console import OUT, WRONG_SETTING, print_json, print_rows
from orchestration.commands.state import settings
from orchestration.contracts.load import load_contracts

app = typer.Typer(help="The feeds: what each partner promises to send.", no_args_is_help=True)


@app.command()
def check(as_json: bool = typer.Option(False, "--json", help="for a script")) -> None:
    """Check every contract; report every mistake at once, with file, line and cure."""
    loaded = load_contracts(settings().contracts)
    rows = [
        {
            "severity": problem.severity,
            "file": problem.file,
            "line": problem.line,
            "message": problem.message,
            "cure": problem.cure,
        }
        for problem in loaded.problems
    ]
    if as_json:
        print_json([{**row, "file": str(row["file"])} for row in rows])
    else:
        for problem in loaded.problems:
            OUT.print(f"{problem.severity}: {problem}", markup=False, highlight=False, soft_wrap=True)
        OUT.print(f"{len(loaded.contracts)} contracts are right, {len(loaded.errors)} mistakes.", highlight=False)
    if loaded.errors:
        raise typer.Exit(WRONG_SETTING)


@app.command("list")
def list_contracts(as_json: bool = typer.Option(False, "--json", help="for a script")) -> None:
    """List the feeds."""
    rows = [
        {
            "contract": contract.id,
            "version": contract.version,
            "status": contract.status,
            "kind": contract.kind_name,
            "partner": contract.partner,
            "delivery": contract.delivery,
            "every": f"{contract.frequency.value} {contract.frequency.unit}" if contract.frequency else None,
            "path": contract.server.path,
            "owner": contract.owner,
        }
        for contract in load_contracts(settings().contracts).contracts
    ]
    print_rows("Contracts", rows, as_json)
