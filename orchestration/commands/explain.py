"""`selltrace explain`: the lines that a figure counts, and those that it does not, as tables or as JSON.

Belongs here: printing. Does not belong here: finding the lines (`publish.explain`) or their text (`ingest.as_sent`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from orchestration.commands.console import OUT, fail, print_json, print_rows
from orchestration.commands.state import contracts, settings
from orchestration.contracts.model import Contract
from orchestration.publish.errors import UnknownFigure, UnknownRelease
from orchestration.publish.explain.explain import AsSent, Explanation, SentFile, TermTotal
from orchestration.publish.explain.explain import explain as explain_figure


def explain(table: str, where: list[str], column: str, lines: int, as_json: bool) -> None:
    """Print what a published figure counts, what it leaves out, and whether that is what is published."""
    conditions = dict(condition.partition("=")[::2] for condition in where)
    try:
        found = explain_figure(settings(), table, conditions, column, as_sent=_as_sent(), listed_lines=lines)
    except (UnknownFigure, UnknownRelease) as error:
        fail(str(error))
    if as_json:
        print_json({**asdict(found), "agrees": found.agrees})
        return
    print_rows(f"{column} of {table} in release {found.release_id}", _counted(found))
    _print_sum(found)
    print_rows("Left out", _left_out(found))
    if found.left_out_counts:
        counts = ", ".join(f"{count:,} {name}" for name, count in found.left_out_counts.items())
        OUT.print(f"Left out: {counts}.", highlight=False)


def _as_sent() -> AsSent:
    by_id = {contract.id: contract for contract in contracts()}

    def as_sent(wanted: Mapping[SentFile, Set[int]]) -> dict[SentFile, Mapping[int, str]]:
        by_feed: dict[str, dict[SentFile, Set[int]]] = defaultdict(dict)
        for file, numbers in wanted.items():
            by_feed[file.contract_id][file] = numbers
        return {
            file: lines
            for contract_id, files in by_feed.items()
            if contract_id in by_id
            for file, lines in _of_feed(by_id[contract_id], files).items()
        }

    return as_sent


def _of_feed(contract: Contract, wanted: Mapping[SentFile, Set[int]]) -> dict[SentFile, Mapping[int, str]]:
    # readers of all formats are imported late: what is wrong in the question is told without them
    from orchestration.ingest.as_sent import lines_as_sent, pseudonymised_lines

    if contract.is_personal:
        return {
            file: pseudonymised_lines(settings(), contract, file.delivery_id, numbers)
            for file, numbers in wanted.items()
        }
    found = lines_as_sent(
        settings(), contract, {(file.file_name, file.sha256): numbers for file, numbers in wanted.items()}
    )
    return {file: found[file.file_name, file.sha256] for file in wanted}


def _counted(found: Explanation) -> list[dict[str, Any]]:
    several = len({(term.role, term.name) for term in found.terms}) > 1
    return [
        {
            "term": f"{line.role} {line.term}".strip() if several else None,
            "file": line.file_name,
            "line": line.line_number,
            "units": _plain(line.units),
            "amount": _plain(line.amount),
            "counted": _plain(line.counted),
            "as sent": line.raw_text,
        }
        for line in found.lines
    ]


def _left_out(found: Explanation) -> list[dict[str, Any]]:
    return [
        {
            "class": line.line_class,
            "file": line.file_name,
            "line": line.line_number if line.line_number is not None else f"{line.lines:,} lines",
            "units": _plain(line.units),
            "of": line.concerns,
            "reason": line.reason,
            "as sent": line.raw_text,
        }
        for line in found.left_out
    ]


def _print_sum(found: Explanation) -> None:
    if len(found.terms) > 1 or any(term.role for term in found.terms):
        print_rows("Terms", [_term(term) for term in found.terms])
    verdict = "which is what is published" if found.agrees else f"but {_plain(found.published)} is published"
    if found.agrees and found.published is None:
        verdict = "and the figure is published as unknown, since not all that it needs is known"
    counted = "1 line comes" if found.line_count == 1 else f"{found.line_count} lines come"
    OUT.print(f"{counted} to {_plain(found.total)}, {verdict}.", highlight=False)


def _term(term: TermTotal) -> dict[str, Any]:
    return {
        "part": term.role or None,
        "term": f"{'-' if term.sign < 0 else '+'} {term.name}",
        "lines": term.lines,
        "total": _plain(term.total),
    }


def _plain(number: Decimal | float | None) -> str | None:
    """A number without zeros that say nothing."""
    if number is None:
        return None
    return f"{number.normalize():f}" if isinstance(number, Decimal) else f"{number}"
