"""JSON as text: encodings, line ends, numbers that keep every digit, and the functions that statements use.

DuckDB reads a JSON number as a double where it can, which rounds 123456789012.123456 and drops the zero of 1.50. Where
that could show, numbers are first turned into strings behind a mark that no text holds, and lose the mark when read.

Belongs here: bytes and spelling. Does not belong here: what a document holds (`json.document`, `json.lines`).
"""

from __future__ import annotations

import codecs
import secrets
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import duckdb

from orchestration.contracts.model import Server
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.sql import text

_CHUNK = 1 << 20
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

#: numbers whose text a double may not give back: long ones, exponents, zeros at the end, very small ones, minus zero
_AT_RISK = r"[0-9.]{16}|[0-9][eE]|\.[0-9]*0[^0-9.]|0\.000|-0[^0-9.]"
#: whatever stands before a number, strings whole, and the number; the text must end with a number, or the search
#: would begin anew within a string
_UP_TO_A_NUMBER = (
    r"""((?:"(?:[^"\\]|\\.)*"|[^"0-9-])*)(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|-[A-Za-z]+)"""  # -Infinity
)
#: drawn by each process, so that nobody can write a text that begins with it
_MARK = f"\x7f{secrets.token_hex(4)}"
_LAST = f' "{_MARK}0"'
_IN_MARKS = r'\1"' + _MARK + r'\2"'
_MARKED = f'"{_MARK}([^"]*)"'

#: functions of the reading statements; a marked number stands in quotes, and starts with the mark
_MACROS = (
    f"""create macro marked(json) as
        left(
            regexp_replace(json || ' 0', {text(_UP_TO_A_NUMBER)}, {text(_IN_MARKS)}, 'g'),
            -{len(_LAST)}
        )""",
    f"""create macro is_at_risk(json) as regexp_matches(json, {text(_AT_RISK)})""",
    f"""create macro is_marked(cell) as starts_with(cell, {text(_MARK)})""",
    f"""create macro unmarked(json) as
        regexp_replace(json, {text(_MARKED)}, '\\1', 'g')""",
    f"""create macro cell_text(cell, decimal_mark) as case
        when is_marked(cell) then replace(cell[{len(_MARK) + 1}:], '.', decimal_mark)
        when starts_with(cell, '{{') or starts_with(cell, '[') then unmarked(cell)
        else cell
    end""",
    # the items of a JSON value: none of a null, itself where it is no list
    """create macro items_of(value) as case coalesce(json_type(value), 'NULL')
        when 'ARRAY' then json_extract(value, '$[*]') when 'NULL' then [] else [value] end""",
    """create macro items_within(item) as case json_type(item)
        when 'ARRAY' then json_extract(item, '$[*]') else [item] end""",
)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for macro in _MACROS:
        connection.execute(macro)
    return connection


def connect() -> duckdb.DuckDBPyConnection:
    """A connection with the functions of this module; opening a database anew for every file would take longer."""
    return _database().cursor()


def exact(json: str, decimal: str) -> str:
    """SQL of a JSON text whose numbers can be read digit by digit: all marked where the decimal mark is another."""
    return f"marked({json})" if decimal != "." else f"case when is_at_risk({json}) then marked({json}) else {json} end"


def texts(values: Iterable[str]) -> str:
    """Strings as an SQL list."""
    return f"[{', '.join(text(value) for value in values)}]::varchar[]"


def as_utf8(server: Server, source: Path, work: Path) -> Path:
    """The file as UTF-8 with line feeds. Raises Unreadable where it is of another encoding than stated.

    A byte order mark of UTF-16 or UTF-32 is taken at its word, whatever the contract states.
    """
    with source.open("rb") as stream:
        start = stream.read(4)
        encoding = next((name for mark, name in _MARKS.items() if start.startswith(mark)), server.encoding)
        is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
        stream.seek(0)
        if is_utf8 and not any(b"\r" in chunk for chunk in iter(lambda: stream.read(_CHUNK), b"")):
            return source
    target = work / f"{source.name}.utf8"
    try:
        # DuckDB miscounts lines, and eats what follows, where a file mixes line ends
        with (
            source.open(encoding="utf-8-sig" if is_utf8 else encoding, newline=None) as read,
            target.open("w", encoding="utf-8", newline="\n") as write,
        ):
            while chunk := read.read(_CHUNK):
                write.write(chunk)
    except UnicodeError as error:
        raise wrong_encoding(encoding, str(error)) from None
    return target


def wrong_encoding(encoding: str, detail: str) -> Unreadable:
    """The rejection of a file whose bytes are not of the encoding stated."""
    return Unreadable("encoding", f"the file is not {encoding} ({detail}); correct `encoding` in the contract")
