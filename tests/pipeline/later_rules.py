"""What later deliveries make of earlier lines, told one delivery after the other: a second opinion on the models.

The models ask the same of all lines at once, by windows. Belongs here: the rules of the four delivery modes, in the
words of the contract. Does not belong here: matching, overlapping periods, or whole deliveries that are duplicates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from orchestration.contracts.kinds import KINDS
from orchestration.contracts.model import Contract
from orchestration.landing.ledger import LedgerEntry, ledger, withdrawals
from tests.pipeline.later_world import Home, Tables

LineId = tuple[str, int]
DAYS = {"sell_out": "period_start", "sell_in": "document_date", "stock": "snapshot_date", "exchange_rates": "rate_date"}


@dataclass
class Verdict:
    """What became of a line: current, duplicate or superseded, and whether it changed an earlier one."""

    state: str
    is_restatement: bool = False


@dataclass(frozen=True)
class Line:
    """A line as it was read; `key` is None where the contract names none."""

    id: LineId
    key: str | None
    content: str
    day: date | None
    is_deleted: bool


Verdicts = dict[LineId, Verdict]


def judge(home: Home) -> Verdicts:
    """The verdict on every line of every delivery that counts."""
    found: Verdicts = {}
    withdrawn = set(withdrawals(home.settings))
    for contract in home.feeds.values():
        entries = ledger(home.settings, contract.id).values()
        _JUDGES[contract.delivery](home, contract, _counting(entries, withdrawn), found)
    return found


def _counting(entries: Iterable[LedgerEntry], withdrawn: set[str]) -> list[LedgerEntry]:
    """Deliveries in order of precedence, without those withdrawn and those whose bytes came before."""
    counting: list[LedgerEntry] = []
    bytes_seen: set[str] = set()
    for entry in sorted(entries, key=lambda one: (one.received_at, one.file_name, one.delivery_id)):
        if entry.delivery_id not in withdrawn and (entry.sha256 not in bytes_seen or not entry.lines_read):
            counting.append(entry)
            bytes_seen.add(entry.sha256)
    return counting


def _lines(home: Home, contract: Contract, entry: LedgerEntry) -> list[Line]:
    kind = contract.kind_name
    content = f"cast(({', '.join(KINDS[kind].columns)}) as varchar)"
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select line_number, line_key, {content}, {DAYS.get(kind, 'null')}, "
            f"{'coalesce(deleted, false)' if kind == 'sell_out' else 'false'} "
            f"from read_parquet('{home.settings.lake}/raw/{kind}/*/lines_*.parquet') "
            "where delivery_id = ? and reading_hash = ? order by line_number",
            [entry.resent_of or entry.delivery_id, entry.reading_hash],
        ).fetchall()
    return [Line((entry.delivery_id, row[0]), *row[1:]) for row in rows]


def _once_a_key(lines: list[Line], found: Verdicts) -> list[Line]:
    """The line of each key that counts in a delivery: the last that is no deletion; judges the others."""
    by_key: dict[object, list[Line]] = defaultdict(list)
    for line in lines:
        by_key[line.key if line.key is not None else line.id].append(line)
    kept = []
    for same in by_key.values():
        sold = [line for line in same if not line.is_deleted]
        kept.append((sold or same)[-1])
        for line in same:
            undone = line.is_deleted and sold
            found[line.id] = Verdict("superseded" if undone else "duplicate")
    return kept


def _append(home: Home, contract: Contract, deliveries: list[LedgerEntry], found: Verdicts) -> None:
    for entry in deliveries:
        found |= {line.id: Verdict("current") for line in _lines(home, contract, entry)}


def _keyed(home: Home, contract: Contract, deliveries: list[LedgerEntry], found: Verdicts) -> None:
    current: dict[str | None, Line] = {}
    for entry in deliveries:
        for line in _once_a_key(_lines(home, contract, entry), found):
            former = current.get(line.key)
            if former and former.content == line.content:
                found[line.id] = Verdict("duplicate")
                continue
            if former:
                found[former.id].state = "superseded"
            found[line.id] = Verdict("current", is_restatement=former is not None)
            current[line.key] = line


def _snapshot(home: Home, contract: Contract, deliveries: list[LedgerEntry], found: Verdicts) -> None:
    current: list[Line] = []
    for entry in deliveries:
        if entry.lines_quarantined and not entry.lines_parsed:
            continue
        for line in current:
            found[line.id].state = "superseded"
        current = _once_a_key(_lines(home, contract, entry), found)
        found |= {line.id: Verdict("current") for line in current}


def _replace_period(home: Home, contract: Contract, deliveries: list[LedgerEntry], found: Verdicts) -> None:
    current: dict[date, list[Line]] = {}
    for entry in deliveries:
        kept = _once_a_key(_lines(home, contract, entry), found)
        found |= {line.id: Verdict("superseded") for line in kept}
        for period in _periods(contract, entry):
            if period in current and _is_broken(contract, entry, period):
                continue
            former = {line.key: line for line in current.get(period, []) if line.key is not None}
            for line in current.get(period, []):
                found[line.id].state = "superseded"
            current[period] = [line for line in kept if line.day and _period(contract, line.day) == period]
            for line in current[period]:
                changed = line.key in former and former[line.key].content != line.content
                found[line.id] = Verdict("current", is_restatement=changed)


_JUDGES = {"append": _append, "keyed": _keyed, "snapshot": _snapshot, "replace_period": _replace_period}


def _period(contract: Contract, day: date) -> date:
    """First day of the period of a feed that a day lies in."""
    by_period = {"week": "w", "month": "m"}
    unit = contract.frequency.unit if contract.frequency else by_period.get(contract.period, "d")
    return {
        "d": day,
        "w": day - timedelta(days=(day.isoweekday() - contract.week_begins_on) % 7),
        "m": day.replace(day=1),
    }[unit]


def _periods(contract: Contract, entry: LedgerEntry) -> list[date]:
    """Periods that a delivery speaks of; lines outside the feed's scope speak of none."""
    found: dict[date, int] = defaultdict(int)
    outside: dict[date, int] = defaultdict(int)
    for line in entry.dates:
        if line.line_date:
            found[_period(contract, line.line_date)] += line.lines
            outside[_period(contract, line.line_date)] += line.out_of_scope_lines
    return [
        period
        for period, lines in found.items()
        if not lines or lines > outside[period] or _is_broken(contract, entry, period)
    ]


def _is_broken(contract: Contract, entry: LedgerEntry, period: date) -> bool:
    """Whether a line of the period is quarantined; one whose date cannot be read may be of any."""
    return any(
        line.quarantined_lines and (line.line_date is None or _period(contract, line.line_date) == period)
        for line in entry.dates
    )


def contradictions(home: Home, tables: Tables) -> list[str]:
    """Lines of the staging tables that became something else than the rules say; master data by delivery and class."""
    verdicts = judge(home)
    found = []
    for kind in ("sell_in", "sell_out", "stock"):
        for row in tables[f"stg_{kind}"]:
            is_current = row["line_class"] in ("accepted", "unmatched") or row.get("is_overlapped")
            told = Verdict("current" if is_current else row["line_class"], row["is_restatement"])
            said = verdicts.pop((row["delivery_id"], row["line_number"]))
            if told != said:
                found.append(f"{row['file_name']}:{row['line_number']} is {told}, and should be {said}")
    return found + _contradictions_in_counts(verdicts, tables)


def _contradictions_in_counts(verdicts: Verdicts, tables: Tables) -> list[str]:
    said: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (delivery_id, _), verdict in verdicts.items():
        line_class = "accepted" if verdict.state == "current" else verdict.state
        said[delivery_id, line_class][0] += 1
        said[delivery_id, line_class][1] += verdict.is_restatement
    told = {
        (row["delivery_id"], row["line_class"]): [row["lines"], row["restatements"]]
        for row in tables["stg_master_lines"]
    }
    return [] if told == said else [f"master data: {told}, and should be {dict(said)}"]
