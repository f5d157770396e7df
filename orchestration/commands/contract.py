"""`selltrace contract …`: check, list, try and draft the feeds."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from orchestration.commands.console import OUT, WRONG_SETTING, fail, print_json, print_rows, shown_path
from orchestration.commands.state import settings
from orchestration.contracts.load import load_contracts
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.trial import try_file
from orchestration.landing.budget import Refused
from orchestration.landing.bytes import newest_file
from orchestration.landing.sources import FileIsChanging, UnreadableServer
from orchestration.onboard.draft import draft
from orchestration.onboard.sample import NoDraft

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


@app.command("try")
def try_contract(
    contract_id: str,
    file: Path | None = typer.Option(None, help="a file; else the newest that has landed"),
    lines: int = typer.Option(5, help="lines shown"),
    as_json: bool = typer.Option(False, "--json", help="for a script"),
) -> None:
    """Show the first lines of a file as they would be ingested, and what would be set aside; nothing is kept."""
    contract = next((one for one in load_contracts(settings().contracts).contracts if one.id == contract_id), None)
    if contract is None:
        fail(f"no contract {contract_id} without mistakes; `selltrace contract check` shows them")
    try:
        with TemporaryDirectory() as work:
            found = (shown_path(file), file) if file else newest_file(settings(), contract, Path(work))
            if found is None:
                fail(f"no file matches {contract.server.path}; name one with --file")
            name, source = found
            trial = try_file(contract, source, lines)
    except (Unreadable, UnreadableServer, FileIsChanging, Refused, OSError) as problem:
        fail(f"{file or contract.server.path}: {problem}")
    if as_json:
        print_json(asdict(trial))
        return
    OUT.print(
        f"{name}: {trial.accepted:,} lines read, {trial.out_of_scope:,} out of scope, {trial.quarantined:,} set aside.",
        highlight=False,
        soft_wrap=True,
    )
    for remark in trial.remarks:
        OUT.print(f"The file says of itself: {remark}.", highlight=False, soft_wrap=True, markup=False)
    print_rows("As they would be ingested", trial.first_accepted)
    print_rows("Set aside", trial.first_quarantined)


@app.command("new")
def new_contract(
    sample: Path,
    partner: str = typer.Option(..., help="the partner that sends the feed"),
    kind: str = typer.Option(..., help="the record kind that the feed fills"),
) -> None:
    """Draft a contract from a sample of any format, on standard output, each guess with its evidence."""
    try:
        typer.echo(draft(sample, partner, kind), nl=False)
    except NoDraft as problem:
        fail(str(problem))
