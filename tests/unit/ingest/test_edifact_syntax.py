"""EDIFACT as senders write it: delimiters, released characters, line breaks, character sets, and noise."""

from __future__ import annotations

import random
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from orchestration.ingest.edifact.syntax import LONGEST, Delimiters, elements
from orchestration.ingest.edifact.text import segments
from orchestration.ingest.relation import Unreadable
from tests.unit.ingest.edifact_samples.interchange import (
    SUN_MILK,
    column,
    edifact_contract,
    interchange,
    rows,
    sale,
    sales,
)

REPORT = interchange(sales(sale(1, 3), sale(2, 4)))


def texts(text: str) -> list[str]:
    return [segment for _, segment, _ in segments(StringIO(text))]


@pytest.mark.parametrize("una", ["UNA:+.? '", "UNA*|.\\ ~", "UNA:+,? \n", "UNA:+.? \r\n", "UNA\x1f\x1d.  \x1c", ""])
def test_delimiters_are_those_of_una(una: str) -> None:
    component, element, _, release, _, terminator = list(una[3:9] or ":+.? '")
    swapped = REPORT.translate(str.maketrans({":": component, "+": element, "'": terminator, "?": release}))
    assert column(rows(una + swapped), "product_code", "units") == [(SUN_MILK, "3"), (SUN_MILK, "4")]


def test_syntax_level_b_needs_no_una() -> None:
    swapped = REPORT.translate(str.maketrans({":": "\x1f", "+": "\x1d", "'": "\x1c"})).replace("UNOC", "UNOB")
    assert column(rows(swapped), "units") == ["3", "4"]


def test_released_characters_stand_for_themselves() -> None:
    parts = elements("IMD+F++:::O?'SOLEIL 50?+ ?:?? ?x+B?", Delimiters())
    assert parts == [["IMD"], ["F"], [""], ["", "", "", "O'SOLEIL 50+ :? x"], ["B?"]]
    assert texts("UNB+a?'b??'c?'?''d") == ["UNB+a?'b??", "c?'?'", "d"]


def test_without_a_release_character_a_question_mark_is_text() -> None:
    una = "UNA:+.  '"
    report = interchange(sales("LIN+1++Q?:SA'IMD+F++:::SUN MILK'QTY+153:1"))
    assert column(rows(una + report), "product_code", "label") == [("Q?", "SUN MILK")]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "  \n\t", "\x00\r\n"])
def test_what_stands_between_segments_is_no_data(line_end: str) -> None:
    spread = REPORT.replace("'", f"'{line_end}")
    assert rows(spread + "\n\x1a") == rows(REPORT)
    assert column(rows(spread), "line_number") == [7, 9]


def test_lines_wrapped_anywhere_are_put_together() -> None:
    wrapped = "\r\n".join(REPORT[at : at + 35] for at in range(0, len(REPORT), 35))
    assert rows(wrapped) == rows(REPORT)


def test_segments_are_numbered_through_the_file_and_una_is_none() -> None:
    text = f"UNA:+.? '{REPORT}\n{interchange(sales(sale(1)), control='C2')}"
    assert column(rows(text), "line_number", "interchange") == [
        (7, "2900000000018|2900000000025|C1"),
        (9, "2900000000018|2900000000025|C1"),
        (19, "2900000000018|2900000000025|C2"),
    ]


def test_each_interchange_may_bring_its_own_delimiters() -> None:
    other = "UNA;*,! ~\n" + interchange(sales(sale(1, "7"))).translate(str.maketrans(":+'", ";*~"))
    last = interchange(sales(sale(1, "9")), control="C3").translate(str.maketrans(":+'", ";*~"))
    found = rows(f"UNA:+.? '{REPORT}\r\n{other.replace('C1', 'C2')}\n{last}")
    assert column(found, "units", "problem") == [("3", None), ("4", None), ("7", None), ("9", None)]


@pytest.mark.parametrize(
    ("una", "text", "stated", "units"),
    [
        ("UNA:+,? '", "39,95", {}, "39.95"),
        ("UNA:+.? '", "39.95", {}, "39.95"),
        ("", ".5", {}, ".5"),
        ("", "-2", {}, "-2"),
        ("", "39,95", {"decimal": ","}, "39.95"),
        ("UNA:+,? '", "39.95", {"decimal": "."}, "39.95"),
    ],
)
def test_the_decimal_mark_is_that_of_the_contract_else_of_una(
    una: str, text: str, stated: dict[str, Any], units: str
) -> None:
    [row] = rows(una + interchange(sales(sale(1, text))), edifact_contract(server=stated))
    assert (float(row["units"]), row["problem"]) == (float(units), None)


@pytest.mark.parametrize(
    ("una", "text"), [("UNA:+,? '", "1.234"), ("", "39,95"), ("", "1 000"), ("", "1E3"), ("", "٣")]
)
def test_a_number_that_is_none_is_told_by_its_segment(una: str, text: str) -> None:
    [row] = rows(una + interchange(sales(sale(1, text)), syntax="UNOY:4"), encoding="utf-8")
    assert row["problem_code"] == "not_a_number"
    assert row["problem"].startswith("segment 8: ")
    assert row["units"] is None


@pytest.mark.parametrize(
    ("syntax", "charset"), [("UNOA:1", "latin-1"), ("UNOC:3", "latin-1"), ("UNOD:3", "iso8859-2"), ("UNOY:4", "utf-8")]
)
def test_the_character_set_is_that_of_unb(syntax: str, charset: str) -> None:
    label = "Crème" if charset == "latin-1" else "Krém ž"
    if charset == "iso8859-2":
        label = "Krém č"
    report = interchange(sales(f"LIN+1++{SUN_MILK}:EN'IMD+F++:::{label}'QTY+153:1"), syntax=syntax)
    [row] = rows(report, encoding=charset)
    assert row["label"] == label
    assert label in row["line"]


@pytest.mark.parametrize(("syntax", "encoding"), [("UNOC:3", "utf-8"), ("UNOC:3", "utf-16"), ("UNOY:4", "latin-1")])
def test_the_encoding_of_the_contract_wins(syntax: str, encoding: str) -> None:
    report = interchange(sales(f"LIN+1++{SUN_MILK}:EN'IMD+F++:::Crème'QTY+153:1"), syntax=syntax)
    [row] = rows(report, edifact_contract(server={"encoding": encoding}), encoding=encoding)
    assert (row["label"], row["problem"]) == ("Crème", None)


def test_a_byte_order_mark_is_no_text() -> None:
    assert column(rows("\ufeff" + REPORT, encoding="utf-8"), "units") == ["3", "4"]


def test_text_in_another_character_set_than_unb_says_is_set_aside() -> None:
    report = interchange(sales(f"LIN+1++{SUN_MILK}:EN'IMD+F++:::Crème'QTY+153:1", sale(2)), syntax="UNOY:4")
    found = rows(report, encoding="latin-1")
    assert column(found, "problem_code", "line_number") == [("encoding", 7), (None, 10)]


def test_text_in_another_encoding_than_the_contract_says_rejects_the_file() -> None:
    report = interchange(sales(f"LIN+1++{SUN_MILK}:EN'IMD+F++:::Crème'QTY+153:1"))
    with pytest.raises(Unreadable, match="correct `encoding` in the contract"):
        rows(report, edifact_contract(server={"encoding": "utf-8"}), encoding="latin-1")


@pytest.mark.parametrize(
    "text", ["", "\n", "ISA*00*", "product;units\nA;1\n", "UNA", "UNA:::: '", "UNAABCDE'", "\x00\xff\xfe" * 50]
)
def test_a_file_that_does_not_begin_as_edifact_is_rejected(text: str) -> None:
    with pytest.raises(Unreadable, match="ask the partner to send it again"):
        rows(text)


class _Endless:
    """A file of one beginning and then the same text over and over, never in memory as a whole."""

    def __init__(self, beginning: str, text: str, length: int) -> None:
        self._parts = self._all(beginning, text, length)
        self.longest_wait = 0

    def _all(self, beginning: str, text: str, length: int) -> Iterator[str]:
        yield beginning
        block = text * (100_000 // len(text))
        for _ in range(length // len(block)):
            yield block

    def read(self, _size: int) -> str:
        return next(self._parts, "")


@pytest.mark.parametrize("text", ["A", "?'", "??", "\n", "+:", " "])
def test_a_hundred_megabytes_without_terminator_are_one_segment_cut_off(text: str) -> None:
    stream: Any = _Endless("UNB+UNOC:3+a'LIN", text, 20_000_000)
    found = [segment for _, segment, _ in segments(stream)]
    assert found[0] == "UNB+UNOC:3+a"
    assert len(found) == 2
    assert len(found[1]) <= LONGEST + 1


def test_what_stands_behind_a_segment_that_is_too_long_is_read_as_it_is() -> None:
    for filling in ("A" * 300_000, "?'" * 300_000, "A" + "?'" * 300_000, "??" * 250_001, "A" + "??" * 250_001):
        found = texts(f"UNB+1'LIN+{filling}'QTY+153:1'")
        assert [found[0], found[2]] == ["UNB+1", "QTY+153:1"]
        assert len(found[1]) == LONGEST + 1


def test_blanks_without_end_between_segments_cut_nothing_off() -> None:
    assert texts("UNB+1'" + "\r\n " * 200_000 + "LIN+1'") == ["UNB+1", "LIN+1"]


NOISE = (
    """
UNA:+.? '|UNB+UNOY:3+a+b+1:1+c'|UNH+1+SLSRPT:D:96A'|UNH+1+ORDERS:D:96A'|UNT+2+1'|UNZ+1+c'|UNG+a'|UNE+1+a'|UNS+S'|CNT'
LIN+1++x:EN'|LIN'|LIN++:+|QTY+153:1'|QTY+145:2'|QTY'|QTY+'|LOC+162'|LOC+162+a'|LOC+14+:::'|DTM+356'|DTM+137:x:102'
PIA+5+::'|NAD'|NAD+BY+a'|INV'|INV+1'|PRI+AAA'|PRI+AAA:1::::0'|IMD+++'|CPS'|BGM'|BGM+380+a+1'|MOA+203:x'|GIN'|ALC'|:+'|?
""".strip()
    .replace("\n", "|")
    .split("|")
)


@pytest.mark.parametrize("seed", range(20))
def test_noise_never_breaks_out(seed: int) -> None:
    chance = random.Random(seed)
    text = "UNB+UNOC:3+a+b+1:1+c'" + "".join(chance.choices(NOISE, k=400))
    for kind in ("sell_out", "stock", "sell_in"):
        found = rows(text, edifact_contract(kind))
        assert found
        assert len({row["line_number"] for row in found}) == len(found)


def test_random_bytes_are_rejected_or_set_aside() -> None:
    noise = random.Random(3).randbytes(200_000)
    with pytest.raises(Unreadable):
        rows(noise)
    found = rows(b"UNB+UNOC:3+a+b+1:1+c'" + noise)
    assert found
    assert {row["problem_code"] for row in found} == {"envelope"}
