"""Encodings: read as stated, or refused with the cure."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.ingest.csv.text import as_utf8
from orchestration.ingest.ingest import open_ingest
from orchestration.ingest.relation import Unreadable
from tests.unit.ingest.csv_reading import read
from tests.unit.ingest.feeds import sell_out_contract

TEXT = "Code;Jour;Qté;CA\r\nÉté;06/01/2025;1 234;2,5\r\n"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_ingest() as opened:
        yield opened


def _content(text: str, encoding: str, start: bytes = b"") -> bytes:
    return start + text.encode(encoding)


@pytest.mark.parametrize(
    ("stated", "content"),
    [
        ("utf-8", _content(TEXT, "utf-8")),
        ("utf-8", _content(TEXT, "utf-8", codecs.BOM_UTF8)),
        ("utf-8-sig", _content(TEXT, "utf-8", codecs.BOM_UTF8)),
        ("utf-16", _content(TEXT, "utf-16-le", codecs.BOM_UTF16_LE)),
        ("utf-16", _content(TEXT, "utf-16-be", codecs.BOM_UTF16_BE)),
        ("utf-16-le", _content(TEXT, "utf-16-le")),
        ("utf-16-le", _content(TEXT, "utf-16-le", codecs.BOM_UTF16_LE)),
        ("cp1252", _content(TEXT, "cp1252")),
        ("latin-1", _content(TEXT, "latin-1")),
        ("iso8859-15", _content(TEXT, "iso8859-15")),
        ("cp850", _content(TEXT, "cp850")),
        ("cp1250", _content(TEXT, "cp1250")),
        ("shift_jis", _content("Code;Jour;Qté;CA\nア;06/01/2025;1;2\n".replace("Qté", "Qte"), "shift_jis")),
    ],
)
def test_a_file_in_the_stated_encoding_is_read(
    connection: duckdb.DuckDBPyConnection, stated: str, content: bytes
) -> None:
    contract = sell_out_contract({"encoding": stated})
    if stated == "shift_jis":
        mappings = tuple(
            mapping.model_copy(update={"physical_name": (mapping.physical_name or "").replace("é", "e")})
            for mapping in contract.mappings
        )
        contract = contract.model_copy(update={"mappings": mappings})
    assert read(connection, contract, content).column("product_code") == ["ア" if stated == "shift_jis" else "Été"]


@pytest.mark.parametrize(
    ("stated", "content", "reason"),
    [
        ("utf-8", _content(TEXT, "cp1252"), "the file is not utf-8: byte 0xe9 on line 1; it may be cp1252"),
        (
            "utf-8",
            _content("Code;Jour;Qté;CA\nA;06/01/2025;1;1\n", "utf-8") + b"\xff;",
            "the file is not utf-8: byte 0xff on line 3; it may be cp1252",
        ),
        ("utf-8", _content(TEXT, "utf-8") + b"\xc3", "the file is not utf-8: byte 0xc3 on line 3; it may be cp1252"),
        (
            "utf-8",
            _content(TEXT, "utf-16-le", codecs.BOM_UTF16_LE),
            "the file begins with the byte order mark of utf-16, and is not utf-8",
        ),
        (
            "cp1252",
            _content(TEXT, "utf-8", codecs.BOM_UTF8),
            "the file begins with the byte order mark of utf-8, and is not cp1252",
        ),
        ("utf-8", _content("A;1\n", "utf-16-le"), "line 1 holds NUL characters, as utf-16 does that is read as utf-8"),
        ("utf-16", _content(TEXT, "utf-16-le"), "the file does not begin with the byte order mark of utf-16"),
        (
            "utf-16",
            _content("Code;é", "utf-16-le", codecs.BOM_UTF16_LE)[:-1],
            "the file is not utf-16: byte 0xe9 on line 1",
        ),
        ("cp1252", _content(TEXT, "utf-8"), "the file is utf-8, not cp1252"),
        ("latin-1", _content(TEXT, "utf-8"), "the file is utf-8, not latin-1"),
        ("latin-1", _content(TEXT.replace("É", "€"), "cp1252"), "it may be cp1252"),
        ("cp1252", b"Code;\x81", "the file is not cp1252: byte 0x81 on line 1"),
        ("cp850", _content(TEXT, "cp1252"), "the header reads as cp1252, not cp850"),
        ("klingon", b"A", "encoding klingon is unknown"),
    ],
)
def test_a_file_in_another_encoding_is_refused_with_the_cure(
    connection: duckdb.DuckDBPyConnection, stated: str, content: bytes, reason: str
) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(connection, sell_out_contract({"encoding": stated}), content)
    assert refusal.value.code == "encoding"
    assert reason in str(refusal.value)
    assert str(refusal.value).endswith("; correct `encoding` in the contract")


@pytest.mark.parametrize("offset", range(-2, 3))
def test_a_character_across_two_chunks_is_read(tmp_path: Path, offset: int) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(b"x" * 1023 + b"\n" + (b"y" * 1023 + b"\n") * 2046 + b"z" * (1022 + offset) + "é\n".encode() * 9)
    server = sell_out_contract().server
    assert as_utf8(server, source, tmp_path) == source
    utf16 = tmp_path / "b.csv"
    utf16.write_bytes(codecs.BOM_UTF16_LE + source.read_text("utf-8").encode("utf-16-le"))
    plain = as_utf8(sell_out_contract({"encoding": "utf-16"}).server, utf16, tmp_path)
    assert plain.read_bytes() == source.read_bytes()


def test_plain_ascii_is_read_whatever_is_stated(connection: duckdb.DuckDBPyConnection) -> None:
    mappings = tuple(
        mapping.model_copy(update={"physical_name": (mapping.physical_name or "").replace("é", "e")})
        for mapping in sell_out_contract().mappings
    )
    content = b"Code;Jour;Qte;CA\nA;06/01/2025;1;1\n"
    for stated in ("utf-8", "cp1252", "latin-1", "cp850"):
        assert read(connection, sell_out_contract({"encoding": stated}, mappings=mappings), content).numbers[0] == [2]
