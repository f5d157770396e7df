"""What every release must be that follows another, told from the facts alone: a second opinion on holding and carrying.

Belongs here: the rules of held, mended and carried slices. Does not belong here: making releases (`later_world`), or
why a slice is held (the gates).
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing.ledger import ledger
from orchestration.publish.tables import FACTS
from orchestration.settings import EXPECTATIONS, Settings
from tests.pipeline.later_world import Row, Tables, read

Slice = tuple[Any, ...]
Lines = dict[Slice, list[Row]]
Name = tuple[Any, ...]


def by_slice(released: Tables) -> Lines:
    """Published lines by partner, kind and week."""
    found: Lines = defaultdict(list)
    for name, fact in FACTS.items():
        for row in released[name]:
            found[(row["partner_id"], fact.kind, row["week_start"])].append(row)
    return found


def held_slices(settings: Settings) -> set[Slice]:
    """Slices that the gates hold now."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        rows = read(connection, "gates.held_slices")
    return {(row["partner_id"], row["kind"], row["week_start"]) for row in rows}


def broken_promises(settings: Settings, before: Tables | None, now: Tables) -> list[str]:
    """What is wrong with a release, given the one that was current; empty where nothing is.

    A held slice keeps its lines. One that passed has the accepted ones, but for what a held slice still tells: the
    same line, or another of its key. No line stands twice.
    """
    former, published, held = by_slice(before) if before else {}, by_slice(now), held_slices(settings)
    accepted, keys = _accepted(settings), _keys(settings)
    told = {(slice_[1], _name(row)) for slice_ in held for row in published.get(slice_, [])}
    told_keys = {keys[line] for line in told if line in keys}
    wrong = [f"{slice_} is held and changed" for slice_ in held if former.get(slice_, []) != published.get(slice_, [])]
    for slice_ in (accepted.keys() | published.keys()) - held:
        kind, ours = slice_[1], {_name(row) for row in published.get(slice_, [])}
        due = {
            name
            for name in accepted.get(slice_, set())
            if (kind, name) not in told and keys.get((kind, name)) not in told_keys
        }
        if ours != due:
            wrong.append(f"{slice_} publishes {ours - due} too much and {due - ours} too little")
    every = [(slice_[1], _name(row)) for slice_, rows in published.items() for row in rows]
    return wrong + [f"{line} is published twice" for line in {line for line in every if every.count(line) > 1}]


def _name(row: Row) -> Name:
    return row["delivery_id"], row["line_number"]


def _accepted(settings: Settings) -> dict[Slice, set[Name]]:
    found: dict[Slice, set[Name]] = defaultdict(set)
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        for fact in FACTS.values():
            for row in read(connection, f"staging.stg_{fact.kind}"):
                if row["line_class"] == "accepted":
                    found[(row["partner_id"], fact.kind, row["week_start"])].add(_name(row))
    return found


def _keys(settings: Settings) -> dict[tuple[str | None, Name], Name]:
    """By kind and line, the feed and key that the line has as its contract reads it now."""
    entries = ledger(settings)
    found: dict[tuple[str | None, Name], Name] = {}
    with duckdb.connect() as connection:
        for fact in FACTS.values():
            pattern = settings.lake / "raw" / str(fact.kind) / "*" / "lines_*.parquet"
            for row in read(connection, f"read_parquet('{pattern}')"):
                entry = entries.get(row["delivery_id"])
                if entry and entry.reading_hash == row["reading_hash"] and row["line_key"] is not None:
                    found[(fact.kind, _name(row))] = (fact.kind, entry.contract_id, row["line_key"])
    return found


def holding_nothing(folder: Path) -> Path:
    """The suites, but for what would hold a slice: a failure marks it instead."""
    folder.mkdir()
    for file in EXPECTATIONS.glob("*.json"):
        suite = json.loads(file.read_text(encoding="utf-8"))
        for expectation in suite["expectations"]:
            if not suite["meta"]["invariant"] and expectation["severity"] == "critical":
                expectation["severity"] = expectation["meta"]["history"][-1]["severity"] = "warning"
        (folder / file.name).write_text(json.dumps(suite), encoding="utf-8")
    return folder
