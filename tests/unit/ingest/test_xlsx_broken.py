"""Workbooks that are broken, are none, or would fill the memory: each rejected with its reason, and nothing else."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchestration.ingest.xlsx.lines import lines_of
from orchestration.ingest.xlsx.tables import Table
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, lines, quarantine, take_in
from tests.unit.ingest.workbooks import DAY, HEADER, MAIN, counts, raw_sheet, rewritten, take, workbook, xlsx_contract

WHOLE = workbook([HEADER, ["A", DAY, 1, 1]])
LINE = '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>45663</v></c><c r="C2"><v>1</v></c></row>'


def rejection(settings: Settings, content: bytes) -> str:
    """Why a workbook is rejected, beside another one that must still be read."""
    deliver(settings, "shop/whole.xlsx", WHOLE)
    deliver(settings, "shop/bad.xlsx", content)
    entries = {entry.file_name: entry for entry in take_in(settings, xlsx_contract())}
    assert counts(entries["shop/whole.xlsx"]) == (1, 1, 0, 0)
    return entries["shop/bad.xlsx"].rejected_reason or ""


def other_zip(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "x")
    return content.getvalue()


def locked_zip() -> bytes:
    """A zip whose parts say that they are encrypted."""
    content = bytearray(WHOLE)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature)
        while place >= 0:
            content[place + flags] |= 1
            place = content.find(signature, place + 4)
    return bytes(content)


def before_the_file() -> bytes:
    """A zip that puts its parts before the beginning of the file."""
    end = WHOLE.rfind(b"PK\x05\x06")
    [offset] = struct.unpack("<I", WHOLE[end + 16 : end + 20])
    return WHOLE[: end + 16] + struct.pack("<I", offset + 5000) + WHOLE[end + 20 :]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "no whole .xlsx workbook", id="empty"),
        pytest.param(b"Code;Jour\nA;1\n", "no whole .xlsx workbook", id="csv"),
        pytest.param(b"<html><table></table></html>", "no whole .xlsx workbook", id="html"),
        pytest.param(WHOLE[: len(WHOLE) // 2], "no whole .xlsx workbook", id="cut off"),
        pytest.param(locked_zip(), "no whole .xlsx workbook (File", id="encrypted zip"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096),
            "an old .xls or is protected by a password; ask the partner to save it as .xlsx without a password",
            id="old or locked",
        ),
        pytest.param(
            other_zip("content.xml"), "no .xlsx workbook; ask the partner to save it as .xlsx", id="other zip"
        ),
        pytest.param(other_zip("xl/workbook.bin"), "ask the partner to save it as .xlsx", id="xlsb"),
        pytest.param(before_the_file(), "no whole .xlsx workbook", id="parts before the file"),
        pytest.param(
            rewritten(WHOLE, lambda part: part.replace(b"UTF-8", b"UTF-9"), "xl/workbook.xml"),
            "no whole .xlsx workbook",
            id="unknown encoding",
        ),
        pytest.param(raw_sheet("<row><c r='A2'><v>"), "no whole .xlsx workbook", id="xml cut off"),
        pytest.param(
            raw_sheet('<row><c t="s"><v>7</v></c></row>'), "no whole .xlsx workbook", id="text that is not there"
        ),
        pytest.param(
            rewritten(WHOLE, lambda part: part[:-20], "xl/workbook.xml"),
            "no whole .xlsx workbook",
            id="contents cut off",
        ),
    ],
)
def test_what_is_no_workbook_rejects_that_delivery_alone(settings: Settings, content: bytes, reason: str) -> None:
    assert reason in rejection(settings, content)
    assert quarantine(settings) == [(1, "unreadable_file")]


def test_a_workbook_with_a_flipped_byte_is_rejected_or_read_whole(settings: Settings) -> None:
    place = WHOLE.find(b"xl/worksheets/sheet1.xml") + 60
    reason = rejection(settings, WHOLE[:place] + bytes([WHOLE[place] ^ 255]) + WHOLE[place + 1 :])
    assert "ask the partner to send it again" in reason


@pytest.mark.parametrize(
    "row",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='4294967295'><c s='0' r='B4294967295' ><v>1</v></c></row>",
        '<x:row xmlns:x="' + MAIN + '" r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
        "<row r='1048576'>" + "<c><v>1</v></c>" * 40 + "</row>",
    ],
)
def test_cells_that_span_too_much_are_refused_before_they_are_read(settings: Settings, row: str) -> None:
    reason = rejection(settings, raw_sheet(LINE + row))
    assert reason.startswith("the cells of the sheet Ventes span ")
    assert reason.endswith("; ask the partner to delete what stands far from the table")
    assert quarantine(settings) == [(1, "too_large")]


@pytest.mark.parametrize("broken", [1, 2])
def test_a_broken_sheet_beside_ours_costs_nothing(settings: Settings, broken: int) -> None:
    ours, other = [HEADER, ["A", DAY, 1, 1]], [["x"]]
    content = workbook({"Notes": other, "Ventes": ours} if broken == 1 else {"Ventes": ours, "Notes": other})
    far = f'<worksheet xmlns="{MAIN}"><sheetData><row><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>'
    content = rewritten(content, lambda _: far.encode(), f"xl/worksheets/sheet{broken}.xml")
    assert counts(take(settings, content)) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    "row",
    [
        LINE.replace("</row>", '<c r="CV2"><v>1</v></c></row>'),
        f'<x:row xmlns:x="{MAIN}" r="2"><x:c r="A2"><x:v>1</x:v></x:c><x:c r="B2"><x:v>45663</x:v></x:c>'
        '<x:c r="C2"><x:v>1</x:v></x:c></x:row>',
        "<row><c><v>1</v></c><c><v>45663</v></c><c><v>1</v></c></row>",
    ],
)
def test_cells_that_span_much_or_are_written_unusually_are_read(settings: Settings, row: str) -> None:
    assert counts(take(settings, raw_sheet(row))) == (1, 1, 0, 0)


def test_blank_cells_far_from_the_table_do_no_harm(settings: Settings) -> None:
    far = '<row r="1048576"><c r="A1048576" s="0"/><c r="XFD1048576" s="0" /></row>'
    assert counts(take(settings, raw_sheet(LINE + far))) == (1, 1, 0, 0)


def forged(content: bytes, part: str, size: int) -> bytes:
    """The workbook with another size stated for a part, as the part would have that unpacks to so much."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        stated = archive.getinfo(part)
        sizes = struct.pack("<II", stated.compress_size, stated.file_size)
    return content.replace(sizes, struct.pack("<II", stated.compress_size, size))


def with_noise(size: int) -> bytes:
    content = io.BytesIO(WHOLE)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/media/image1.png", os.urandom(size))
    return content.getvalue()


@pytest.mark.parametrize(("noise", "size"), [(0, 256 << 20), (12 << 20, 2100 << 20)], ids=["dense", "large"])
def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_opened(
    settings: Settings, noise: int, size: int
) -> None:
    reason = rejection(settings, forged(with_noise(noise), "xl/styles.xml", size))
    assert f" unpacks to {(size + noise) >> 20} MB" in reason
    assert quarantine(settings) == [(1, "too_large")]


def test_parts_that_state_a_wrong_size_are_found_out(settings: Settings) -> None:
    texts = f'<sst xmlns="{MAIN}">{"<si><t>x</t></si>" * 5000}</sst>'.encode()
    content = rewritten(WHOLE, lambda _: texts, "xl/sharedStrings.xml")
    lied = content.replace(struct.pack("<I", len(texts)), struct.pack("<I", 100))
    assert "no whole .xlsx workbook" in rejection(settings, lied)


@pytest.mark.parametrize("stated", ["4000000000", "18446744073709551615", "9" * 5000])
def test_a_count_of_texts_that_cannot_be_is_found_out(settings: Settings, stated: str) -> None:
    texts = f'<sst xmlns="{MAIN}" uniqueCount="{stated}"><si><t>x</t></si></sst>'.encode()
    reason = rejection(settings, rewritten(WHOLE, lambda _: texts, "xl/sharedStrings.xml"))
    assert "ask the partner to send it again" in reason


def test_a_long_text_in_very_many_cells_is_refused(settings: Settings) -> None:
    texts = f'<sst xmlns="{MAIN}"><si><t>{"x" * 32_000}</t></si></sst>'.encode()
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(2, 80_000))
    reason = rejection(settings, rewritten(raw_sheet(rows), lambda _: texts, "xl/sharedStrings.xml"))
    assert reason == "the cells of the sheet Ventes hold more than 2 GB of text; ask the partner to split it"


def test_a_list_of_contents_that_is_too_long_is_refused(settings: Settings) -> None:
    assert "xl/workbook.xml is too long" in rejection(settings, forged(WHOLE, "xl/workbook.xml", 100 << 20))


def test_entities_that_blow_up_are_refused(settings: Settings) -> None:
    levels = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 12))
    document = f'<!DOCTYPE x [<!ENTITY e0 "aaaaaaaaaa">{levels}]><workbook>&e11;</workbook>'
    reason = rejection(settings, rewritten(WHOLE, lambda _: document.encode(), "xl/workbook.xml"))
    assert "no whole .xlsx workbook" in reason


def twice(part: str) -> bytes:
    content = io.BytesIO(WHOLE)
    with pytest.warns(UserWarning), zipfile.ZipFile(content, "a") as archive:
        archive.writestr(part, "x")
    return content.getvalue()


def test_a_part_that_stands_there_twice_is_refused(settings: Settings) -> None:
    assert "stands there twice" in rejection(settings, twice("xl/worksheets/sheet1.xml"))


def moved(edit_name: Callable[[str], str], edit: Callable[[bytes], bytes] = bytes) -> bytes:
    """The workbook with its sheet under another name in the zip."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as read, zipfile.ZipFile(target, "w") as write:
        for name in read.namelist():
            write.writestr(edit_name(name) if "worksheets" in name else name, edit(read.read(name)))
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(moved(lambda name: name.replace("/", "\\")), id="backslashes"),
        pytest.param(moved(str.upper), id="capitals"),
        pytest.param(moved(str, lambda part: part.replace(b'"worksheets/', b'"/xl/worksheets/')), id="absolute"),
        pytest.param(
            moved(lambda _: "xl/foo.xml", lambda part: part.replace(b'"worksheets/sheet1.xml', b'"foo.xml')),
            id="elsewhere",
        ),
        pytest.param(
            moved(
                str,
                lambda part: part.replace(
                    b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"
                ).replace(b"/2006/", b"/"),
            ),
            id="strict",
        ),
    ],
)
def test_workbooks_as_other_programs_write_them(settings: Settings, content: bytes) -> None:
    assert counts(take(settings, content)) == (1, 1, 0, 0)


def test_a_workbook_is_known_by_its_content_not_by_its_name(settings: Settings) -> None:
    deliver(settings, "shop/a.xls", WHOLE)
    [entry] = take_in(settings, xlsx_contract({"path": "shop/*.xls"}))
    assert counts(entry) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    "row",
    ['<row r="3"><c r="D3" t="e"><v>#N/A</v></c></row>', '<row r="3"><c r="D3"><f>1</f></c></row>'],
)
def test_mending_leaves_other_cells_as_they_are(settings: Settings, row: str) -> None:
    take(settings, raw_sheet(LINE + row))
    assert lines(settings, "line_number, product_code, period_start") == [(2, "1", DAY)]


def test_rows_are_not_gathered_on_the_way_to_lines() -> None:
    taken = []

    def rows() -> Iterator[list[Any]]:
        for number in range(1_000_000):
            taken.append(number)
            yield ["A", DAY, 1.0, 1.0] if number else HEADER

    places = {name: place for place, name in enumerate(HEADER)}
    found = lines_of(xlsx_contract(), False, rows(), [Table(1, 1, places)], HEADER)
    assert [next(found).line_number for _ in range(3)] == [2, 3, 4]
    assert len(taken) == 4
