"""The workbook as a container: its sheets, and the cells of one of them.

A workbook is a zip of XML. What would fill the memory is refused before it is opened; what the tokenizer would blank
or stumble over (errors, formulas without a value) is rewritten as text before it sees it.

Belongs here: the zip, its parts, sizes, the tokenizer. Does not belong here: headers and tables (`xlsx.tables`).
"""

from __future__ import annotations

import errno
import lzma
import posixpath
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from orchestration.ingest.relation import Unreadable
from orchestration.ingest.xlsx.xml import mended, needs_mending

_MOST_BYTES: Final = 2 << 30
_SUSPICIOUS_BYTES: Final = 200 << 20
_SUSPICIOUS_RATIO: Final = 200
_MOST_BYTES_OF_CONTENTS: Final = 64 << 20
_OLD_OR_LOCKED: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_TEXTS: Final = "xl/sharedstrings.xml"
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    ValueError,
    RuntimeError,
    ElementTree.ParseError,
)


@dataclass(frozen=True)
class Sheet:
    """A sheet of cells: its name, the part of the zip that holds it, whether people see it."""

    name: str
    part: str
    is_visible: bool


@dataclass(frozen=True)
class Workbook:
    """A workbook whose list of contents was read. `starts_1904`: days are counted from 1904, else from 1900."""

    source: Path
    sheets: tuple[Sheet, ...]
    starts_1904: bool


def open_workbook(source: Path) -> Workbook:
    """Read the list of contents. Raises Unreadable where the file is no .xlsx, is broken, or unpacks to too much."""
    with _archive(source) as archive:
        _check_size(source, archive)
        parts = _parts(archive)
        if _WORKBOOK not in parts or _RELATIONS not in parts:
            raise Unreadable("unreadable_file", "the file is no .xlsx workbook; ask the partner to save it as .xlsx")
        contents = _elements(archive, parts[_WORKBOOK])
        targets = {
            element.get("Id"): posixpath.normpath(posixpath.join("/xl", element.get("Target", "")))[1:]
            for element in _elements(archive, parts[_RELATIONS])
            if element.get("Type", "").endswith("/worksheet")
        }
    sheets = []
    for element in contents:
        relation = next((value for key, value in element.items() if key.endswith("}id")), None)
        part = parts.get(targets.get(relation, "").lower())
        if _local(element) == "sheet" and part:
            sheets.append(Sheet(element.get("name", ""), part, element.get("state", "visible") == "visible"))
    flags = [element.get("date1904") for element in contents if _local(element) == "workbookPr"]
    return Workbook(source, tuple(sheets), any(flag in ("1", "true") for flag in flags))


def cells_of_sheet(workbook: Workbook, sheet: Sheet, work: Path) -> CalamineSheet:
    """The cells of a sheet; errors are text (`#REF!`), and so are formulas without a value (`UNCOMPUTED`).

    Raises Unreadable where the sheet is broken, or its cells span or hold too much.
    """
    source = workbook.source
    with _archive(source) as archive:
        if needs_mending(sheet.name, archive, sheet.part, _parts(archive).get(_TEXTS)):
            source = work / f"{source.name}.mended.xlsx"
            _write_mended(archive, sheet, source)
    try:
        with CalamineWorkbook.from_path(_named(source, work)) as opened:
            return opened.get_sheet_by_name(sheet.name)
    except CalamineError as error:
        raise _broken(error) from None


def _write_mended(archive: zipfile.ZipFile, sheet: Sheet, target: Path) -> None:
    """Copy what the tokenizer needs for one sheet, the sheet itself mended."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for key, part in _parts(archive).items():
            if part == sheet.part or (key.endswith((".xml", ".rels")) and not key.startswith("xl/worksheets/")):
                with copy.open(part, "w", force_zip64=True) as written:
                    if part == sheet.part:
                        written.writelines(mended(archive, part))
                    else:
                        with archive.open(part) as read:
                            shutil.copyfileobj(read, written)


def _named(source: Path, work: Path) -> Path:
    """The file under a name by which the tokenizer takes it for what it is."""
    if source.suffix == ".xlsx":
        return source
    link = work / f"{source.name}.xlsx"
    link.unlink(missing_ok=True)
    link.symlink_to(source.absolute())
    return link


@contextmanager
def _archive(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except OSError as error:
        # an offset that cannot be is the file's fault, a full disk is not
        if error.errno != errno.EINVAL:
            raise
        raise _broken(error) from None
    except _BROKEN as error:
        with source.open("rb") as stream:
            if stream.read(len(_OLD_OR_LOCKED)) == _OLD_OR_LOCKED:
                reason = "the file is an old .xls or is protected by a password"
                cure = "ask the partner to save it as .xlsx without a password"
                raise Unreadable("unreadable_file", f"{reason}; {cure}") from None
        raise _broken(error) from None


def _broken(error: Exception) -> Unreadable:
    reason = f"the file is no whole .xlsx workbook ({error})"
    return Unreadable("unreadable_file", f"{reason}; ask the partner to send it again")


def _check_size(source: Path, archive: zipfile.ZipFile) -> None:
    packed, unpacked = source.stat().st_size, sum(part.file_size for part in archive.infolist())
    if unpacked > _MOST_BYTES or (unpacked > _SUSPICIOUS_BYTES and unpacked > packed * _SUSPICIOUS_RATIO):
        reason = f"the workbook of {packed >> 10} KB unpacks to {unpacked >> 20} MB"
        raise Unreadable("too_large", f"{reason}; ask the partner to split it, or to send it again if it is broken")


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Parts by the name that others know them by; their own may differ in case and slashes."""
    parts = {part.replace("\\", "/").lower(): part for part in archive.namelist()}
    if len(parts) < len(archive.namelist()):
        raise zipfile.BadZipFile("a part of it stands there twice")
    return parts


def _elements(archive: zipfile.ZipFile, part: str) -> list[ElementTree.Element]:
    if archive.getinfo(part).file_size > _MOST_BYTES_OF_CONTENTS:
        raise Unreadable("too_large", f"the list of contents {part} is too long; ask the partner to send it again")
    return list(ElementTree.fromstring(archive.read(part)).iter())


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
