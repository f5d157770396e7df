"""`selltrace delivery …`: list deliveries, take one out of the figures, put it back."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from orchestration.commands.console import ERR, OUT, fail, print_rows
from orchestration.commands.state import settings
from orchestration.landing import ledger
from orchestration.lock import writing

app = typer.Typer(help="Deliveries: what came, and what must not count.", no_args_is_help=True)


@app.command("list")
def list_deliveries(
    contract: str = typer.Option("*", help="only of this contract"),
    as_json: bool = typer.Option(False, "--json", help="for a script"),
) -> None:
    """List deliveries, newest last."""
    withdrawn = ledger.withdrawals(settings())
    entries = sorted(ledger.ledger(settings(), contract).values(), key=lambda entry: entry.received_at)
    rows = [
        {
            "delivery": entry.delivery_id,
            "contract": entry.contract_id,
            "file": entry.file_name,
            "received_at": f"{entry.received_at:%Y-%m-%d %H:%M}",
            "lines_read": entry.lines_read,
            "quarantined": entry.lines_quarantined,
            "note": _note(entry, withdrawn.get(entry.delivery_id)),
        }
        for entry in entries
    ]
    print_rows("Deliveries", rows, as_json)


def _note(entry: ledger.LedgerEntry, withdrawal: ledger.Withdrawal | None) -> str | None:
    if withdrawal:
        return f"withdrawn: {withdrawal.reason}"
    resent = [f"same bytes as {entry.resent_of}"] if entry.resent_of else []
    return entry.rejected_reason or "; ".join([*resent, *entry.remarked]) or None


@app.command()
def withdraw(delivery_id: str, reason: str = typer.Option(..., help="why it must not count")) -> None:
    """Take a delivery out of the figures by the next run; what it superseded returns."""
    withdrawal = ledger.Withdrawal(delivery_id=delivery_id, reason=reason, withdrawn_at=datetime.now(UTC))
    try:
        with writing(settings(), ERR.print):
            ledger.withdraw(settings(), withdrawal)
    except KeyError:
        fail(f"no delivery {delivery_id}; `selltrace delivery list` shows them")
    OUT.print(f"{delivery_id} is withdrawn; the next run leaves it out.", highlight=False)


@app.command()
def restore(delivery_id: str) -> None:
    """Undo a withdrawal."""
    if delivery_id not in ledger.withdrawals(settings()):
        fail(f"{delivery_id} is not withdrawn")
    with writing(settings(), ERR.print):
        ledger.restore(settings(), delivery_id)
    OUT.print(f"{delivery_id} counts again from the next run.", highlight=False)
