"""X12 envelopes: what a broken one costs, and no more; control numbers that another delivery brought."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts.model import Contract
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.x12 import envelopes as x12_envelopes
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, lines, quarantine, take_in
from tests.unit.ingest.x12_files import (
    WEEK,
    figures,
    group,
    interchange,
    rows_of,
    transaction_set,
    written,
    x12_contract,
)

SALES = x12_contract("sell_out", "units", message="852")
CURE = "; ask the partner to send it again"


def _set(product: str, control: str) -> list[str]:
    return transaction_set("852", WEEK, f"LIN*1*UP*{product}", "ZA*QS*5*EA", control=control)


#: segments: ISA 1; GS 2, sets A 3-7 and B 8-12, GE 13; GS 14, set C 15-19, GE 20; IEA 21
WHOLE = interchange(group(_set("A", "0001"), _set("B", "0002")), group(_set("C", "0003"), control="2"))


def _changed(number: int, segment: str | None) -> str:
    """The whole file with one segment changed, or left out."""
    segments = list(WHOLE)
    segments[number - 1 : number] = [] if segment is None else [segment]
    return written(segments)


def _problems(rows: list[dict[str, Any]]) -> dict[str, str]:
    assert {row["problem_code"] for row in rows if "problem" in row} <= {"envelope"}
    return {row["product_code"]: row["problem"] for row in rows if "problem" in row}


def test_a_whole_file_has_no_problem(tmp_path: Path) -> None:
    found = rows_of(tmp_path, written(WHOLE), SALES)
    assert figures(found, "line_number", "product_code", "problem") == [
        (5, "A", None),
        (10, "B", None),
        (17, "C", None),
    ]


@pytest.mark.parametrize(
    ("number", "segment", "rejected", "reason"),
    [
        (7, "SE*6*0001", "A", "segment 7: SE01 counts `6` segments, there are 5"),
        (7, "SE*5*0009", "A", "segment 7: SE02 `0009` is not ST02 `0001`"),
        (7, "SE*5", "A", "segment 7: SE02 `` is not ST02 `0001`"),
        (7, "SE**0001", "A", "segment 7: SE01 counts `` segments, there are 5"),
        (7, None, "A", "segment 3: this ST has no SE"),
        (4, None, "A", "segment 6: SE01 counts `5` segments, there are 4"),
        (9, "XQ*H*20250602~PID*F", "B", "segment 13: SE01 counts `5` segments, there are 6"),
        (13, "GE*3*1", "AB", "segment 13: GE01 counts `3` sets, there are 2"),
        (13, "GE*2*7", "AB", "segment 13: GE02 `7` is not GS06 `1`"),
        (13, None, "AB", "segment 2: this GS has no GE"),
        (20, "LIN*1*UP*D~GE*1*2", "C", "segment 20: LIN stands outside any set"),
        (21, "IEA*1*000000007", "ABC", "segment 21: IEA01 counts `1` groups, there are 2"),
        (21, "IEA*2*000000008", "ABC", "segment 21: IEA02 `000000008` is not ISA13 `000000007`"),
        (21, None, "ABC", "segment 1: this ISA has no IEA"),
        (2, None, "ABC", "segment 2: ST stands outside any group"),
    ],
)
def test_a_broken_envelope_costs_the_line_items_in_it_and_no_others(
    tmp_path: Path, number: int, segment: str | None, rejected: str, reason: str
) -> None:
    found = rows_of(tmp_path, _changed(number, segment), SALES)
    assert [row["product_code"] for row in found] == ["A", "B", "C"]
    assert _problems(found) == dict.fromkeys(rejected, reason + CURE)
    assert [row.get("interchange") for row in found if "problem" in row] == [None] * len(rejected)


@pytest.mark.parametrize(
    ("number", "segment"),
    [
        (7, "SE*05*1"),
        (7, "SE* 5 * 0001 "),
        (13, "GE*2*0001"),
        (21, "IEA*2*7"),
        (21, "IEA*2*000000007^"),
        (21, "IEA*02*000000007'"),
        (2, "TA1*000000006*250609*1200*A*000~GS*PD*SHOP*BRAND*20250610*1200*1*X*004010"),
    ],
)
def test_zeros_blanks_and_stray_marks_do_not_break_an_envelope(tmp_path: Path, number: int, segment: str) -> None:
    assert _problems(rows_of(tmp_path, _changed(number, segment), SALES)) == {}


def test_line_items_whose_set_has_no_beginning_cost_its_group(tmp_path: Path) -> None:
    found = rows_of(tmp_path, _changed(8, None), SALES)
    reason = f"segment 8: XQ stands outside any set{CURE}"
    assert figures(found, "product_code", "problem") == [("A", reason), ("C", None)]


def test_a_set_cut_off_by_the_end_of_the_file_is_rejected_with_all_around_it(tmp_path: Path) -> None:
    found = _problems(rows_of(tmp_path, written(WHOLE[:11]), SALES))
    assert found == {
        "A": f"segment 2: this GS has no GE{CURE}",
        "B": f"segment 8: this ST has no SE{CURE}",
    }


@pytest.mark.parametrize(
    ("segments", "told"),
    [
        (interchange(group(transaction_set("852", WEEK)))[:-2], ["segment 2: this GS has no GE"]),
        (interchange(group(transaction_set("852", WEEK)))[:4], ["segment 3: this ST has no SE"]),
        (interchange(group())[:2], ["segment 2: this GS has no GE"]),
        (interchange()[:1], ["segment 1: this ISA has no IEA"]),
        (interchange()[:1] * 2, ["segment 1: this ISA has no IEA", "segment 2: this ISA has no IEA"]),
        (
            interchange(group(transaction_set("852", WEEK)[:-1], transaction_set("852", WEEK)[:-1])),
            ["segment 3: this ST has no SE", "segment 5: this ST has no SE"],
        ),
    ],
)
def test_where_no_line_item_can_be_read_one_line_tells_of_the_envelope(
    tmp_path: Path, segments: list[str], told: list[str]
) -> None:
    found = figures(rows_of(tmp_path, written(segments), SALES), "line_number", "problem")
    assert found == [(int(reason.split()[1].rstrip(":")), reason + CURE) for reason in told]


def test_items_that_say_nothing_of_the_kind_are_set_aside_too_in_a_broken_set(tmp_path: Path) -> None:
    broken = [*transaction_set("852", WEEK, "LIN*1*UP*A", "ZA*QA*5*EA")[:-1], "SE*9*0001"]
    [row] = rows_of(tmp_path, written(interchange(group(broken))), SALES)
    assert (row["line_number"], row["problem_code"], row.get("is_outside")) == (5, "envelope", None)


def test_a_broken_set_of_another_kind_does_not_concern_the_feed(tmp_path: Path) -> None:
    other = [*transaction_set("810", "BIG*20250610*F1", "IT1*1*5*EA*2**UP*X", control="0002")[:-1], "SE*99*0002"]
    found = rows_of(tmp_path, written(interchange(group(_set("A", "0001"), other))), SALES)
    assert figures(found, "line_number", "is_outside", "problem") == [(5, None, None), (10, True, None)]


def test_a_broken_interchange_without_items_of_the_feed_gives_one_line(tmp_path: Path) -> None:
    other = transaction_set("810", "BIG*20250610*F1", "IT1*1*5*EA*2**UP*X")
    found = rows_of(tmp_path, written(interchange(group(other))[:-1]), SALES)
    columns = ("line_number", "is_outside", "problem", "interchange")
    assert figures(found, *columns) == [
        (5, True, None, None),
        (1, None, f"segment 1: this ISA has no IEA{CURE}", None),
    ]


def test_faults_are_told_up_to_a_number_and_everything_behind_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x12_envelopes, "_TOLD", 2)
    sets = [_set(product, f"000{place}") for place, product in enumerate("ABCDE", start=1)]
    for broken in sets[1:4]:
        broken[-1] = "SE*9*9"
    found = _problems(rows_of(tmp_path, written(interchange(group(*sets))), SALES))
    beyond = f"more than 2 envelopes are broken, and none is taken from segment 18 on{CURE}"
    assert list(found) == ["B", "C", "D", "E"]
    assert (found["D"], found["E"]) == (beyond, beyond)


def test_many_broken_envelopes_without_items_do_not_flood_the_quarantine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x12_envelopes, "_TOLD", 2)
    sets = [["ST*852*0001"]] * 50
    assert figures(rows_of(tmp_path, written(interchange(group(*sets))), SALES), "line_number") == [(3,), (4,), (5,)]
    cut_off = written(interchange(group(*sets))[:-2])
    assert figures(rows_of(tmp_path, cut_off, SALES), "line_number") == [(1,)]


def _end_to_end() -> Contract:
    columns = ("product_code", "location_code", "period_start", "period_end", "units")
    feed = x12_contract("sell_out", *columns, message="852")
    return feed.model_copy(update={"received_at": "filename:%Y%m%d.edi"})


def test_lines_are_classed_by_the_ledger_and_none_is_lost(settings: Settings) -> None:
    stock_only = transaction_set("852", WEEK, "LIN*1*UP*S", "ZA*QA*5*EA", "LIN*2*UP*T", "ZA*QS*x*EA", control="0004")
    broken = [*_set("B", "0002")[:-1], "SE*9*0002"]
    text = written(interchange(group(_set("A", "0001"), broken, stock_only)))
    deliver(settings, "shop/20250610.edi", text)
    [entry] = take_in(settings, _end_to_end())
    assert (entry.lines_read, entry.lines_parsed, entry.lines_quarantined, entry.lines_out_of_scope) == (4, 1, 2, 1)
    assert entry.interchanges == ("SHOP|BRAND|000000007",)
    assert lines(settings, "line_number, product_code, period_end::varchar, units::int") == [(5, "A", "2025-06-08", 5)]
    assert quarantine(settings, "line_number, reason_code, reason") == [
        (10, "envelope", f"segment 12: SE01 counts `9` segments, there are 5{CURE}"),
        (17, "not_a_number", "units: x is not a number with decimal mark ."),
    ]


def test_the_same_number_with_other_content_is_a_conflict_and_a_broken_one_is_free_again(settings: Settings) -> None:
    contract = _end_to_end()
    deliver(settings, "shop/20250610.edi", written(interchange(group(_set("A", "0001")))[:-1]))
    deliver(settings, "shop/20250611.edi", written(interchange(group(_set("B", "0001")))))
    deliver(settings, "shop/20250612.edi", written(interchange(group(_set("C", "0001")))))
    take_in(settings, contract)
    assert lines(settings, "product_code") == [("B",)]
    assert sorted(quarantine(settings, "reason_code, reason")) == [
        ("envelope", f"segment 1: this ISA has no IEA{CURE}"),
        (
            "interchange_conflict",
            "interchange SHOP|BRAND|000000007 came before in shop/20250611.edi, with other content; "
            "ask the partner which one holds, and withdraw the other",
        ),
    ]


def test_a_bad_file_leaves_the_other_deliveries_alone(settings: Settings) -> None:
    deliver(settings, "shop/20250610.edi", b"\x00\xff not x12 \xfe" * 100)
    deliver(settings, "shop/20250611.edi", written(WHOLE))
    rejected = {entry.file_name: entry.rejected_reason for entry in take_in(settings, _end_to_end())}
    assert rejected["shop/20250610.edi"] == "the file is not X12, no ISA can be read; ask the partner to send it again"
    assert rejected["shop/20250611.edi"] is None
    assert lines(settings, "product_code") == [("A",), ("B",), ("C",)]


def _shuffled(text: bytes, dice: random.Random) -> bytes:
    segments = text.split(b"~")
    dice.shuffle(segments)
    return b"~".join(segments)


def _noisy(text: bytes, dice: random.Random) -> bytes:
    noisy = bytearray(text)
    for _ in range(dice.randint(1, 20)):
        noisy[dice.randrange(len(noisy))] = dice.choice(b"~*>\n\x00ISAGEST0\xff")
    return bytes(noisy)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text, dice: text[: dice.randrange(len(text))],
        lambda text, dice: text[dice.randrange(len(text)) :],
        lambda text, dice: text[: dice.randrange(len(text))] + text[dice.randrange(len(text)) :],
        _noisy,
        _shuffled,
        lambda text, dice: dice.randbytes(dice.randrange(2000)),
        lambda text, dice: text[:106] + dice.randbytes(dice.randrange(5000)),
    ],
    ids=["end cut", "beginning cut", "pasted", "noise", "shuffled", "random", "random behind ISA"],
)
def test_whatever_the_damage_the_file_is_read_or_rejected(
    tmp_path: Path, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    dice = random.Random(7)
    contract = x12_contract("sell_out", "units", encoding="latin-1")
    for _ in range(25):
        try:
            found = rows_of(tmp_path, damage(written(WHOLE).encode(), dice), contract)
        except Unreadable as problem:
            assert problem.code == "unreadable_file"
        else:
            numbers = [row["line_number"] for row in found]
            assert len(set(numbers)) == len(numbers)
