"""Physical lines: what ends one, what is in one, and records of several."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from orchestration.contracts.model import Contract, Mapping
from orchestration.ingest.ingest import open_ingest
from tests.unit.ingest.csv_reading import read
from tests.unit.ingest.feeds import SELL_OUT, sell_out_contract

HEADER = "Code;Jour;Qté;Nom"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_ingest() as opened:
        yield opened


def contract(**server: object) -> Contract:
    mappings = (*SELL_OUT[:3], Mapping(name="label", physical_name="Nom"))
    return sell_out_contract(dict(server), mappings=mappings)


def _lines(*cells: str, end: str = "\n") -> str:
    return "".join(f"{line}{end}" for line in [HEADER, *(f"A;06/01/2025;1;{cell}" for cell in cells)])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_any_line_end_ends_a_line(connection: duckdb.DuckDBPyConnection, end: str, last: bool) -> None:
    text = _lines("x", "y", end=end)
    outcome = read(connection, contract(), text if last else text.removesuffix(end))
    assert [(number, line["label"]) for number, line in outcome.accepted.items()] == [(2, "x"), (3, "y")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_lone_carriage_return_within_a_line_is_kept(
    connection: duckdb.DuckDBPyConnection, end: str, quote: str
) -> None:
    outcome = read(connection, contract(), _lines(f"{quote}a\rb{quote}", f"{quote}\r\rc{quote}", "d", end=end))
    assert outcome.column("label") == ["a\rb", "\r\rc", "d"]
    assert list(outcome.accepted) == [2, 3, 4]


def test_a_carriage_return_that_moves_cells_is_set_aside_as_it_came(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, contract(), _lines("x\rB;07/01/2025;2;y", "z"))
    reason = "the line has 7 cells, the header has 4"
    assert outcome.quarantined == [(2, reason, "A;06/01/2025;1;x\rB;07/01/2025;2;y")]
    assert outcome.column("label") == ["z"]


@pytest.mark.parametrize(
    ("end", "cell", "next_line"),
    [("\n", "a\nb", 4), ("\r\n", "a\r\nb", 4), ("\r\n", "a\nb\r\n\r\nc", 6), ("\r", "a\nb", 3), ("\r", "a\rb", 4)],
)
def test_line_breaks_in_quotes_belong_to_the_cell_as_they_came(
    connection: duckdb.DuckDBPyConnection, end: str, cell: str, next_line: int
) -> None:
    outcome = read(connection, contract(), _lines(f'"{cell}"', "y", end=end))
    assert [(number, line["label"]) for number, line in outcome.accepted.items()] == [(2, cell), (next_line, "y")]


def test_a_line_of_several_is_set_aside_whole_as_it_came(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, contract(), _lines('"a\r\nb";5', "y", end="\r\n"))
    assert outcome.quarantined == [(2, "the line has 5 cells, the header has 4", 'A;06/01/2025;1;"a\r\nb";5')]
    assert list(outcome.accepted) == [4]


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ('"a;b"', "a;b"),
        ('"a ""b"" c"', 'a "b" c'),
        ('""""', '"'),
        ('""', None),
        ('5" TV', '5" TV'),  # a quote within a cell is text
        ('a"', 'a"'),
        ('"5" TV"', '5" TV'),
        ('"\u0301a"', "\u0301a"),
    ],
)
def test_quotes(connection: duckdb.DuckDBPyConnection, written: str, cell: str | None) -> None:
    outcome = read(connection, contract(), _lines(written, '"y"'))
    assert outcome.column("label") == [cell, "y"]


def test_without_quotes_a_quote_is_text(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, contract(quote=""), _lines('"a"', '"b', "c"))
    assert outcome.column("label") == ['"a"', '"b', "c"]


def test_another_quote(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, contract(quote="'"), _lines("'a;''b'", '"c"'))
    assert outcome.column("label") == ["a;'b", '"c"']


def test_a_quote_never_closed_costs_its_own_line(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, contract(), _lines("a", '"b\nc"', '"e', "f"))
    assert outcome.quarantined == [(5, "a quote on this line has no partner", 'A;06/01/2025;1;"e')]
    assert outcome.column("label") == ["a", "b\nc", "f"]


def test_an_open_quote_before_a_quoted_line_costs_its_own_line(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, contract(), _lines('"b', "c", '"d"', '"e\nf"'))
    assert outcome.quarantined == [(2, "a quote on this line has no partner", 'A;06/01/2025;1;"b')]
    assert outcome.column("label") == ["c", "d", "e\nf"]


def test_two_stray_quotes_do_not_swallow_the_lines_between(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, contract(), _lines("a", '"b', *["c"] * 20, 'd"', "e"))
    assert outcome.numbers == ([2, *range(4, 26)], [3], [])
    assert outcome.column("label") == ["a", *["c"] * 20, 'd"', "e"]


def test_records_across_chunks_are_whole(connection: duckdb.DuckDBPyConnection) -> None:
    long = "\n".join(["x" * 1000] * 700)
    outcome = read(connection, contract(), _lines(*[f'"{long}"'] * 9, "y"))
    assert outcome.column("label") == [long] * 9 + ["y"]
    assert list(outcome.accepted) == [*range(2, 6303, 700)]


@pytest.mark.parametrize("mark", ["\0", "\x01", "\x1a", "\x0b", "\x0c", "\x85", "\u2028", "\ufeff", "\x7f", "\x1f"])
def test_control_characters_are_kept_and_end_no_line(connection: duckdb.DuckDBPyConnection, mark: str) -> None:
    outcome = read(connection, contract(), _lines(f"a{mark}b", f'"{mark}c"'))
    assert outcome.column("label") == [f"a{mark}b", f"{mark}c"]


def test_a_nul_does_not_pass_for_a_digit(connection: duckdb.DuckDBPyConnection) -> None:
    [line] = read(connection, contract(), f"{HEADER}\nA;06/01/2025;1\x002;x\n").quarantined
    assert line[1] == "units (Qté): 1\x002 is not a number with decimal mark ,"


def test_blank_lines_are_none(connection: duckdb.DuckDBPyConnection) -> None:
    text = f"\n  \n{HEADER}\n\nA;06/01/2025;1;x\n;;;\n \t \n;;\nB;06/01/2025;2;y\n\n"
    outcome = read(connection, contract(), text)
    assert outcome.numbers == ([5, 9], [], [])


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|", " ", "§", "^", "\\", "]"])
@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_any_character_delimits(connection: duckdb.DuckDBPyConnection, delimiter: str, quote: str) -> None:
    rows = [["Code", "Jour", "Qté", "Nom"], ["A", "06/01/2025", "1", f"{quote}x{delimiter * bool(quote)}y{quote}"]]
    text = "\n".join(delimiter.join(row) for row in [*rows, ["B", "06/01/2025", "2", "z"], ["C"]])
    outcome = read(connection, contract(delimiter=delimiter, quote=quote), text)
    assert outcome.column("label") == [f"x{delimiter * bool(quote)}y", "z"]
    assert outcome.column("units") == [Decimal(1), Decimal(2)]
    assert [line[1] for line in outcome.quarantined] == ["the line has 1 cells, the header has 4"]


def test_totals_that_are_quoted_through_are_split_like_any_line(connection: duckdb.DuckDBPyConnection) -> None:
    text = (
        '"Code";"Jour";"Qté";"Nom"\n"A";"06/01/2025";"1";"x;y"\n"B";"06/01/2025";"1";"x"";""y"\n"C";"06/01/2025";"1"\n'
    )
    outcome = read(connection, contract(), text)
    assert outcome.column("label") == ["x;y", 'x";"y']
    assert outcome.numbers[1] == [4]
