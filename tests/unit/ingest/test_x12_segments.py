"""X12 text: the marks of every interchange, odd line ends, and files that are none."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.ingest.relation import Unreadable
from orchestration.ingest.x12.segments import LONGEST_SEGMENT, Marks, cut
from tests.unit.ingest.x12_files import (
    WEEK,
    figures,
    file_of,
    group,
    interchange,
    rows_of,
    transaction_set,
    written,
    x12_contract,
)

SALES = x12_contract("sell_out", "units")
SEGMENTS = interchange(group(transaction_set("852", WEEK, "LIN*1*UP*111", "ZA*QS*5*EA")))
PLAIN = written(SEGMENTS)
MEGABYTES = int(os.environ.get("SELLTRACE_MEGABYTES", "20"))
NOT_FIXED = interchange(group(transaction_set("852", WEEK, "LIN*1*UP*111", "ZA*QS*5*EA")), is_fixed=False)


def _other_marks(segments: list[str], element: str, component: str, end: str) -> str:
    return written(segments, end).replace("*", element).replace(">", component)


@pytest.mark.parametrize("segments", [SEGMENTS, NOT_FIXED], ids=["fixed", "not fixed"])
@pytest.mark.parametrize(
    "written_as",
    [
        lambda segments: written(segments, "~"),
        lambda segments: written(segments, "~\r\n\t  "),
        lambda segments: written(segments, " ~\n\n"),
        lambda segments: written(segments, "\n"),
        lambda segments: written(segments, "\r\n"),
        lambda segments: written(segments, "\r"),
        lambda segments: written(segments[:1], "\r\n") + written(segments[1:], "\n"),
        lambda segments: written(segments, "\r\n").strip(),
        lambda segments: written(segments, "~").removesuffix("~"),
        lambda segments: written(segments, "'"),
        lambda segments: _other_marks(segments, "~", ">", "}\r\n"),
        lambda segments: _other_marks(segments, "^", "|", "~"),
        lambda segments: _other_marks(segments, "|", "^", "\x1c"),
        lambda segments: _other_marks(segments, "\x1d", "\x1f", "\x1c"),
        lambda segments: "\ufeff  \r\n" + written(segments) + "\x1a",
        lambda segments: written(segments).replace(">~", "~"),
        lambda segments: written(segments, "~").replace("20250602", "2025\r\n0602"),
        lambda segments: written(segments)[:-2] + "~~\n^\n",
    ],
    ids=[
        "bare", "indented", "padded", "line ends", "CRLF", "CR", "CRLF then LF", "no last line end",
        "no last terminator", "apostrophe", "braces", "carets", "pipes", "control characters", "byte order mark",
        "no component", "wrapped", "punctuation",
    ],
)  # fmt: skip
def test_marks_and_line_ends_do_not_matter(
    tmp_path: Path, segments: list[str], written_as: Callable[[list[str]], str]
) -> None:
    found = rows_of(tmp_path, written_as(segments), SALES)
    columns = ("line_number", "product_code", "period_start", "units", "problem", "interchange")
    assert figures(found, *columns) == [(5, "111", "2025-06-02", "5", None, "SHOP|BRAND|000000007")]


def test_each_interchange_of_a_file_has_its_own_marks_and_number(tmp_path: Path) -> None:
    def one(control: str, product: str) -> list[str]:
        items = transaction_set("852", WEEK, f"LIN*1*UP*{product}", "ZA*QS*5*EA")
        return interchange(group(items, control="8"), group(items, items, control="9"), control=control)

    text = (
        written(one("1", "A"))
        + _other_marks(one("2", "B"), "^", "|", "}\r\n")
        + _other_marks(one("3", "C"), "|", ">", "\n")
        + written(one("4", "D"), "'")
    )
    found = figures(rows_of(tmp_path, text, SALES), "product_code", "interchange", "problem")
    expected = [(product, f"SHOP|BRAND|{number}", None) for number, product in enumerate("ABCD", start=1)]
    assert found == [line for line in expected for _ in range(3)]


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_where_chunks_end_does_not_matter(size: int) -> None:
    other = _other_marks(NOT_FIXED, "^", "|", "}\r\n")
    text = PLAIN + other + "strange text\n" + PLAIN.removesuffix("~\n") + "\n" + PLAIN
    whole = list(cut(iter([text])))
    assert len([segment for segment in whole if segment.identifier == "IEA"]) == 4
    assert list(cut(text[at : at + size] for at in range(0, len(text), size))) == whole
    assert [segment.number for segment in whole] == list(range(1, len(whole) + 1))


def test_the_marks_are_those_of_isa() -> None:
    assert next(cut(iter([_other_marks(SEGMENTS, "^", "|", "}\r\n")]))).marks == Marks("^", "|", "}")


def test_an_encoding_of_two_bytes_is_read_as_the_contract_states(tmp_path: Path) -> None:
    contract = x12_contract("sell_out", "units", encoding="utf-16")
    assert figures(rows_of(tmp_path, PLAIN, contract), "units") == [("5",)]


def test_accents_need_the_encoding_that_the_contract_states(tmp_path: Path) -> None:
    text = file_of(WEEK, "N1*RL*Orléans", "LIN*1*UP*111", "ZA*QS*5*EA").encode("cp1252")
    contract = x12_contract("sell_out", "units", encoding="cp1252")
    assert figures(rows_of(tmp_path, text, contract), "location_code") == [("Orléans",)]
    with pytest.raises(Unreadable, match=r"the file is not utf-8 .*correct `encoding` in the contract"):
        rows_of(tmp_path, text, SALES)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"UNB+UNOC:3+S+R'",
        b"Code;Jour\nA;1\n",
        b"ISA",
        b"ISA*00*",
        PLAIN[:104].encode(),
        PLAIN[:105].encode(),
        b"ISA*" * 200,
        b"ISA" + b"*" * 16,
        bytes(range(256)) * 400,
        b"\x00" * 5000,
        b"PK\x03\x04" + b"\xff" * 5000,
    ],
)
def test_what_is_not_x12_rejects_the_delivery(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Unreadable, match="the file is not X12, no ISA can be read"):
        rows_of(tmp_path, content, SALES)


def test_strange_text_around_interchanges_is_one_line_each_and_costs_nothing_else(tmp_path: Path) -> None:
    text = "Message-ID: <1@x>\n\n" + PLAIN + "goodbye, ISA friends\n" * 50 + PLAIN
    found = figures(rows_of(tmp_path, text, SALES), "line_number", "units", "problem")
    outside = "segment {}: this text stands outside any interchange; ask the partner to send it again"
    assert found == [(1, None, outside.format(1)), (6, "5", None), (11, None, outside.format(11)), (16, "5", None)]


@pytest.mark.parametrize("last", ["", "~", "~\n"])
@pytest.mark.parametrize("end", ["~\n", "}\n", "\n"])
def test_the_next_interchange_is_found_behind_one_that_has_no_end(tmp_path: Path, last: str, end: str) -> None:
    cut_short = PLAIN[: PLAIN.index("SE*")].removesuffix("~\n") + last
    following = written(SEGMENTS, end).replace("000000007", "000000008")
    found = figures(rows_of(tmp_path, f"{cut_short}\n{following}", SALES), "line_number", "problem")
    assert found == [(5, "segment 3: this ST has no SE; ask the partner to send it again"), (11, None)]


def _endless(head: str, piece: str, size: int) -> Iterator[str]:
    yield head + piece
    for _ in range(size // len(piece)):
        yield piece


HEAD = PLAIN[: PLAIN.index("ZA*")]


@pytest.mark.parametrize(
    ("head", "piece", "segments"),
    [
        ("", "x" * (1 << 20), 1),
        (HEAD, "*1" * (1 << 19), 6),
        (PLAIN, "ISA*" * (1 << 18), 10),
        (HEAD, " " * (1 << 20), 5),
        (HEAD, "\n" * (1 << 20), 5),
    ],
    ids=["no segment at all", "one segment", "ISA again and again", "blanks", "line ends"],
)
def test_text_without_an_end_takes_little_memory(head: str, piece: str, segments: int) -> None:
    tracemalloc.start()
    found = list(cut(_endless(head, piece, MEGABYTES << 20)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == segments
    assert peak < 8 << 20


def test_a_segment_longer_than_any_is_cut_and_the_rest_goes_on(tmp_path: Path) -> None:
    long = "PID*F****" + "x" * (3 * LONGEST_SEGMENT)
    text = written(
        interchange(
            group(
                transaction_set("852", WEEK, "LIN*1*UP*111", long, "ZA*QS*5*EA"),
                transaction_set("852", WEEK, "LIN*1*UP*222", "ZA*QS*6*EA", control="0002"),
            )
        )
    )
    assert figures(rows_of(tmp_path, text, SALES), "product_code", "units", "problem") == [
        ("111", "5", "segment 6: the segment is longer than 65536 characters; ask the partner to send it again"),
        ("222", "6", None),
    ]
