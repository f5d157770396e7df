"""What was known at a moment: the tables as they come out of the deliveries that were received by then.

Belongs here: a scratch home that shares the lake of the real one, and the models built in it. Does not belong here:
what was published then (a release tells), or any rule on sales data: the models are those of a run.

Known is not published: nothing is held back or carried. Contracts, code and settings are today's, mappings and other
master data those received by then, withdrawals those made by then. Nothing of the home is written, and no lock is
needed: what deliveries brought does not change, unless a run reads one again, and then the answer is refused.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.contracts.kinds import KINDS
from orchestration.contracts.model import Contract
from orchestration.files import remove
from orchestration.gates.carry import carry
from orchestration.gates.verdicts import create_slices
from orchestration.lake.generations import generation_of
from orchestration.landing.ledger import LedgerEntry, ledger, withdrawals
from orchestration.lock import locked
from orchestration.publish.source import Source, source_of
from orchestration.publish.sql import text
from orchestration.publish.tables import TABLES, Table
from orchestration.settings import Settings
from orchestration.transform.control import write_control
from orchestration.transform.invoke import invoke_dbt
from orchestration.transform.suggestions import write_suggestions

_SCRATCH: Final = ".as-of-"

#: the model that shows suggestions for unmatched codes, and those that the suggestions are made from
_SUGGESTED: Final = "unmatched_codes"
_SUGGESTED_FROM: Final = ("unknown_codes", "stg_known_codes", "stg_products")

#: lines of every delivery with the class that each ended in; what was superseded stays to be asked for here
LINES: Final[dict[str, Table]] = {
    f"stg_{kind}": Table(
        name=f"stg_{kind}",
        relation=f"staging.stg_{kind}",
        grain="a line that was read, with its class",
        key=("delivery_id", "line_number"),
        columns={},
    )
    for kind in ("sell_in", "sell_out", "stock")
}

#: tables that can be asked for; verdicts are made by the gates of a run, and none is passed here
ASKED: Final[dict[str, Table]] = {name: table for name, table in TABLES.items() if name != "gate_verdicts"} | LINES


class CannotTell(Exception):
    """The question cannot be answered; the message says why, and what can be asked."""


@dataclass(frozen=True)
class Known:
    """What was known: a connection to the answer, which ends with it, and how many deliveries it is made of."""

    connection: duckdb.DuckDBPyConnection
    deliveries: int

    def source(self, table: Table) -> Source:
        """How to select a table: the columns that a release publishes of it, or all of a table of lines."""
        return source_of(self.connection, table, "")


def table_named(name: str) -> Table:
    """The table of that name. Raises CannotTell with the closest one."""
    if name in TABLES and name not in ASKED:
        raise CannotTell(
            f"{name} is made by the gates of a run, and nothing is judged here; the run's release holds it"
        )
    if name not in ASKED:
        raise CannotTell(unknown("table", name, ASKED))
    return ASKED[name]


def unknown(what: str, name: str, names: Sequence[str] | dict[str, Any]) -> str:
    """The words for a name that is not there: the closest one, or all."""
    close = get_close_matches(name, names, n=1)
    return f"there is no {what} {name}; " + (f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}")


@contextmanager
def known_at(
    settings: Settings, contracts: Sequence[Contract], as_of: datetime, tables: Sequence[Table]
) -> Iterator[Known]:
    """What was known at `as_of` (UTC), in `tables`, until the block ends.

    Raises CannotTell where nothing was ingested yet, where a model fails, or where a run read deliveries again
    or the lake was compacted meanwhile.
    """
    if not (settings.lake / "ledger").exists():
        raise CannotTell("nothing was ingested yet; `selltrace run` does")
    with _scratch_home(settings) as scratch:
        entries, generations = ledger(scratch), _generations(settings)
        deliveries = _write_inputs(settings, scratch, contracts, as_of)
        failed = _build(scratch, tables)
        if _generations(settings) != generations:
            raise CannotTell("the lake was compacted while the answer was made; ask again")
        _refuse_what_changed(entries, ledger(scratch))
        if failed:
            raise CannotTell(f"the models could not be built: {failed}")
        with duckdb.connect() as connection:
            connection.execute(f"set temp_directory = {text(scratch.home / 'spill')}")
            connection.execute(f"attach {text(scratch.warehouse)} as warehouse (read_only)")
            yield Known(connection, deliveries)


def _write_inputs(settings: Settings, scratch: Settings, contracts: Sequence[Contract], as_of: datetime) -> int:
    """Write what the models read beside the lines; returns the number of deliveries received by then."""
    withdrawn = {key: one for key, one in withdrawals(settings).items() if one.withdrawn_at <= as_of}
    build = write_control(scratch, contracts, as_of, withdrawn)
    with duckdb.connect(str(scratch.warehouse)) as connection:
        create_slices(connection)
        carry(connection, scratch)
    return build.deliveries


def _build(scratch: Settings, tables: Sequence[Table]) -> str | None:
    """Build the models that the tables need; returns what failed, in words."""
    models = [relation.split(".")[1] for table in tables for relation in table.relations]
    if _SUGGESTED not in models:
        return _run_models(scratch, models)
    failed = _run_models(scratch, _SUGGESTED_FROM)
    if failed is None:
        write_suggestions(scratch)
        failed = _run_models(scratch, models, already_built=_SUGGESTED_FROM)
    return failed


def _run_models(scratch: Settings, models: Sequence[str], already_built: Sequence[str] = ()) -> str | None:
    selected = ["--select", *(f"+{model}" for model in models)]
    excluded = ["--exclude", *(f"+{model}" for model in already_built)] if already_built else []
    result = invoke_dbt(scratch, ["run", *selected, *excluded])
    return "; ".join(f"{one.node.name}: {one.message}" for one in result.results if one.status == "error") or None


def _generations(settings: Settings) -> list[Path]:
    """The folders that raw lines are read from; one that is replaced while files are listed may show half of them."""
    return [generation_of(settings, kind) for kind in KINDS]


def _refuse_what_changed(before: dict[str, LedgerEntry], after: dict[str, LedgerEntry]) -> None:
    """Lines of a delivery that is read again are replaced, and an answer might lack them."""
    if any(after.get(key) != entry for key, entry in before.items()):
        raise CannotTell("a run read deliveries again while the answer was made; ask again when it has ended")


@contextmanager
def _scratch_home(settings: Settings) -> Iterator[Settings]:
    """A home within the home, with its lines and its ledger and nothing else; gone afterwards.

    It lies there because it may grow as large as the warehouse. What a killed call left is cleared by the next.
    """
    # runs of the flow lock a file of their own
    with locked(settings.home):
        for left in settings.home.glob(f"{_SCRATCH}*"):
            _remove_if_free(left)
        folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=settings.home))
        in_use = os.open(folder, os.O_RDONLY)
        fcntl.flock(in_use, fcntl.LOCK_EX)
    try:
        # a cluster is not worth its start for one question, and the tables are the same
        scratch = settings.model_copy(update={"home": folder, "engine": "duckdb"})
        scratch.lake.mkdir()
        for shared in ("raw", "ledger"):
            (scratch.lake / shared).symlink_to((settings.lake / shared).resolve())
        yield scratch
    finally:
        remove(folder)
        os.close(in_use)


def _remove_if_free(left: Path) -> None:
    descriptor = os.open(left, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(left)
    except BlockingIOError:
        pass
    finally:
        os.close(descriptor)
