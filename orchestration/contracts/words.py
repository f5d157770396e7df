"""Our words: the custom properties of a contract and of its server, and how the value of each is read.

Belongs here: the tables of words, the field each fills, and where a word has an effect.
Does not belong here: words of the standard itself (`standard`), mapped columns (`mappings`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal

from orchestration.contracts import values
from orchestration.contracts.document import Document, Place, listed
from orchestration.contracts.json_path import record_path
from orchestration.contracts.kinds import SALES_KINDS
from orchestration.contracts.model import Contract
from orchestration.contracts.problems import Report, closest
from orchestration.contracts.thresholds import read_thresholds
from orchestration.contracts.totals import read_totals
from orchestration.contracts.values import Entry, Reader
from orchestration.contracts.waivers import read_waivers


@dataclass(frozen=True)
class Word:
    """A custom property: the model's field that it fills, its reader, and the kinds or formats it has an effect on."""

    field: str
    read: Reader
    only_for: tuple[str, ...] = ()


def _field_choice(field: str) -> Reader:
    return values.choice_of(Contract.model_fields[field].annotation)


#: strptime codes that stand for digits of a known length, which a file name can be cut by
_CODES: Final = frozenset(f"%{letter}" for letter in "YyGmdjVuHMS")


def _source(plain: str, entry: Entry, report: Report) -> str | None:
    """Read `<plain>` (told as None: it is the default) or `filename:<strptime pattern>`."""
    if entry.value == plain:
        return None
    prefix, separator, pattern = str(entry.value).partition(":")
    if prefix != "filename" or not separator:
        message = f"unknown {entry.word} `{entry.text}`"
        report.error(entry.place, message, f"Write `{plain}`, or `filename:` and a pattern such as sales_%Y%m%d.csv")
        return None
    if (reason := _name_pattern_error(pattern)) is not None:
        message = f"the pattern of `{entry.word}` gives no date: {reason}"
        report.error(entry.place, message, "Write codes of digits, such as filename:sales_%Y%m%d.csv or %G-W%V")
        return None
    return str(entry.value)


def _name_pattern_error(pattern: str) -> str | None:
    """Return why no date can be read from file names by a strptime pattern, or None if one can."""
    codes = re.findall("%.?", pattern)
    if unknown := [code for code in codes if code not in _CODES]:
        return f"`{unknown[0]}` is no code of digits"
    if not {"%Y", "%y", "%G"} & set(codes):
        return "it names no year"
    if "%V" in codes and "%u" not in codes:
        codes.append("%u")  # a week means its Monday
    try:
        datetime.strptime(datetime(2025, 6, 2).strftime(" ".join(codes)), " ".join(codes))
    except (ValueError, re.error) as error:
        return str(error)
    return None


def _record_path(entry: Entry, report: Report) -> str | None:
    path = values.text(entry, report)
    if path is not None and not path.startswith("$"):
        report.error(entry.place, f"`recordPath` does not start at the root: {path}", f"Write `$.{path}`")
        return None
    if path is not None and record_path(path) is None:
        cure = "Write keys and `[*]` only, such as $.orders[*].line_items[*]"
        report.error(entry.place, f"`recordPath` is no way from list to list: {path}", cure)
        return None
    return path


def _mapping(entry: Entry, report: Report) -> dict[str, Any] | None:
    if isinstance(entry.value, dict):
        return entry.value
    report.error(entry.place, f"`{entry.word}` is not a mapping", "Write `{column: text}`")
    return None


_DELIMITED: Final = ("csv",)
_EDI: Final = ("edifact", "x12")

SERVER_WORDS: Final[dict[str, Word]] = {
    "encoding": Word("encoding", values.encoding),
    "delimiter": Word("delimiter", values.one_character, _DELIMITED),
    "quote": Word("quote", values.character_or_none, _DELIMITED),
    "decimal": Word("decimal", values.choice_of(Literal[".", ","])),
    "thousands": Word("thousands", values.character_or_none),
    "skipRows": Word("skip_rows", values.whole, ("csv", "xlsx")),
    "header": Word("header", values.texts, _DELIMITED),
    "sheet": Word("sheet", values.text, ("xlsx",)),
    "recordPath": Word("record_path", _record_path, ("json",)),
    "totals": Word("totals", read_totals, ("json",)),
    "message": Word("message", values.text, _EDI),
    "member": Word("member", values.text),
    "productQualifiers": Word("product_qualifiers", values.texts, _EDI),
}

CONTRACT_WORDS: Final[dict[str, Word]] = {
    "partner": Word("partner", values.text),
    "delivery": Word("delivery", _field_choice("delivery")),
    "period": Word("period", _field_choice("period"), SALES_KINDS),
    "unit": Word("unit", _field_choice("unit"), SALES_KINDS),
    "currency": Word("currency", values.currency),
    "timezone": Word("timezone", values.timezone),
    "startsOn": Word("starts_on", values.day),
    "endsOn": Word("ends_on", values.day),
    "closed": Word("closed", values.closed_days),
    "holidays": Word("holidays", values.holiday_calendar),
    "periodFrom": Word("period_from", partial(_source, "lines")),
    "leadTimeDays": Word("lead_time_days", values.whole, ("sell_in",)),
    "stockTolerance": Word("stock_tolerance", values.share, ("stock",)),
    "snapshotTaken": Word("snapshot_taken", _field_choice("snapshot_taken"), ("stock",)),
    "coverage": Word("coverage", _field_choice("coverage"), ("sell_out", "stock")),
    "basis": Word("basis", _field_choice("basis"), ("sell_in",)),
    "receivedAt": Word("received_at", partial(_source, "modified")),
    "defaults": Word("defaults", _mapping),
    "where": Word("where", values.sql_expression),
    "waivers": Word("waivers", read_waivers),
    "thresholds": Word("thresholds", read_thresholds, SALES_KINDS),
}


def read_words(
    holder: dict[str, Any], place: Place, table: dict[str, Word], document: Document, report: Report
) -> dict[str, Any]:
    """Read the custom properties of a contract or server: field to value, without those that are wrong."""
    fields: dict[str, Any] = {}
    seen: dict[str, Place] = {}
    for entry in custom_properties(holder, place, document):
        if entry.word not in table:
            report.error(entry.place[:-1], f"unknown custom property `{entry.word}`", _cure_unknown(entry.word, table))
        elif entry.word in seen:
            line = document.line(seen[entry.word])
            report.error(entry.place[:-1], f"`{entry.word}` stands twice, first on line {line}", "Keep one")
        elif entry.value is None:
            report.error(entry.place, f"`{entry.word}` has no value", "Write one, or remove the word")
        elif (value := table[entry.word].read(entry, report)) is not None:
            fields[table[entry.word].field] = value
        seen.setdefault(entry.word, entry.place[:-1])
    return fields


def warn_of_idle_words(
    holder: dict[str, Any], place: Place, table: dict[str, Word], subject: str, document: Document, report: Report
) -> None:
    """Warn of words that have no effect on `subject`, a kind or format."""
    for entry in custom_properties(holder, place, document):
        word = table.get(entry.word)
        if word and word.only_for and subject not in word.only_for:
            message = f"`{entry.word}` has no effect on {subject}"
            report.warning(entry.place[:-1], message, f"Remove it: it is for {', '.join(word.only_for)}")


def custom_properties(holder: dict[str, Any], place: Place, document: Document) -> Iterator[Entry]:
    """Yield the custom properties that are ours to read: those that name another vendor are left to it."""
    for position, pair in listed(holder, "customProperties"):
        is_whole = isinstance(pair.get("property"), str) and "value" in pair  # else the standard's schema tells it
        if is_whole and pair.get("vendor", "selltrace") == "selltrace":
            inner = (*place, "customProperties", position, "value")
            yield Entry(pair["property"], pair["value"], inner, document)


def _cure_unknown(word: str, table: dict[str, Word]) -> str:
    other, where = (
        (SERVER_WORDS, "under the server's") if table is CONTRACT_WORDS else (CONTRACT_WORDS, "under the contract's")
    )
    if word in other:
        return f"Write it {where} `customProperties`"
    match = closest(word, [*table, *other])
    return f"Did you mean `{match}`?" if match else f"Write one of {', '.join(table)}"
