"""Any table, in any dialect, is read back cell by cell; any bytes are accounted for line by line.

`SELLTRACE_EXAMPLES=3000` runs that many examples of each property instead of the few that CI takes.
"""

from __future__ import annotations

import csv
import io
import os
import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from orchestration.contracts.model import Contract, Mapping
from orchestration.ingest.ingest import open_ingest
from orchestration.ingest.relation import Unreadable
from tests.unit.ingest.csv_reading import read
from tests.unit.ingest.feeds import sell_out_contract

_EXAMPLES = int(os.environ.get("SELLTRACE_EXAMPLES", "30"))
_MANY = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
_BOM = "\ufeff"
#: encoding of the contract, of the file, and what the file begins with
_ENCODINGS = [
    ("utf-8", "utf-8", ""), ("utf-8", "utf-8", _BOM), ("utf-16", "utf-16-le", _BOM), ("utf-16", "utf-16-be", _BOM),
    ("cp1252", "cp1252", ""), ("latin-1", "latin-1", ""),
]  # fmt: skip
_NAMES = {
    "product_code": "Code", "period_start": "Jour", "units": "Qté", "amount": "CA", "label": "Libellé produit",
    "location_code": "Officine",
}  # fmt: skip
_DATES = {"dd/MM/yyyy": "%d/%m/%Y", "yyyy-MM-dd": "%Y-%m-%d", "dd.MM.yy": "%d.%m.%y", "yyyyMMdd": "%Y%m%d"}
#: hypothesis knows the words of our code, and errors of a spreadsheet are set aside
_TEXT = st.text(
    st.sampled_from("aé€Z 0;,|\t\"'\n\r«\u00a0\u0301𝄞.") | st.characters(codec="utf-8"), max_size=12
).filter(lambda text: not re.fullmatch("#[A-Z0/]+[!?]?", text.strip()))


@dataclass(frozen=True)
class Dialect:
    """How a partner writes a table."""

    stated: str
    encoding: str
    start: str
    delimiter: str
    quote: str
    quotes_all: bool
    decimal: str
    thousands: str
    date_format: str
    end: str
    preamble: tuple[str, ...]
    last_end: bool
    seed: int

    def number(self, value: Decimal) -> str:
        """A number as this partner prints it, some grouped, some with the sign behind."""
        chance = random.Random(f"{self.seed}{value}")
        written = f"{abs(value):,}" if chance.random() < 0.7 and self.thousands else f"{abs(value)}"
        written = written.replace(",", "\0").replace(".", self.decimal).replace("\0", self.thousands)
        if value < 0:
            return chance.choice(["-{}", "{}-", "({})", "- {}"]).format(written)
        return chance.choice(["{}", "{}", "+{}"]).format(written)

    def day(self, value: date) -> str:
        """A date as this partner prints it."""
        return value.strftime(_DATES[self.date_format])


@st.composite
def _dialects(draw: st.DrawFn) -> Dialect:
    stated, encoding, start = draw(st.sampled_from(_ENCODINGS))
    is_unicode = encoding.startswith("utf")
    delimiter, quote = (
        draw(st.sampled_from(";,\t|" + ("§" if is_unicode else ""))),
        draw(st.sampled_from(['"', "'", ""])),
    )
    decimal = draw(st.sampled_from(".,"))
    thousands = draw(st.sampled_from(["", " ", "\u00a0", ".", ",", "'", *(["\u202f", "\u2009"] if is_unicode else [])]))
    assume(thousands != decimal)
    assume(quote or delimiter not in (decimal, thousands))
    line = st.text(st.characters(codec=encoding, exclude_categories=["Cc", "Zl", "Zp"]), max_size=15)
    return Dialect(
        stated, encoding, start, delimiter, quote, draw(st.booleans()), decimal, thousands,
        draw(st.sampled_from(list(_DATES))), draw(st.sampled_from(["\n", "\r\n", "\r"])),
        tuple(draw(st.lists(line, max_size=3))), draw(st.booleans()), draw(st.integers(0, 9)),
    )  # fmt: skip


_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "product_code": st.from_regex(r"[A-Z]{1,3}[0-9]{0,4}", fullmatch=True),
            "period_start": st.dates(date(1971, 1, 1), date(2068, 12, 31)),
            "units": st.decimals(-(10**6), 10**6, places=2),
            "amount": st.none() | st.decimals(-(10**9), 10**9, places=6),
            "label": _TEXT,
            "location_code": _TEXT,
            "extra": _TEXT,
        }
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_ingest() as opened:
        yield opened


def _contract(dialect: Dialect) -> Contract:
    server = {"encoding": dialect.stated, "delimiter": dialect.delimiter, "quote": dialect.quote}
    server |= {"decimal": dialect.decimal, "thousands": dialect.thousands}
    mappings = [
        Mapping(name=name, physical_name=theirs, date_format=dialect.date_format if name == "period_start" else None)
        for name, theirs in _NAMES.items()
    ]
    return sell_out_contract({**server, "skip_rows": len(dialect.preamble)}, mappings=tuple(mappings))


def _written(dialect: Dialect, columns: list[str], rows: list[dict[str, Any]]) -> tuple[str, list[int]]:
    """The text of a file, and the physical line on which each row begins."""
    text = "".join(line + dialect.end for line in dialect.preamble)
    numbers = []
    for cells in [[_NAMES.get(column, "Rémarque") for column in columns], *([row[c] for c in columns] for row in rows)]:
        numbers.append(1 + text.count("\r" if dialect.end == "\r" else "\n"))
        written = io.StringIO()
        breaks = any(mark in cell for cell in cells for mark in "\r\n")
        quoting = csv.QUOTE_ALL if dialect.quotes_all or breaks else csv.QUOTE_MINIMAL
        csv.writer(
            written, delimiter=dialect.delimiter, lineterminator=dialect.end, quotechar=dialect.quote or None,
            quoting=quoting if dialect.quote else csv.QUOTE_NONE,
        ).writerow(cells)  # fmt: skip
        text += written.getvalue()
    return (text if dialect.last_end else text.removesuffix(dialect.end)), numbers[1:]


def _as_printed(dialect: Dialect, row: dict[str, Any]) -> dict[str, str]:
    amount = row["amount"]
    printed = {"period_start": dialect.day(row["period_start"]), "units": dialect.number(row["units"])}
    printed["amount"] = "" if amount is None else dialect.number(amount)
    unwritable = set() if dialect.quote else {dialect.delimiter, "\r", "\n"}
    for name in ("product_code", "label", "location_code", "extra"):
        encoded = row[name].encode(dialect.encoding, errors="ignore").decode(dialect.encoding)
        printed[name] = "".join(letter for letter in encoded if letter not in unwritable)
        if dialect.stated == "latin-1":
            printed[name] = "".join(letter for letter in printed[name] if not "\x80" <= letter <= "\x9f")
    return printed


@_MANY
@given(_dialects(), _ROWS, st.permutations([*_NAMES, "extra"]))
def test_a_table_in_any_dialect_is_read_back_cell_by_cell(
    connection: duckdb.DuckDBPyConnection, dialect: Dialect, rows: list[dict[str, Any]], columns: list[str]
) -> None:
    printed = [_as_printed(dialect, row) for row in rows]
    text, numbers = _written(dialect, columns, printed)
    content = (dialect.start + text).encode(dialect.encoding)
    assume(dialect.encoding.startswith("utf") or not _is_utf8(content))
    outcome = read(connection, _contract(dialect), content)
    assert (outcome.quarantined, outcome.outside) == ([], [])
    assert outcome.accepted == {
        number: {
            "product_code": row["product_code"],
            "period_start": row["period_start"],
            "units": row["units"],
            "amount": row["amount"],
            "label": _stripped(shown["label"]),
            "location_code": _stripped(shown["location_code"]),
        }
        for number, row, shown in zip(numbers, rows, printed, strict=True)
    }


def _stripped(cell: str) -> str | None:
    blanks = [letter for letter in cell if unicodedata.category(letter) == "Zs"]
    return cell.strip("".join({" ", *blanks})) or None


def _is_utf8(content: bytes) -> bool:
    try:
        return not content.decode().isascii()
    except UnicodeDecodeError:
        return False


_PLAIN_NAMES = {name: theirs.encode("ascii", "ignore").decode() for name, theirs in _NAMES.items()}
_HEADER = ";".join(_PLAIN_NAMES.values()).encode()
_LINE = b"A;06/01/2025;1;2;x;y"
_PIECES = st.sampled_from(
    [_HEADER, _LINE, b"\n", b"\r\n", b"\r", b";", b'"', b'""', b"\0", b" ", b"\xc3\xa9", b"\xef\xbb\xbf", b"\n\n",
     b"Stock au 31/12", b"Depot;Adresse", b"P1;Rue", b"Code;Jour;Stock;Valeur;a;b"]
)  # fmt: skip
_TABLE = st.lists(_PIECES, max_size=40).map(b"".join)
_HEADED = st.builds(b"%b\n%b".__mod__, st.tuples(st.just(_HEADER), _TABLE))
_BYTES = st.binary(max_size=200) | st.builds(bytes.__add__, _TABLE, st.binary(max_size=3)) | _HEADED | _HEADED | _HEADED


@_MANY
@given(
    _BYTES,
    st.sampled_from(["utf-8", "utf-8", "cp850", "mac-roman", "utf-16-le"]),
    st.sampled_from(['"', ""]),
    st.integers(0, 2),
)
def test_any_bytes_are_read_or_rejected_and_no_line_is_lost(
    connection: duckdb.DuckDBPyConnection, content: bytes, encoding: str, quote: str, skipped: int
) -> None:
    mappings = tuple(
        Mapping(name=name, physical_name=theirs, date_format="dd/MM/yyyy" if name == "period_start" else None)
        for name, theirs in _PLAIN_NAMES.items()
    )
    if encoding == "utf-16-le":
        content = content.decode(errors="ignore").encode(encoding)
    contract = sell_out_contract({"encoding": encoding, "quote": quote, "skip_rows": skipped}, mappings=mappings)
    try:
        outcome = read(connection, contract, content)
    except Unreadable as refusal:
        event(f"refused: {refusal.code}")
        assert refusal.code in ("encoding", "header")
        return
    event("read" if outcome.accepted or outcome.outside else "read, all set aside")
    numbers = sorted([*outcome.accepted, *(line[0] for line in outcome.quarantined), *outcome.outside])
    assert len(numbers) == len(set(numbers))
    if not quote and not re.search(rb"\r(?!\n)", content):
        lines = content.decode("utf-8-sig" if encoding == "utf-8" else encoding).split("\n")
        surely_read = {
            number for number, line in enumerate(lines, start=1) if number > skipped and line.strip(" \t\r;")
        }
        assert len(surely_read - set(numbers)) <= 1, "no more than the header is left out"
        assert set(numbers) <= set(range(1, len(lines) + 1))
