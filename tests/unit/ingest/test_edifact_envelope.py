"""Broken envelopes: what is set aside with which reason, and what beside it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.ingest.edifact import envelope as edifact_envelope
from orchestration.ingest.relation import Unreadable
from tests.unit.ingest.edifact_samples.interchange import (
    column,
    edifact_contract,
    interchange,
    message,
    rows,
    sale,
    sales,
)

GOOD = sales(sale(1, 3), reference="2")
IDENTITY = "2900000000018|2900000000025|C1"


def told(text: str, **words: Any) -> list[tuple[Any, ...]]:
    """Line number, units and reason of each line, the advice at the end of the reason left out."""
    found = rows(text, edifact_contract(**words))
    assert all(row["problem_code"] == "envelope" for row in found if row["problem"])
    return [(row["line_number"], row["units"], (row["problem"] or "").partition(";")[0]) for row in found]


def test_a_sound_interchange_has_nothing_to_tell() -> None:
    found = rows(interchange(sales(sale(1), sale(2)), GOOD))
    assert column(found, "problem", "interchange") == [(None, IDENTITY)] * 3


@pytest.mark.parametrize("count", [3, 12, 99])
def test_a_wrong_count_of_segments_sets_the_message_aside_and_keeps_the_one_beside_it(count: int) -> None:
    reason = f"segment 11: UNT says {count} segments, there are 10"
    assert told(interchange(sales(sale(1), sale(2), count=count), GOOD)) == [
        (7, "1", reason),
        (9, "1", reason),
        (17, "3", ""),
    ]


@pytest.mark.parametrize(
    ("unt", "reason"),
    [
        ("UNT+8+X'", "segment 9: UNT has the reference X, UNH in segment 2 1"),
        ("UNT++1'", "segment 9: UNT says no segments, there are 8"),
        ("UNT+x+1'", "segment 9: UNT says x segments, there are 8"),
        ("UNT'", "segment 9: UNT says no segments, there are 8"),
        ("", "segment 2: the message has no UNT before segment 9 (UNH)"),
    ],
)
def test_a_trailer_that_is_wrong_or_absent_sets_its_message_aside(unt: str, reason: str) -> None:
    first = sales(sale(1)).replace("UNT+8+1'", unt)
    assert [line[1:] for line in told(interchange(first, GOOD))] == [("1", reason), ("3", "")]


def test_leading_zeros_in_a_count_are_no_mistake() -> None:
    text = interchange(sales(sale(1)).replace("UNT+8", "UNT+008")).replace("UNZ+1", "UNZ+01")
    assert told(text) == [(7, "1", "")]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("UNZ+2+C1'", "UNZ+3+C1'", "segment 18: UNZ says 3 messages, there are 2"),
        ("UNZ+2+C1'", "UNZ+2+C2'", "segment 18: UNZ has the reference C2, UNB in segment 1 C1"),
        ("UNZ+2+C1'", "", "segment 1: the interchange has no UNZ before the file ends"),
        ("+C1'UNH", "+'UNH", "segment 1: UNB has no control reference"),
    ],
)
def test_a_broken_interchange_sets_all_its_messages_aside(before: str, after: str, reason: str) -> None:
    text = interchange(sales(sale(1)), GOOD).replace(before, after)
    assert told(text) == [(7, "1", reason), (15, "3", reason)]


def test_lines_of_a_broken_interchange_do_not_take_its_number() -> None:
    broken = rows(interchange(GOOD, count=2))
    assert column(broken, "interchange") == [None]
    assert column(rows(interchange(sales(sale(1), count=3), GOOD)), "interchange") == [IDENTITY, IDENTITY]


def test_an_interchange_that_another_cuts_off_leaves_the_other_whole() -> None:
    cut_off = interchange(sales(sale(1)), GOOD)[:-60]
    found = told(cut_off + "'" + interchange(GOOD, control="C2"))
    assert {reason for _, _, reason in found[:-1]} <= {
        "segment 1: the interchange has no UNZ before segment 15 (UNB)",
        "segment 10: the message has no UNT before segment 15 (UNB)",
    }
    assert (found[-1][1], found[-1][2]) == ("3", "")


def test_a_file_cut_off_anywhere_gives_no_line_that_counts() -> None:
    whole = interchange(sales(sale(1), sale(2)))
    for length in range(10, len(whole) - 2, 5):
        found = told(whole[:length])
        assert found
        assert all(reason for _, _, reason in found)


def test_the_last_terminator_may_be_missing() -> None:
    assert told(interchange(GOOD)[:-1]) == [(7, "3", "")]


def test_a_broken_message_without_a_line_item_is_one_line() -> None:
    text = interchange(message("SLSRPT", "BGM+73E::9+R1+9", count=9), GOOD)
    assert told(text) == [(2, None, "segment 4: UNT says 9 segments, there are 3"), (10, "3", "")]


def test_a_broken_interchange_without_a_line_item_is_one_line() -> None:
    assert told("UNB+UNOC:3+a+b+1:1+C1'") == [(1, None, "segment 1: the interchange has no UNZ before the file ends")]
    orders = message("ORDERS", "LIN+1++x:EN")
    found = rows(interchange(orders, count=2))
    assert column(found, "line_number", "is_outside", "problem_code") == [(3, True, "envelope"), (1, False, "envelope")]


def test_a_sound_report_without_line_items_has_no_lines() -> None:
    assert told(interchange(sales())) == []


def test_messages_of_another_type_are_out_of_scope_line_item_by_line_item() -> None:
    orders = message("ORDERS", "BGM+220+1+9", "LIN+1++x:EN", "QTY+21:5", "LIN+2++y:EN", "UNS+S")
    found = rows(interchange(orders, GOOD))
    assert column(found, "line_number", "is_outside", "line") == [
        (4, True, "LIN+1++x:EN'QTY+21:5'"),
        (6, True, "LIN+2++y:EN'UNS+S'"),
        (14, False, "LIN+1++2990000000019:EN'QTY+153:3:PCE'"),
    ]


def test_a_broken_message_of_another_type_is_still_out_of_scope() -> None:
    orders = message("ORDERS", "BGM+220+1+9", count=9)
    assert [line[1:] for line in told(interchange(orders, GOOD))] == [("3", "")]
    found = rows(interchange(message("ORDERS", "LIN+1++x:EN", count=9), GOOD))
    assert column(found, "is_outside") == [True, False]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD, "segment 1: the message stands outside an interchange (UNB)"),
        (interchange(GOOD).replace("UNH+2+SLSRPT:D:96A:UN'", ""), "segment 2: 'BGM+73E::9+R1+9' stands outside"),
    ],
)
def test_what_stands_outside_is_set_aside(text: str, reason: str) -> None:
    found = told(text)
    assert (found[0][1], found[0][2].startswith(reason)) == ("3", True)


def test_a_stray_trailer_is_one_line_and_harms_nothing() -> None:
    text = interchange(sales(sale(1)) + "UNT+8+1'", GOOD)
    assert told(text) == [(7, "1", ""), (10, None, "segment 10: UNT closes no message (UNH)"), (16, "3", "")]
    text = interchange(GOOD) + "UNZ+1+C1'"
    assert told(text)[1:] == [(11, None, "segment 11: UNZ closes no interchange (UNB)")]


def test_text_between_messages_is_one_line_and_harms_nothing() -> None:
    text = interchange(sales(sale(1)) + "HELLO'", GOOD)
    assert told(text)[1] == (10, None, "segment 10: 'HELLO' stands outside a message (UNH)")
    assert [line[1] for line in told(text)] == ["1", None, "3"]


def group(*messages: str, count: int | None = None, reference: str = "G1", closing: str | None = None) -> str:
    end = f"UNE+{count or len(messages)}+{reference}'" if closing is None else closing
    return f"UNG+SLSRPT+a+b+1:1+G1+UN+D:96A'{''.join(messages)}{end}"


def test_groups_hold_messages_and_are_what_the_interchange_counts() -> None:
    text = interchange(group(sales(sale(1)), GOOD), group(GOOD))
    assert [line[1:] for line in told(text)] == [("1", ""), ("3", ""), ("3", "")]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (group(GOOD, count=2), "segment 11: UNE says 2 messages, there are 1"),
        (group(GOOD, reference="G9"), "segment 11: UNE has the reference G9, UNG in segment 2 G1"),
        (group(GOOD, closing=""), "segment 2: the group has no UNE before segment 11 (UNG)"),
    ],
)
def test_a_broken_group_sets_its_messages_aside_alone(broken: str, reason: str) -> None:
    text = interchange(broken, group(sales(sale(1))))
    assert [line[1:] for line in told(text)] == [("3", reason), ("1", "")]


def test_a_stray_group_trailer_is_one_line() -> None:
    text = interchange(GOOD + "UNE+1+G1'")
    assert told(text)[1:] == [(10, None, "segment 10: UNE closes no group (UNG)")]


def test_an_interchange_counts_once_in_a_file() -> None:
    found = rows(interchange(GOOD) + interchange(sales(sale(1, 9))) + interchange(GOOD, control="C2"))
    assert column(found, "units", "problem_code") == [("3", None), ("9", "interchange_conflict"), ("3", None)]
    assert "came before in this file, in segment 1; ask the partner which one holds" in found[1]["problem"]


def test_a_broken_interchange_does_not_keep_its_repaired_copy_out() -> None:
    found = rows(interchange(GOOD, count=2) + interchange(GOOD))
    assert column(found, "problem_code") == ["envelope", None]


def test_an_interchange_that_is_a_test_is_set_aside() -> None:
    text = interchange(GOOD).replace("+C1'UNH", "+C1++++++1'UNH")
    assert column(rows(text), "problem_code", "interchange") == [("test", None)]


def test_a_segment_that_is_too_long_sets_its_message_aside() -> None:
    found = told(interchange(sales(sale(1), "FTX+AAI+++" + "A" * 5000), GOOD))
    assert [line[1] for line in found] == ["1", "3"]
    assert found[0][2].startswith("segment 9: it is longer than 4096 characters")
    assert found[1][2] == ""


def test_more_broken_messages_than_fit_in_memory_reject_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edifact_envelope, "_MOST_FAULTS", 5)
    assert len(rows(interchange(*["UNH+1+SLSRPT:D:96A'"] * 5))) == 5
    with pytest.raises(Unreadable, match="more than 5 messages are broken"):
        rows(interchange(*["UNH+1+SLSRPT:D:96A'"] * 6))
