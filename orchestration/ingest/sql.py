"""Spelling of SQL text: quoting, and the functions that casts are written with.

Belongs here: what every reader needs to say things to DuckDB. Nothing about a format or a contract.
"""

from __future__ import annotations

import re

_JDK_LETTERS = (
    ("yyyy", "%Y"),
    ("YYYY", "%G"),
    ("yy", "%y"),
    ("MMMM", "%B"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("M", "%-m"),
    ("dd", "%d"),
    ("d", "%-d"),
    ("HH", "%H"),
    ("H", "%-H"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("SSS", "%g"),
    ("ww", "%V"),
    ("e", "%u"),
    ("a", "%p"),
    ("hh", "%I"),
)

#: functions of the casting statement; `spaces` are all the blanks that systems print between thousands
MACROS = (
    """create or replace temp macro without_spaces(cell) as
        translate(cell, ' \u00a0\u202f\u2009', '')""",
    """create or replace temp macro signed(digits) as case
        when starts_with(digits, '(') and ends_with(digits, ')') then '-' || digits[2:-2]
        when ends_with(digits, '-') then '-' || digits[:-2]
        else digits
    end""",
    """create or replace temp macro plain_number(cell, decimal_mark, thousands_mark) as
        replace(
            replace(
                signed(without_spaces(cell)),
                case when trim(thousands_mark, ' \u00a0\u202f\u2009') = '' then chr(0) else thousands_mark end, ''
            ),
            decimal_mark, '.'
        )""",
    """create or replace temp macro in_this_century(moment) as
        case when year(moment) = 1969 then moment + interval 100 year else moment end""",
    """create or replace temp macro as_flag(cell) as case
        when lower(cell) in ('true', '1', 'yes', 'y', 'oui', 'o', 'ja', 'j', 'si', 's', 'd', 'x') then true
        when lower(cell) in ('false', '0', 'no', 'n', 'non', 'nein', 'i', 'u') then false
    end""",
    """create or replace temp macro unquoted(cell, quote) as case
        when length(cell) >= 2 and starts_with(cell, quote) and ends_with(cell, quote)
            then replace(cell[2:-2], quote || quote, quote)
        else cell
    end""",
)


def text(value: str) -> str:
    """A string as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + value.replace('"', '""') + '"'


def ours(value: str) -> str:
    """The identifier of a column of ours, beside columns that carry the partner's own names."""
    return name(f"our {value}")


def strptime_format(date_format: str) -> str:
    """A date format of the contract (JDK letters, quoted literals) in DuckDB's words.

    An ISO week without a day (`YYYY-'W'ww`) means its Monday: the caller appends `-1` to the cell.
    """
    pieces = re.split(r"'([^']*)'", date_format)
    return "".join(piece.replace("%", "%%") if index % 2 else _letters(piece) for index, piece in enumerate(pieces))


def _letters(pattern: str) -> str:
    written, rest = "", pattern
    while rest:
        for letters, directive in _JDK_LETTERS:
            if rest.startswith(letters):
                written, rest = written + directive, rest[len(letters) :]
                break
        else:
            written, rest = written + rest[0], rest[1:]
    return written
