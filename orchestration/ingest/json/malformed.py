"""Files that are not JSON, or not whole: where they cease to be, and the rejection that says so.

Belongs here: looking at the bytes of a file that cannot be read. Does not belong here: reading (`json.document`).
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from orchestration.ingest.json.text import wrong_encoding
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.sql import text

_CHUNK = 1 << 16
_SPACE = b" \t\r\n"
_MARK = b"\xef\xbb\xbf"


def first_byte(file: Path) -> bytes:
    """The first byte of a file after its byte order mark and blanks. Raises Unreadable where there is none."""
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if start := chunk.removeprefix(_MARK).lstrip(_SPACE):
                return start[:1]
    raise Unreadable("empty_file", "the file is empty; ask the partner to send it again")


def last_byte(file: Path) -> bytes:
    """The last byte of a file before blanks."""
    with file.open("rb") as stream:
        end = stream.seek(0, 2)
        while end:
            start = max(0, end - _CHUNK)
            stream.seek(start)
            if rest := stream.read(end - start).rstrip(_SPACE):
                return rest[-1:]
            end = start
    return b""


def malformed(connection: duckdb.DuckDBPyConnection, file: Path, encoding: str, bound: int) -> Unreadable:
    """The rejection of a file that is not JSON, with the place unless the file is longer than `bound`."""
    place = malformed_at(connection, file) if file.stat().st_size <= bound else None
    if place and "UTF-8" in place:
        return wrong_encoding(encoding, place)
    where = f" ({place})" if place else ""
    return Unreadable("not_json", f"the file is not JSON{where}; ask the partner to send it again")


def malformed_at(connection: duckdb.DuckDBPyConnection, file: Path) -> str | None:
    """Where and why a file is not one JSON document, in words; None where it is."""
    query = f"select count(cast(ltrim(content, chr(65279)) as json)) from read_text({text(str(file))})"
    try:
        connection.execute(query).fetchall()
    except duckdb.ConversionException as error:
        found = re.search(r"at byte (\d+) of input: (.*?)\.\s", str(error))
        if found is None:
            return "its place is not known"
        before = file.read_bytes().removeprefix(_MARK)[: int(found[1])]
        line = before.count(b"\n") + 1
        character = len(before.rpartition(b"\n")[2].decode("utf-8", errors="replace")) + 1
        return f"line {line}, character {character}: {found[2]}"
    except duckdb.InvalidInputException:
        return "its bytes are not UTF-8"
    return None
