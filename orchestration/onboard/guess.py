"""Which column of theirs is which of ours: by its name, and by what its values look like.

Belongs here: the guesses and their evidence. Does not belong here: reading samples (`look`), writing YAML (`draft`).
"""

from __future__ import annotations

import calendar
from collections import Counter
from dataclasses import dataclass

from orchestration.contracts.kinds import AMOUNT, DATE, KINDS, RATE, TEXT, UNITS, WHOLE
from orchestration.onboard.content import Content
from orchestration.onboard.names import best_synonym, synonyms_of
from orchestration.onboard.sample import Sample

_LIKE = 0.8
#: a name less like ours will do where the values speak for it
_RATHER_LIKE = 0.55
#: codes by which a column without a telling name is known, and how much of it must be one
_KNOWN_BY_CODE = {"product_code": ("GTIN", "CIP13", "CIP7"), "location_code": ("FINESS",), "gtin": ("GTIN", "CIP13")}
_MOST_OF = 0.9
_NUMBERS = (UNITS, AMOUNT, RATE, WHOLE)
#: what makes a line one of its kind; those of them that the sample has make the key
_KEYS = {
    "sell_in": ("document_id", "document_line", "product_code", "location_code"),
    "sell_out": ("transaction_id", "partner_code", "location_code", "product_code", "period_start"),
    "stock": ("partner_code", "location_code", "product_code", "snapshot_date"),
}


@dataclass(frozen=True)
class Guess:
    """A column of theirs, the one of ours that it seems to be, and why."""

    name: str
    physical_name: str
    evidence: str
    date_format: str | None = None


def guess_columns(kind: str, sample: Sample) -> list[Guess]:
    """The most likely column of ours for each of theirs, every column of either side used once."""
    contents = {column: content_of(sample, column) for column in sample.columns}
    candidates = sorted(
        (
            (score, ours, theirs, evidence)
            for ours in KINDS[kind].columns
            for theirs in sample.columns
            for score, evidence in [_score(kind, ours, theirs, contents[theirs])]
            if score > 0
        ),
        reverse=True,
    )
    guesses: dict[str, Guess] = {}
    used: set[str] = set()
    for _, ours, theirs, evidence in candidates:
        if ours not in guesses and theirs not in used:
            used.add(theirs)
            guesses[ours] = _guess(kind, ours, theirs, evidence, contents[theirs], sample.is_typed)
    return [guesses[ours] for ours in KINDS[kind].columns if ours in guesses]


def content_of(sample: Sample, column: str) -> Content:
    """What the sampled values of a column look like, by the marks that the sample's numbers show."""
    if sample.is_typed:
        return Content(tuple(sample.values(column)))
    decimal, thousands = sample.word("decimal") or ".", sample.word("thousands") or ""
    return Content(tuple(sample.values(column)), str(decimal), str(thousands))


def _score(kind: str, ours: str, theirs: str, content: Content) -> tuple[float, str]:
    """How much speaks for a column (0: it cannot be), and what."""
    likeness, word = best_synonym(ours, theirs)
    column = KINDS[kind].columns[ours]
    if content.values and not _may_be(column.type, content):
        return 0, ""
    named = f"its name is like `{word}` ({likeness:.0%})"
    code = content.codes()
    if code and code[0] in _KNOWN_BY_CODE.get(ours, ()) and code[1] >= _MOST_OF:
        proof = f"{code[1]:.0%} of the sampled values are a {code[0]}"
        return 0.6 + likeness / 2, f"{named}; {proof}" if likeness >= _RATHER_LIKE else proof
    if likeness >= _LIKE:
        # of words that are alike the one named first in the synonyms is the better guess
        return likeness - synonyms_of(ours).index(word) / 1000, named
    if likeness >= _RATHER_LIKE and column.type == DATE and content.values:
        return likeness / 2, f"{named}; every sampled value is a date"
    return 0, ""


def _may_be(column_type: str, content: Content) -> bool:
    if column_type == DATE:
        return bool(content.date_formats) or content.is_moment
    if column_type in _NUMBERS:
        return bool(content.numbers) and not _is_code(content)
    # a code or a name is neither a moment nor a fraction
    return column_type != TEXT or not (content.is_moment or (content.numbers and not content.is_whole))


def _is_code(content: Content) -> bool:
    code = content.codes()
    return code is not None and code[0] in ("GTIN", "CIP13") and code[1] >= _MOST_OF


def _guess(kind: str, ours: str, theirs: str, evidence: str, content: Content, is_typed: bool) -> Guess:
    if KINDS[kind].columns[ours].type != DATE:
        return Guess(ours, theirs, f"{evidence}{_range(content) if KINDS[kind].columns[ours].type in _NUMBERS else ''}")
    formats = content.date_formats
    if not formats or (is_typed and content.is_moment):
        return Guess(ours, theirs, f"{evidence}; the values are dates as yyyy-MM-dd")
    said = f"{evidence}; all sampled values are dates as {formats[0]}"
    if len(formats) > 1:
        said += f", and as {', '.join(formats[1:])} too: ask the partner"
    return Guess(ours, theirs, said, formats[0])


def _range(content: Content) -> str:
    return f"; from {min(content.numbers):g} to {max(content.numbers):g}" if content.numbers else ""


def guess_key(kind: str, sample: Sample, guesses: list[Guess]) -> tuple[tuple[str, ...], str]:
    """Columns of ours that seem to identify a line (none: lines repeat), and the evidence."""
    given = {guess.name: sample.columns.index(guess.physical_name) for guess in guesses}
    key = tuple(name for name in _KEYS.get(kind, ()) if name in given)
    if not key:
        return (), "no column that could identify a line was found"
    lines = Counter(tuple(line[given[name]] for name in key) for line in sample.lines)
    repeated = sum(count - 1 for count in lines.values())
    named = ", ".join(key)
    if repeated:
        return (), f"{repeated} of {len(sample.lines)} sampled lines repeat {named}"
    return key, f"no two of {len(sample.lines)} sampled lines have the same {named}"


def guess_period(kind: str, sample: Sample, guesses: list[Guess]) -> tuple[str, str] | None:
    """How long the period of a sell-out line seems to be, and the evidence; None where nothing tells it."""
    start = next((guess for guess in guesses if guess.name == "period_start"), None)
    if kind != "sell_out" or start is None:
        return None
    days = content_of(sample, start.physical_name).days()
    if not days:
        return None
    if any(guess.name == "transaction_id" for guess in guesses):
        return "transaction", "every line has a transaction of its own"
    if all(day.day == 1 for day in days) and len({(day.year, day.month) for day in days}) == len(days):
        return "month", f"all {len(days)} dates are the first of a month"
    weekdays = {day.weekday() for day in days}
    if weekdays == {calendar.MONDAY}:
        return "week", f"all {len(days)} dates are Mondays"
    if len(weekdays) == 1 and len(days) > 1:
        return "week", f"all {len(days)} dates are {calendar.day_name[min(weekdays)]}s: name one of them in startsOn"
    return "day", f"{len(days)} dates, not all of one weekday or the first of a month"
