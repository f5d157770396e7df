"""Draft a contract from a sample: dialect and columns as they look, each guess with its evidence beside it.

Belongs here: guesses, for a person to correct. Does not belong here: reading a feed, where nothing is guessed.
"""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import yaml

from orchestration.contracts.kinds import AMOUNT, DATE, FLAG, KINDS, UNITS, WHOLE

_SYNONYMS = Path(__file__).with_name("synonyms.yml")
_DATE_FORMATS = {
    "dd/MM/yyyy": "%d/%m/%Y",
    "yyyy-MM-dd": "%Y-%m-%d",
    "dd.MM.yyyy": "%d.%m.%Y",
    "MM/dd/yyyy": "%m/%d/%Y",
    "yyyyMMdd": "%Y%m%d",
    "dd/MM/yy": "%d/%m/%y",
}
_LOGICAL = {DATE: "date", UNITS: "number", AMOUNT: "number", WHOLE: "integer", FLAG: "boolean"}
_SAMPLE_LINES = 1000


class NoDraft(Exception):
    """The sample cannot be read as a table."""


@dataclass(frozen=True)
class Sample:
    """What a sample looks like: format, dialect, its columns with some of their values."""

    format: str
    encoding: str
    dialect: dict[str, str | int]
    values: dict[str, list[str]]


@dataclass(frozen=True)
class Guess:
    """A column of theirs, the one of ours that it seems to be, and why."""

    name: str
    physical_name: str
    evidence: str


def draft(sample: Path, partner: str, kind: str) -> str:
    """The text of a draft contract for a sample of CSV or Parquet. Raises NoDraft with the reason."""
    if kind not in KINDS:
        raise NoDraft(f"unknown kind {kind}; write one of {', '.join(KINDS)}")
    look = look_at(sample)
    guesses = guess_columns(kind, list(look.values))
    return "\n".join([*_head(sample, partner, kind, look), *_schema(kind, look, guesses), *_rest(partner, look)]) + "\n"


def look_at(sample: Path) -> Sample:
    """Read the beginning of a sample. Raises NoDraft where it is no table."""
    try:
        if sample.suffix == ".parquet":
            return Sample("parquet", "utf-8", {}, _values(f"select * from read_parquet('{_quoted(sample)}')"))
        with TemporaryDirectory() as work:
            return _look_at_csv(sample, Path(work) / "sample.csv")
    except (duckdb.Error, OSError) as error:
        raise NoDraft(f"{sample} cannot be read as a table: {str(error).splitlines()[0]}") from None


def _look_at_csv(sample: Path, copy: Path) -> Sample:
    content = sample.read_bytes()
    try:
        text, encoding = content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = content.decode("cp1252", errors="replace"), "cp1252"
    copy.write_text(text, encoding="utf-8")
    with duckdb.connect() as connection:
        [(delimiter, skip)] = connection.execute(
            "select Delimiter, SkipRows from sniff_csv(?, all_varchar = true, header = true)", [str(copy)]
        ).fetchall()
    values = _values(
        f"select * from read_csv('{_quoted(copy)}', delim = '{_quoted(delimiter)}', skip = {skip}, header = true, "
        "all_varchar = true, null_padding = true, ignore_errors = true)"
    )
    decimal = "," if any(_looks_decimal(value, ",") for cells in values.values() for value in cells) else "."
    return Sample("csv", encoding, {"delimiter": delimiter, "decimal": decimal, "skipRows": skip}, values)


def _looks_decimal(value: str, mark: str) -> bool:
    whole, found, fraction = value.strip().lstrip("-").rpartition(mark)
    return bool(found) and fraction.isdigit() and whole.replace(" ", "").isdigit()


def _quoted(value: object) -> str:
    return str(value).replace("'", "''")


def _values(query: str) -> dict[str, list[str]]:
    with duckdb.connect() as connection:
        answer = connection.execute(f"select columns(*)::varchar from ({query}) as sample limit {_SAMPLE_LINES}")
        names = [column[0] for column in answer.description or []]
        rows = answer.fetchall()
    return {name: [row[place] for row in rows if row[place]] for place, name in enumerate(names)}


@cache
def _synonyms() -> dict[str, list[str]]:
    words: dict[str, list[str]] = yaml.safe_load(_SYNONYMS.read_text(encoding="utf-8"))
    return {column: [_plain(word) for word in (column, *synonyms)] for column, synonyms in words.items()}


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


def guess_columns(kind: str, columns: list[str]) -> list[Guess]:
    """The most likely column of ours for each of theirs, every column of either side used once."""
    candidates = sorted(
        (
            (difflib.SequenceMatcher(None, _plain(theirs), word).ratio(), ours, theirs, word)
            for ours in KINDS[kind].columns
            for word in _synonyms().get(ours, [_plain(ours)])
            for theirs in columns
        ),
        reverse=True,
    )
    guesses: dict[str, Guess] = {}
    for likeness, ours, theirs, word in candidates:
        if likeness >= 0.75 and ours not in guesses and theirs not in {one.physical_name for one in guesses.values()}:
            guesses[ours] = Guess(ours, theirs, f"its name is like `{word}` ({likeness:.0%})")
    return [guesses[ours] for ours in KINDS[kind].columns if ours in guesses]


def _date_format(values: list[str]) -> str | None:
    with duckdb.connect() as connection:
        for written, pattern in _DATE_FORMATS.items():
            query = (
                "select count(*) > 0 and bool_and(try_strptime(value, ?) is not null) from unnest(?) as cells (value)"
            )
            if connection.execute(query, [pattern, values]).fetchall()[0][0]:
                return written
    return None


def _yaml(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1000).strip().removesuffix("\n...")


def _head(sample: Path, partner: str, kind: str, look: Sample) -> list[str]:
    lines = [
        f"# A draft made from {sample.name}: read every guess, then write `status: active`.",
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {partner}.{kind}",
        "version: 0.1.0",
        "status: draft",
        "servers:",
        "  - server: landing",
        "    type: local",
        f"    path: {partner}/{kind}/*{sample.suffix}",
        f"    format: {look.format}",
    ]
    if look.dialect:
        lines += [f"    encoding: {look.encoding}", "    customProperties:"]
        lines += [f"      - {{property: {word}, value: {_yaml(value)}}}" for word, value in look.dialect.items()]
    return lines


def _schema(kind: str, look: Sample, guesses: list[Guess]) -> list[str]:
    lines = ["schema:", f"  - name: {kind}", "    properties:"]
    for guess in guesses:
        column = KINDS[kind].columns[guess.name]
        logical = _LOGICAL.get(column.type, "string")
        words = f"name: {guess.name}, physicalName: {_yaml(guess.physical_name)}, logicalType: {logical}"
        evidence = guess.evidence
        if column.type == DATE and look.format == "csv":
            written = _date_format(look.values[guess.physical_name])
            words += f", logicalTypeOptions: {{format: {written}}}" if written else ""
            evidence += f"; all sampled values are dates as {written}" if written else "; no date format fits"
        lines += [f"      # {evidence}", f"      - {{{words}{', required: true' if column.required else ''}}}"]
    mapped = {guess.name for guess in guesses}
    used = {guess.physical_name for guess in guesses}
    lines += [
        f"      # needed and not found: {name} ({KINDS[kind].columns[name].description}); map it or give it a default"
        for name in KINDS[kind].required
        if name not in mapped
    ]
    return lines + [f"      # not mapped: {theirs}" for theirs in look.values if theirs not in used]


def _rest(partner: str, look: Sample) -> list[str]:
    return [
        "customProperties:",
        f"  - {{property: partner, value: {partner}}}",
        "  # append: every line is an event; keyed: a later line restates (name the primaryKey); replace_period",
        "  - {property: delivery, value: append}",
    ]
