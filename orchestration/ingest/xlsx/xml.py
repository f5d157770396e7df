"""The XML of a sheet before it is read: how far its cells reach, and what must be rewritten for them to be seen.

The tokenizer holds the rectangle that the cells span in memory, believes the counts that a file states, blanks errors
and gives up on those it does not know: a few patterns over chunks of whole rows settle all of it beforehand.

Belongs here: patterns over the XML of cells and texts. Does not belong here: the zip around them (`xlsx.workbook`).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Final

from orchestration.ingest.relation import Unreadable

#: what stands in a cell whose formula was never computed; its first character is private, so that no text equals it
UNCOMPUTED: Final = "\ue000formula"

_CHUNK: Final = 1 << 20
_LONGEST_ROW: Final = 64 << 20
_MOST_CELLS: Final = 32 << 20  # of 32 bytes
_MOST_TEXT: Final = 2 << 30

#: cells with a content; column and row are blank where a cell does not state its place
_CELL: Final = re.compile(rb"""<(?:\w+:)?c\b(?:[^<>]*?\sr\s*=\s*["']([A-Za-z]+)([0-9]+)["'])?[^<>]*(?<!/)>""")
#: a cell that is not written in the usual way, or stands beyond column Z or row 999,999
_FAR_CELL: Final = re.compile(rb"""<c(?:[\t\n\r/>]| (?!r=")| r="(?:[A-Za-z]{2}|[A-Za-z][0-9]{7}))""")
_ANY_CELL: Final = re.compile(rb"<(?:\w+:)?c\b")
_ANY_ROW: Final = re.compile(rb"<(?:\w+:)?row\b")
_ROW: Final = re.compile(rb"""<(?:\w+:)?row\b(?:[^<>]*?\sr\s*=\s*["']([0-9]+)["'])?""")
_ERROR: Final = re.compile(rb"""(<(?:\w+:)?c\b[^<>]*?\st\s*=\s*["'])e(["'])""")
_TYPE: Final = re.compile(rb"""\st\s*=\s*["'](\w*)["']""")
# possessive, for the time that a pattern takes must not grow with the square of the blanks
_NO_VALUE: Final = rb"\s*+(?P<empty>(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*+</(?:\w+:)?v>)\s*+)?</(?:\w+:)?c>"
_END_WITHOUT_VALUE: Final = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^<>]*/>)" + _NO_VALUE)
_FORMULA_WITHOUT_VALUE: Final = re.compile(
    rb"<(?P<mark>(?:\w+:)?)c\b(?P<stated>[^<>]*)(?<!/)>\s*+"
    rb"(?:<(?:\w+:)?f\b[^<>]*/>|<(?:\w+:)?f\b[^<>]*(?<!/)>[^<>]*</(?:\w+:)?f>)" + _NO_VALUE
)
_TEXT: Final = re.compile(rb"<(?:\w+:)?si\b")
_STATED_TEXTS: Final = re.compile(rb"""<(?:\w+:)?sst\b[^<>]*\suniqueCount\s*=\s*["']([0-9]+)""")


def needs_mending(name: str, archive: zipfile.ZipFile, part: str, texts: str | None) -> bool:
    """Whether a sheet must be `mended` before it is read; `texts` is the part with the texts that cells refer to.

    Raises Unreadable where reading it would fill the memory.
    """
    text_cells = 0
    found, is_narrow = False, True
    for rows in _chunks(archive, part):
        text_cells += rows.count(b't="s"')
        found = found or b'"e"' in rows or b"'e'" in rows or _has_formula_without_value(rows)
        is_narrow = is_narrow and _is_narrow(rows)
    if not is_narrow:
        _check_reach(name, archive, part)
    if texts:
        _check_texts(name, archive, texts, text_cells)
    return found


def _is_narrow(rows: bytes) -> bool:
    """Whether cells surely span less than is allowed; most sheets have no others."""
    return b":c" not in rows and not _FAR_CELL.search(rows)


def _check_reach(name: str, archive: zipfile.ZipFile, part: str) -> None:
    height = width = unplaced = rows_seen = 0
    for rows in _chunks(archive, part):
        places = _CELL.findall(rows)
        numbers = [int(number or 0) for number in _ROW.findall(rows)]
        rows_seen += len(numbers)
        height = max([height, *map(int, {row for _, row in places if row})])
        width = max([width, *map(_column, {column for column, _ in places})])
        if (b"", b"") in places:  # a cell that does not state its place follows the one before
            height = max([height, rows_seen, *(rows_seen + number for number in numbers)])
            unplaced = max([unplaced, *(len(_ANY_CELL.findall(row)) for row in _ANY_ROW.split(rows))])
        if height * (width + unplaced) > _MOST_CELLS:
            reason = f"the cells of the sheet {name} span {height} rows x {width + unplaced} columns"
            raise Unreadable("too_large", f"{reason}; ask the partner to delete what stands far from the table")


def mended(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The XML of a sheet with errors as text, and with the text UNCOMPUTED for formulas without a value."""
    for rows in _chunks(archive, part):
        yield _FORMULA_WITHOUT_VALUE.sub(_as_uncomputed, _ERROR.sub(rb"\1str\2", rows))


def _chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The XML of a sheet, cut where rows begin or end."""
    with archive.open(part) as stream:
        carried = b""
        while chunk := stream.read(_CHUNK):
            carried += chunk
            cut = carried.rfind(b"row>") + len(b"row>")
            if cut >= len(b"row>"):
                yield carried[:cut]
                carried = carried[cut:]
            elif len(carried) > _LONGEST_ROW:
                raise Unreadable("too_large", "a row of the sheet is endless; ask the partner to send it again")
        yield carried


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _has_formula_without_value(rows: bytes) -> bool:
    has_formula = b"<f" in rows or b":f" in rows
    return has_formula and bool(_END_WITHOUT_VALUE.search(rows))


def _as_uncomputed(found: re.Match[bytes]) -> bytes:
    kind = _TYPE.search(found["stated"])
    # a formula that gives an empty text was computed
    if kind and kind[1] != b"n" and (kind[1] != b"str" or found["empty"]):
        return found[0]
    mark, stated = found["mark"], _TYPE.sub(b"", found["stated"])
    return b'<%bc%b t="str"><%bv>%b</%bv></%bc>' % (mark, stated, mark, UNCOMPUTED.encode(), mark, mark)


def _check_texts(name: str, archive: zipfile.ZipFile, texts: str, text_cells: int) -> None:
    size, count, stated = archive.getinfo(texts).file_size, 0, 0
    with archive.open(texts) as stream:
        while chunk := stream.read(_CHUNK):
            count += len(_TEXT.findall(chunk))
            stated = max([stated, *map(int, _STATED_TEXTS.findall(chunk))])
    if stated > size:
        reason = f"it states {stated} texts, and has no room for them"
        raise Unreadable("unreadable_file", f"the workbook is broken: {reason}; ask the partner to send it again")
    if text_cells * size > _MOST_TEXT * max(count, 1):
        reason = f"the cells of the sheet {name} hold more than {_MOST_TEXT >> 30} GB of text"
        raise Unreadable("too_large", f"{reason}; ask the partner to split it")
