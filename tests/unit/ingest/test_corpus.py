"""Files that were damaged on the way: each ends in the ledger with all its lines in a class, and harms no other.

`SELLTRACE_EXAMPLES` sets how many damaged files of each format are tried.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter

from orchestration.contracts.model import Contract, Mapping
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, sell_out_contract, take_in

TRIED = int(os.environ.get("SELLTRACE_EXAMPLES", "25"))
DAYS = [f"2025-06-{day:02}" for day in range(2, 9)]
CANONICAL = ("product_code", "period_start", "units")


def _csv() -> bytes:
    rows = "".join(f'3400930000014;{day};{number};"a;b"\n' for number, day in enumerate(DAYS))
    return f"product_code;period_start;units;Libellé\n{rows}".encode()


def _json() -> bytes:
    rows = ", ".join(
        f'{{"product_code": "3400930000014", "period_start": "{day}", "units": {number}}}'
        for number, day in enumerate(DAYS)
    )
    return f'{{"rows": [{rows}]}}'.encode()


def _xlsx() -> bytes:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = workbook.add_worksheet()
    for row, cells in enumerate([CANONICAL, *(("3400930000014", day, 1) for day in DAYS)]):
        sheet.write_row(row, 0, cells)
    workbook.close()
    return stream.getvalue()


def _parquet() -> bytes:
    path = Path(f"/tmp/corpus-{os.getpid()}.parquet")
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select '3400930000014' as product_code, date '2025-06-02' + cast(range as integer) as period_start, "
            f"range as units from range(7)) to '{path}' (format parquet)"
        )
    try:
        return path.read_bytes()
    finally:
        path.unlink()


def _edifact() -> bytes:
    items = "".join(f"LIN+{number}++3400930000014:EN'QTY+153:{number}:PCE'" for number in range(1, 8))
    head = "UNB+UNOC:3+4006381000001:14+4007399000006:14+250609:0600+77'UNH+1+SLSRPT:D:96A:UN'BGM+73E::9+1+9'"
    head += "DTM+90:20250602:102'DTM+91:20250608:102'LOC+162+4006381000018::9'"
    return f"UNA:+.? '{head}{items}UNT+20+1'UNZ+1+77'".encode()


def _x12() -> bytes:
    items = "".join(f"LIN*{number}*UK*03400930000014~ZA*QS*{number}*EA~" for number in range(1, 8))
    head = "ISA*00*          *00*          *01*123456789      *01*987654321      *250609*0600*U*00401*000000042*0*P*>~"
    head += "GS*PD*123456789*987654321*20250609*0600*42*X*004010~ST*852*0001~XQ*H*20250602*20250608~"
    return f"{head}{items}SE*17*0001~GE*1*42~IEA*1*000000042~".encode()


FORMATS: dict[str, tuple[Callable[[], bytes], dict[str, Any]]] = {
    "csv": (_csv, {"delimiter": ";"}),
    "json": (_json, {"record_path": "$.rows"}),
    "xlsx": (_xlsx, {}),
    "parquet": (_parquet, {}),
    "edifact": (_edifact, {}),
    "x12": (_x12, {}),
}


def _contract(format: str) -> Contract:
    mappings = tuple(Mapping(name=name, physical_name=name, required=True) for name in CANONICAL)
    server = {"path": "shop/*.dat", "format": format, "delimiter": ",", "decimal": ".", "thousands": ""}
    return sell_out_contract({**server, **FORMATS[format][1]}, mappings=mappings, delivery="append")


def _damaged(content: bytes, chance: random.Random) -> bytes:
    """The file cut off, with bytes lost, turned, repeated or in another encoding, or with what is no part of it."""
    place, length = chance.randrange(len(content)), chance.randrange(1, 40)
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: content[:place],
        lambda: content[place:],
        lambda: content[:place] + content[place + length :],
        lambda: content[:place] + chance.randbytes(length) + content[place:],
        lambda: content[:place] + chance.randbytes(1) + content[place + 1 :],
        lambda: content[:place] + content[place : place + length] * 3 + content[place + length :],
        lambda: content.decode("latin-1").encode("utf-16"),
        lambda: content.replace(b"\n", b"\r").replace(b";", b"\t"),
        lambda: content[:place] + b"\x00" * length + content[place:],
        lambda: content[:place] + b'"' + content[place:],
        lambda: chance.randbytes(length * 20),
        lambda: b"",
        lambda: content + content,
        lambda: b"<html><body>502 Bad Gateway</body></html>\n",
        lambda: content.replace(b"2025-06-04", b"=cmd|'/c calc'!A1").replace(b"+5:PCE", b"+5;PCE"),
    )
    return chance.choice(kinds)()


@pytest.mark.parametrize("format", list(FORMATS))
def test_damaged_files_are_accounted_for_and_harm_no_other(settings: Settings, format: str) -> None:
    whole = FORMATS[format][0]()
    chance = random.Random(format)
    # received first, so that no damaged copy has its interchange number before it
    os.utime(deliver(settings, "shop/whole.dat", whole), (1_700_000_000, 1_700_000_000))
    for number in range(TRIED):
        deliver(settings, f"shop/{number:04}.dat", _damaged(whole, chance))
    entries = {entry.file_name: entry for entry in take_in(settings, _contract(format))}
    assert len(entries) == TRIED + 1
    assert entries["shop/whole.dat"].lines_parsed == 7
    for entry in entries.values():
        classes = entry.lines_parsed + entry.lines_quarantined + entry.lines_out_of_scope
        assert entry.lines_read == classes, entry.file_name
        assert entry.lines_quarantined == 1 or not entry.rejected_reason
    with duckdb.connect() as connection:
        [(silent,)] = connection.execute(
            f"select count(*) from read_parquet('{settings.lake}/raw/*/*/quarantine_*.parquet') "
            "where coalesce(reason, '') = '' or coalesce(reason_code, '') = ''"
        ).fetchall()
    assert silent == 0
