"""Times what grows with the number of contracts and of deliveries, not with lines: 500 feeds, 100,000 tiny files.

`python -m benchmarks.many --folder FOLDER` draws so many feeds that deliver a few lines a week, takes all of it in by
one run, and prints stage, figure and target; the lake is then compacted, and read once more. Each stage is a process of
its own. Results are appended to `benchmarks/many.json`.

Belongs here: drawing the files, timing. Does not belong here: contracts (`contracts`), the speed of lines (`bench`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.bench import Measure, logs_of_runs, run, stages_of_run
from benchmarks.contracts import write_contracts
from orchestration.code_version import code_version

RESULTS: Final = Path(__file__).with_name("many.json")
FIRST_MONDAY: Final = date(2022, 1, 3)
#: feeds of the brand, and of each partner
_BRAND, _PARTNER = 4, 2
_PRODUCTS: Final = 3

#: seconds that a stage may take
TARGETS: Final = {
    "definitions, first load": 5.0,
    "definitions, loaded again": 5.0,
    "landing scan, nothing new": 10.0,
    "run without news": 10.0,
}

_DEFINITIONS: Final = """
from orchestration.definitions import build_defs
from orchestration.settings import Settings
build_defs(Settings()).resolve_all_job_defs()
"""
_SCAN: Final = """
from orchestration.automation.news import waiting_files
from orchestration.contracts.load import require_contracts
from orchestration.settings import Settings
settings = Settings()
assert not list(waiting_files(settings, require_contracts(settings.contracts, settings.checked_contracts)))
"""
_READ: Final = """
import duckdb, os
for kind in ("sell_out", "stock"):
    files = f"{os.environ['SELLTRACE_HOME']}/lake/raw/{kind}/*/lines_*.parquet"
    duckdb.sql(f"select count(*), count(distinct delivery_id) from read_parquet('{files}')").fetchall()
"""


@dataclass(frozen=True)
class Stage:
    """A stage, what it took, and the deliveries that it is divided by, where it is told by delivery."""

    name: str
    wall: float
    cpu: float
    peak_bytes: int
    deliveries: int | None = None


def draw(home: Path, contracts: int, deliveries: int) -> int:
    """Write contracts and files; returns the number of files, near `deliveries`."""
    partners = [f"p{number:03}" for number in range((contracts - _BRAND) // _PARTNER)]
    write_contracts(home / "contracts", dict.fromkeys(partners, True), FIRST_MONDAY)
    weeks = deliveries // (_PARTNER * len(partners))
    landing = home / "landing"
    _brand(landing / "brand", partners)
    for partner in partners:
        for kind, stem in (("sell_out", "sold"), ("stock", "stock")):
            folder = landing / partner / kind
            folder.mkdir(parents=True)
            for week in range(weeks):
                monday = FIRST_MONDAY + timedelta(days=7 * week)
                name = f"{stem}_{monday + timedelta(days=8):%Y%m%d}.csv"
                text = "\n".join(_sold(partner, monday, week) if kind == "sell_out" else _stock(partner, monday, week))
                (folder / name).write_text(f"{text}\n", encoding="ascii")
    return _BRAND + weeks * _PARTNER * len(partners)


def _brand(folder: Path, partners: list[str]) -> None:
    stamp = f"{FIRST_MONDAY:%Y%m%d}"
    stores = [f"L{partner},{partner},Store of {partner}" for partner in partners]
    files = {
        "products": ["item,name,list_price", *(f"A{one},Product {one},5" for one in range(_PRODUCTS))],
        "partners": ["partner,name,type,country", *(f"{one},Partner {one},retailer,FR" for one in partners)],
        "locations": ["store,partner,name", *stores],
        "sell_in": [
            "document,line,partner,store,item,day,units,net",
            *(f"D{one},1,{one},L{one},A0,{FIRST_MONDAY},1000,3000" for one in partners),
        ],
    }
    for kind, lines in files.items():
        (folder / kind).mkdir(parents=True)
        stem = "invoices" if kind == "sell_in" else kind
        (folder / kind / f"{stem}_{stamp}.csv").write_text("\n".join(lines) + "\n", encoding="ascii")


def _sold(partner: str, monday: date, week: int) -> Iterator[str]:
    yield "store,item,week,quantity,value"
    yield from (f"L{partner},A{one},{monday},{(week + one) % 5 + 1},{(week + one) % 5 * 5 + 5}" for one in range(3))


def _stock(partner: str, monday: date, week: int) -> Iterator[str]:
    yield "store,item,day,on_hand"
    yield from (f"L{partner},A{one},{monday + timedelta(days=6)},{1000 - (week + one) % 7}" for one in range(3))


def measure(home: Path, deliveries: int) -> Iterator[Stage]:
    """Every stage in turn, each once, on a home that holds what was drawn."""
    os.environ["SELLTRACE_HOME"] = str(home)
    os.environ["SELLTRACE_CONTRACTS"] = str(home / "contracts")
    selltrace = str(Path(sys.executable).with_name("selltrace"))
    out = home.parent / "many"

    def python(name: str, code: str) -> Stage:
        return _stage(name, run([sys.executable, "-c", code], out))

    yield python("definitions, first load", _DEFINITIONS)
    yield python("definitions, loaded again", _DEFINITIONS)
    whole = run([selltrace, "run"], out, lambda: stages_of_run(logs_of_runs(home)[0]))
    yield _stage("run with all deliveries", whole)
    yield Stage("of it ingestion", whole.stages["ingest"], 0.0, 0, deliveries)
    yield python("landing scan, nothing new", _SCAN)
    yield _stage("run without news", run([selltrace, "run"], out))
    yield python("raw lines read, before compaction", _READ)
    yield _stage("compaction", run([selltrace, "lake", "compact"], out))
    yield python("raw lines read, after compaction", _READ)
    yield _stage("run without news, after compaction", run([selltrace, "run"], out))


def _stage(name: str, one: Measure) -> Stage:
    return Stage(name, one.wall, one.cpu, one.peak_bytes)


def show(stages: list[Stage]) -> None:
    """Print stage, figures and target."""
    table = Table("stage", "wall s", "CPU s", "peak MB", "ms a delivery", "target s")
    for one in stages:
        each = f"{one.wall / one.deliveries * 1000:.2f}" if one.deliveries else ""
        target = TARGETS.get(one.name)
        peak = f"{one.peak_bytes / 1e6:.0f}" if one.peak_bytes else ""
        cpu = f"{one.cpu:.1f}" if one.cpu else ""
        table.add_row(one.name, f"{one.wall:.1f}", cpu, peak, each, f"{target:.0f}" if target else "")
    Console().print(table)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, default=500)
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, required=True, help="where everything is written")
    options = parser.parse_args()
    home = options.folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    deliveries = draw(home, options.contracts, options.deliveries)
    stages = []
    for stage in measure(home, deliveries):
        print(f"{stage.name}: {stage.wall:.1f} s", file=sys.stderr)
        stages.append(stage)
    show(stages)
    result = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": code_version(),
        "machine": f"{os.cpu_count()} x {platform.machine()}",
        "contracts": options.contracts,
        "deliveries": deliveries,
        "stages": [vars(stage) for stage in stages],
    }
    former = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    RESULTS.write_text(json.dumps([*former, result], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
