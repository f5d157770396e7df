"""The grammar of a CSV line: where a cell begins and ends, by the contract's delimiter and quote.

A cell is quoted where it begins with a quote and the closing one stands before a delimiter or the end; a quote anywhere
else is text. One grammar, spelled twice: for headers in Python, for lines in SQL.

Belongs here: splitting one line. Does not belong here: line breaks within quotes (`csv.quotes`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from orchestration.contracts.model import Server
from orchestration.ingest.sql import ours, text

#: delimiters that quoted cells of a line may hold, beside four a cell, and bytes of a line with too few; what is beyond
#: is counted, not split, since the cells of 2048 lines are held at once
_QUOTED_DELIMITERS = 2_000
_SHORT = 64 << 10
_WITHIN = "(?:[^{quote}]|{quote}{quote})*"
_QUOTED = "{quote}" + _WITHIN + "{quote}"
_CELL = "(" + _QUOTED + "|[^{mark}]*){mark}"
_OPEN = "(?:(?:" + _QUOTED + "|(?:[^{quote}{mark}][^{mark}]*)?){mark})*{quote}" + _WITHIN
_STAYS = _WITHIN + "(?:{quote}{mark}" + _OPEN + ")?"
_CLOSES = "^" + _WITHIN + "{quote}(?:{mark}|$)"


def pattern(template: str, server: Server) -> str:
    """A pattern with the marks of a dialect, which Python and RE2 read alike."""
    return template.format(mark=_escaped(server.delimiter), quote=_escaped(server.quote))


def _escaped(mark: str) -> str:
    return f"\\x{ord(mark):02x}" if mark and mark.isascii() else mark


@lru_cache
def _compiled(template: str, server: Server) -> re.Pattern[str]:
    return re.compile(pattern(template, server))


def split_line(server: Server, line: str) -> list[str]:
    """The cells of a line, without their quotes."""
    if not server.quote or server.quote not in line:
        return line.split(server.delimiter)
    return [_unquoted(cell, server.quote) for cell in _compiled(_CELL, server).findall(line + server.delimiter)]


def _unquoted(cell: str, quote: str) -> str:
    if len(cell) >= 2 and cell.startswith(quote) and cell.endswith(quote):
        return cell[1:-1].replace(quote * 2, quote)
    return cell


def is_open(server: Server, line: str) -> bool:
    """Whether the last cell of a line begins with a quote that the line does not close."""
    return bool(server.quote) and _compiled(_OPEN, server).fullmatch(line) is not None


def opens(server: Server) -> str:
    """The same of `our line`, as SQL."""
    return f"regexp_full_match({ours('line')}, {text(pattern(_OPEN, server))})"


def stays(server: Server) -> str:
    """Whether `our line`, beginning within quotes, also ends within quotes, as SQL."""
    return f"regexp_full_match({ours('line')}, {text(pattern(_STAYS, server))})"


def closes(server: Server) -> str:
    """Whether `our line`, beginning within quotes, closes them where a cell may end, as SQL."""
    return f"regexp_matches({ours('line')}, {text(pattern(_CLOSES, server))})"


def simple_cells(server: Server, expected: str) -> str:
    """The cells of a line as SQL, if every cell is quoted and none holds a quote; what that costs is one plain split.

    The list has another length than `expected` where a line only looks so.
    """
    line, quote = ours("line"), text(server.quote)
    if not server.quote:
        return "cast(null as varchar[])"
    return f"""case
        when {ours("quotes")} = 2 * {expected} and starts_with({line}, {quote}) and ends_with({line}, {quote})
            then string_split(
                substring({line}, 2, length({line}) - 2), {text(server.quote + server.delimiter + server.quote)}
            )
    end"""


def cells(server: Server, expected: str) -> str:
    """The cells of a line as SQL, beside its `simple_cells`; null if they cannot be `expected`, or are too many."""
    marks, quotes, simple = ours("marks"), ours("quotes"), ours("simple_cells")
    return f"""case
        when {quotes} > 0 and len({simple}) = {expected} then {simple}
        when {marks} = {expected} - 1 or {quotes} > 0 and ({marks} >= {expected} or strlen({ours("line")}) <= {_SHORT})
            then {any_cells(server, expected)}
    end"""


def any_cells(server: Server, expected: str) -> str:
    """The cells of a line as SQL, however many; null where there are far more than `expected`."""
    line, delimiter = ours("line"), text(server.delimiter)
    plain = f"string_split({line}, {delimiter})"
    if server.quote:
        found = f"regexp_extract_all({line} || {delimiter}, {text(pattern(_CELL, server))}, 1)"
        quoted = f"list_transform({found}, lambda cell: unquoted(cell, {text(server.quote)}))"
        plain = f"case when {ours('quotes')} = 0 then {plain} else {quoted} end"
    return f"case when {ours('marks')} <= 4 * {expected} + {_QUOTED_DELIMITERS} then {plain} end"
