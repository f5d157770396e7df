"""`selltrace run` and `selltrace status`."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from rich.markup import escape

from orchestration.automation.news import news
from orchestration.commands import postgres
from orchestration.commands.console import (
    ERR,
    INTERRUPTED,
    OUT,
    STOPPED,
    fail,
    heed_interrupts,
    print_json,
    print_rows,
    progress,
    shown_path,
)
from orchestration.commands.state import contracts, settings
from orchestration.moment import parse_moment
from orchestration.publish.errors import PostgresBehind
from orchestration.publish.manifest import Manifest
from orchestration.publish.releases import current_release_id, list_releases, show_release

if TYPE_CHECKING:
    from orchestration.automation.execute import Outcome

#: how failures of the second target begin, as the flow tells them
_POSTGRES = "publish/postgres: "
_ERROR = f"{PostgresBehind.__module__}.{PostgresBehind.__name__}: "
#: problems of a run that are told one by one
_TOLD = 20
#: what to do about a run that was stopped
_CURE = (
    "Nothing was published. `selltrace ui` shows run {run} with its failed checks; where the message names an "
    "expectation of a contract, correct the contract, else report it as a bug; then run again."
)
_INTERRUPTED = "Interrupted. Run again: it goes on from what was done. `releases/current` is whole."


def run(as_of: str | None, as_json: bool) -> None:
    """One run: ingest what is new, rebuild, gate, publish; a table of what came of it."""
    try:
        moment = parse_moment(as_of) if as_of else None
    except ValueError as error:
        fail(str(error))
    reason = news(settings(), contracts(), moment or datetime.now(UTC))
    if reason is None:
        _tell_no_news(as_json)
        postgres.bring_up_to_date()
        return
    if not as_json:
        ERR.print(f"Running because {reason}.", highlight=False)
    before = current_release_id(settings())
    behind = _execute(moment)
    _tell_release(as_json, before)
    if behind:
        postgres.end_behind(behind)


def _execute(moment: datetime | None) -> str | None:
    """Run the flow; returns why PostgreSQL does not hold the release that went out."""
    heed_interrupts()
    # what clears up locks of a process that was ended says so in many words
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    try:
        outcome = _followed(moment)
    except KeyboardInterrupt:
        ERR.print(_INTERRUPTED, style="red", soft_wrap=True)
        # the run is midway in a thread that would be waited for, and may be ended anywhere
        os._exit(INTERRUPTED)
    _tell_problems(outcome.problems)
    if outcome.only_failed(_POSTGRES):
        return "; ".join(reason.removeprefix(_POSTGRES).removeprefix(_ERROR) for reason in outcome.stopped_by)
    if not outcome.succeeded:
        ERR.print("Stopped; the former release stands.", style="red")
        fail("\n".join([*outcome.stopped_by, _CURE.format(run=outcome.run_id)]), STOPPED)
    return None


def _followed(moment: datetime | None) -> Outcome:
    """Run the flow and show its progress. Not in the main thread, where Dagster would heed interrupts in its own way:
    most steps pass over them, others fail as if a check had."""
    # Dagster and dbt take seconds to import, and a call without news needs neither
    from orchestration.automation.execute import execute
    from orchestration.transform.manifest import NoManifest

    pool = ThreadPoolExecutor(1)
    with progress() as bar:
        task = bar.add_task("starting", total=None)
        running = pool.submit(
            execute,
            settings(),
            moment,
            lambda step, done, steps: bar.update(task, description=step or "starting", completed=done, total=steps),
        )
        try:
            return running.result()
        except NoManifest as error:
            fail(str(error))


def _tell_problems(problems: Sequence[str]) -> None:
    """Feeds and files that could not be taken in; of those that were, the ledger tells."""
    for problem in problems[:_TOLD]:
        ERR.print(escape(problem), style="yellow", highlight=False, soft_wrap=True)
    if len(problems) > _TOLD:
        ERR.print(f"and {len(problems) - _TOLD} more: `selltrace ui` shows them with the run", style="yellow")


def _tell_no_news(as_json: bool) -> None:
    release_id = current_release_id(settings())
    if as_json:
        print_json({"release_id": release_id, "news": False})
    else:
        OUT.print(f"No news: release {release_id} stands.", highlight=False)


def _tell_release(as_json: bool, before: str | None) -> None:
    newest = list_releases(settings())[0]
    manifest = show_release(settings(), newest.release_id)
    if as_json:
        answer = {"release_id": newest.release_id, "news": True, "is_current": newest.is_current}
        changes = [change.model_dump(mode="json") for change in manifest.gate_changes]
        print_json({**answer, "former_release_id": before, "slices": _slices(manifest), "gate_changes": changes})
        return
    folder = settings().releases / newest.release_id
    print_rows("Lines read, and where they went", lines_by_kind(folder))
    print_rows("Slices", _slices(manifest))
    print_rows("Held back", held_rows(manifest), in_full="`selltrace release show --json`")
    if manifest.former_release_id:
        print_rows("Gates that changed", changed_rows(manifest), in_full=f"{shown_path(folder)}/manifest.json")
    if newest.is_current:
        told = f"Release {newest.release_id} is current: {shown_path(settings().current)}"
    else:
        told = f"Written aside as {newest.release_id}, {before} stands: {newest.not_current_reason}"
    OUT.print(told, highlight=False, soft_wrap=True)


def lines_by_kind(release: Path) -> list[dict[str, object]]:
    """Lines of all deliveries by record kind and class, from the release's ledger."""
    with duckdb.connect() as connection:
        found = connection.execute(
            """
            select
                kind, count(*) as deliveries, sum(lines_read)::bigint as lines_read, sum(accepted)::bigint as accepted,
                sum(duplicate)::bigint as duplicate, sum(superseded)::bigint as superseded,
                sum(unmatched)::bigint as unmatched, sum(out_of_scope)::bigint as out_of_scope,
                sum(quarantined)::bigint as quarantined
            from read_parquet(?)
            group by kind
            order by kind
            """,
            [str(release / "delivery_ledger.parquet")],
        )
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _slices(manifest: Manifest) -> list[dict[str, object]]:
    kinds = sorted({entry.kind for entry in manifest.slices})
    return [
        {
            "kind": kind,
            "published": sum(1 for one in manifest.slices if one.kind == kind and one.status == "published"),
            "held": sum(1 for one in manifest.slices if one.kind == kind and one.status == "held"),
        }
        for kind in kinds
    ]


def changed_rows(manifest: Manifest) -> list[dict[str, object]]:
    """Gates that newly fail, and why, or newly pass, and why they failed; those that only inform left out."""
    return [
        {
            "change": one.change.replace("_", " "),
            "gate": f"{one.suite}.{one.expectation}",
            "reason": one.reason if one.change == "newly_failed" else f"was: {one.reason}",
        }
        for one in manifest.gate_changes
        if one.severity != "info"
    ]


def held_rows(manifest: Manifest) -> list[dict[str, object]]:
    """Held slices; weeks of one partner and kind that are held for the same reason in one row."""
    weeks: dict[tuple[str, str, str | None, str | None], list[date]] = defaultdict(list)
    for entry in manifest.held():
        weeks[entry.partner_id, entry.kind, entry.reason, entry.carried_from].append(entry.week_start)
    return [
        {
            "partner": partner,
            "kind": kind,
            "weeks of": f"{min(held)} to {max(held)}" if len(held) > 1 else str(held[0]),
            "reason": reason,
            "carried from": carried_from,
        }
        for (partner, kind, reason, carried_from), held in weeks.items()
    ]


def status(as_json: bool) -> None:
    """What is published, and whether there is news."""
    release_id = current_release_id(settings())
    reason = news(settings(), contracts(), datetime.now(UTC))
    manifest = show_release(settings(), release_id) if release_id else None
    row = {
        "home": str(settings().home) if as_json else shown_path(settings().home),
        "release_id": release_id,
        "as_of": manifest.as_of if manifest else None,
        "slices_published": sum(1 for one in manifest.slices if one.status == "published") if manifest else 0,
        "slices_held": len(manifest.held()) if manifest else 0,
        "next_due_at": manifest.next_due_at if manifest else None,
        "postgres": postgres.held(),
        "news": reason,
    }
    if as_json:
        print_json(row)
    else:
        print_rows("Status", [{"what": name.replace("_", " "), "is": str(value or "")} for name, value in row.items()])
