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

#: the blanks that systems print between thousands
_BLANKS = " \u00a0\u2007\u2009\u202f"
#: a number whose thousands, if marked, are marked throughout (India's lakhs too); D: decimal mark, G: thousands mark
_NUMBER = "(?:[0-9]+|[0-9]{1,3}(?:G[0-9]{2,3})*G[0-9]{3})?(?:D[0-9]*)?(?:[eE][+-]?[0-9]+)?"
_SIGNED_NUMBER = f"[+\u2212-]?[{_BLANKS}]*{_NUMBER}|{_NUMBER}[{_BLANKS}]*-|[(][{_BLANKS}]*{_NUMBER}[{_BLANKS}]*[)]"

#: functions of the casting statement
MACROS = (
    """create or replace temp macro signed(number) as case
        when starts_with(number, '(') then '-' || number[2:-2]
        when ends_with(number, '-') then '-' || number[:-2]
        else replace(number, '\u2212', '-')
    end""",
    # an apostrophe is typed in two ways
    f"""create or replace temp macro number_pattern(decimal_mark, thousands_mark) as replace(
        replace('{_SIGNED_NUMBER}', 'G', '[{_BLANKS}' || replace(thousands_mark, '''', '''\u2019') || ']'),
        'D', '[' || decimal_mark || ']'
    )""",
    # A mark that the contract does not state is none: 1,5 is no 15. Where the comma is the decimal mark, 1.234 may be
    # 1234: a point is taken only where it cannot mark thousands. Most cells pass the first test, and pay for no other
    f"""create or replace temp macro plain_number(cell, decimal_mark, thousands_mark) as case
        when regexp_full_match(cell, '[+-]?[0-9]*[' || decimal_mark || ']?[0-9]*') then replace(cell, decimal_mark, '.')
        when regexp_full_match(cell, number_pattern(decimal_mark, thousands_mark))
            then replace(translate(signed(cell), '{_BLANKS}\u2019' || thousands_mark, ''), decimal_mark, '.')
        when decimal_mark <> '.' and thousands_mark <> '.' and regexp_full_match(cell, '[+-]?[0-9]*[.][0-9]+')
            and not regexp_full_match(cell, '[+-]?[0-9]{{1,3}}[.][0-9]{{3}}') then cell
    end""",
    """create or replace temp macro in_this_century(moment) as
        case when year(moment) = 1969 then moment + interval 100 year else moment end""",
    # DuckDB knows infinity and years of six digits, Python does not
    """create or replace temp macro a_day(day) as
        case when day between date '0001-01-01' and date '9999-12-31' then day end""",
    """create or replace temp macro as_flag(cell) as case
        when lower(cell) in ('true', '1', 'yes', 'y', 'oui', 'o', 'ja', 'j', 'si', 'sí', 's', 'd', 'x', 'vrai',
            'wahr', 'verdadero') then true
        when lower(cell) in ('false', '0', 'no', 'n', 'non', 'nein', 'i', 'u', 'faux', 'falsch', 'falso') then false
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
