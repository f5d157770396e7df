"""Tell the format of a sample by its first bytes, and look at it.

Belongs here: formats and who looks at them. Does not belong here: any one format.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.ingest.relation import Unreadable
from orchestration.ingest.sql import text
from orchestration.onboard.look_csv import look_at_csv
from orchestration.onboard.look_edi import look_at_edi
from orchestration.onboard.look_json import look_at_json
from orchestration.onboard.look_xlsx import look_at_xlsx
from orchestration.onboard.sample import SAMPLE_LINES, NoDraft, Sample

_ARCHIVES = (b"\x1f\x8b", b"PK\x03\x04")
_HEAD_BYTES = 4096


def format_of(sample: Path) -> str:
    """The contract's word for the format of a file. Raises NoDraft for archives and empty files."""
    head = _head(sample)
    if not head.strip():
        raise NoDraft(f"{sample} is empty; take a file with some lines")
    if head.startswith(b"PAR1"):
        return "parquet"
    if zipfile.is_zipfile(sample):
        with zipfile.ZipFile(sample) as archive:
            if any(name.lower() == "xl/workbook.xml" for name in archive.namelist()):
                return "xlsx"
    if head.startswith(_ARCHIVES):
        raise NoDraft(f"{sample} is an archive; unpack it and draft from one file, the contract may name the archive")
    start = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", errors="replace")
    start = start.removeprefix("\u00ef\u00bb\u00bf").lstrip("\ufeff \t\r\n")
    for beginning, found in (("UNA", "edifact"), ("UNB", "edifact"), ("ISA", "x12"), ("{", "json"), ("[", "json")):
        if start.startswith(beginning):
            return found
    return "csv"


def _head(sample: Path) -> bytes:
    try:
        with sample.open("rb") as stream:
            return stream.read(_HEAD_BYTES)
    except OSError as error:
        raise NoDraft(f"{sample} cannot be read: {error.strerror}") from None


def look(sample: Path, kind: str) -> Sample:
    """Look at a sample of a record kind. Raises NoDraft where it cannot be read as one."""
    found = format_of(sample)
    try:
        return _LOOKS[found](sample, kind)
    except (Unreadable, duckdb.Error) as problem:
        raise NoDraft(f"{sample} cannot be read as {found}: {str(problem).splitlines()[0]}") from None


def _look_at_parquet(sample: Path, _kind: str) -> Sample:
    with duckdb.connect() as connection:
        answer = connection.execute(
            f"select columns(*)::varchar from read_parquet({text(str(sample))}) limit {SAMPLE_LINES}"
        )
        columns = tuple(column[0] for column in answer.description or [])
        return Sample("parquet", columns, tuple(answer.fetchall()), is_typed=True)


_LOOKS: dict[str, Callable[[Path, str], Sample]] = {
    "csv": look_at_csv,
    "xlsx": look_at_xlsx,
    "json": look_at_json,
    "parquet": _look_at_parquet,
    "edifact": lambda sample, kind: look_at_edi(sample, kind, "edifact"),
    "x12": lambda sample, kind: look_at_edi(sample, kind, "x12"),
}
