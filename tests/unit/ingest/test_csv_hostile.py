"""Files that would break a reader: each ends in a reason, and harms no other file of its batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.ingest.csv.reader import CSV
from orchestration.ingest.ingest import open_ingest
from orchestration.ingest.relation import Unreadable
from orchestration.settings import Settings
from tests.unit.ingest.csv_reading import Outcome, read
from tests.unit.ingest.feeds import deliver, quarantine, sell_out_contract, take_in

HEADER = "Code;Jour;Qté;CA\n"
LINE = "A;06/01/2025;1;1\n"
MILLION = 1_000_000


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_ingest() as opened:
        yield opened


def _reasons(outcome: Outcome) -> list[tuple[int, str]]:
    return [(number, reason) for number, reason, _ in outcome.quarantined]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_gigabyte_without_a_line_end_is_refused_at_once(tmp_path: Path, encoding: str) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(HEADER.encode(encoding))
    os.truncate(source, 1 << 30)  # a hole: reading it whole would take seconds
    with pytest.raises(Unreadable, match=r"^line 2 is longer than 1 MB; ask the partner to send it again$"):
        CSV.plain(sell_out_contract({"encoding": encoding}), source, tmp_path)


@pytest.mark.parametrize("length", [(1 << 20) - 4, (1 << 20) + 4])
@pytest.mark.parametrize("before", [0, 1, 500_000, 900_000])
def test_a_line_is_measured_across_chunks(tmp_path: Path, length: int, before: int) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(b"x" * before + b"\n" + b"y" * length + b"\nz\n")
    server = sell_out_contract()
    if length > 1 << 20:
        with pytest.raises(Unreadable, match=r"^line 2 is longer"):
            CSV.plain(server, source, tmp_path)
    else:
        assert CSV.plain(server, source, tmp_path) == source


def test_a_hostile_file_harms_no_other_of_its_batch(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", HEADER + LINE + "x" * (2 << 20))
    deliver(settings, "shop/b.csv", HEADER + '"' * MILLION + "\n" + LINE)
    deliver(settings, "shop/c.csv", HEADER.encode() + b"\xff\n")
    deliver(settings, "shop/d.csv", HEADER + LINE)
    entries = {entry.file_name: entry for entry in take_in(settings, sell_out_contract())}
    assert [entries[f"shop/{name}.csv"].lines_parsed for name in "abcd"] == [0, 1, 0, 1]
    assert {name for name, entry in entries.items() if entry.rejected_reason} == {"shop/a.csv", "shop/c.csv"}
    assert sorted(quarantine(settings)) == [(1, "encoding"), (1, "line_length"), (2, "ragged_line")]


def test_a_hundred_thousand_columns_are_refused(connection: duckdb.DuckDBPyConnection) -> None:
    header = HEADER.strip() + "".join(f";c{place}" for place in range(100_000)) + "\n"
    with pytest.raises(Unreadable) as refusal:
        read(connection, sell_out_contract(), header + LINE)
    reason = "the header has 100004 cells, more than 4096; correct `delimiter` in the contract"
    assert str(refusal.value) == reason


def test_thousands_of_columns_are_read(connection: duckdb.DuckDBPyConnection) -> None:
    header = HEADER.strip() + "".join(f";c{place}" for place in range(4000)) + "\n"
    lines = (LINE.strip() + ";x" * 4000 + "\n") * 20
    quoted = (LINE.strip() + ';"x"' * 4000 + "\n") * 20
    outcome = read(connection, sell_out_contract(), header + lines + quoted)
    assert outcome.column("amount") == [Decimal(1)] * 40


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (";" * MILLION, "the line has 1000001 cells, the header has 4"),
        ('"x"' + ";" * MILLION, "the line has up to 1000001 cells, the header has 4"),
        ('"' + ";" * MILLION, "a quote on this line has no partner"),
        ('"' * MILLION, "the line has up to 1 cells, the header has 4"),
        ('"' * (MILLION + 1), "a quote on this line has no partner"),
        ('"' * 999, "a quote on this line has no partner"),
        ('"' * 1000, "the line has 1 cells, the header has 4"),
        ("\0" * MILLION, "the line has 1 cells, the header has 4"),
        ('";' * 500_000, "the line has up to 500001 cells, the header has 4"),
    ],
)
def test_a_monstrous_line_is_set_aside_and_the_next_is_read(
    connection: duckdb.DuckDBPyConnection, line: str, reason: str
) -> None:
    outcome = read(connection, sell_out_contract(), f"{HEADER}{LINE}{line}\n{LINE}")
    assert _reasons(outcome) == [(3, reason)]
    assert list(outcome.accepted) == [2, 4]


def test_a_line_of_delimiters_within_quotes_is_read(connection: duckdb.DuckDBPyConnection) -> None:
    cell = ";" * 1999
    outcome = read(connection, sell_out_contract(), f'{HEADER}"{cell}";06/01/2025;1;1\n')
    assert outcome.column("product_code") == [cell]


def test_thousands_of_lone_quotes_pair_up_or_are_set_aside(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, sell_out_contract(), HEADER + '"\n' * 9999)
    assert len(outcome.quarantined) == 5000
    assert outcome.quarantined[-1][:2] == (10_000, "a quote on this line has no partner")


def test_a_hundred_thousand_blank_lines_are_none(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, sell_out_contract(), HEADER + "\n" * 100_000 + LINE + ";;;\n" * 100_000 + LINE)
    assert outcome.numbers == ([100_002, 200_003], [], [])


def test_a_header_on_every_line_is_no_line(connection: duckdb.DuckDBPyConnection) -> None:
    headers = "".join(f"Code;Jour;Qté;CA;x{place}\n" for place in range(2000))
    outcome = read(connection, sell_out_contract(), headers + LINE.strip() + ";2\n")
    assert (outcome.numbers[:2], len(outcome.outside)) == (([2001], []), 1999)
