"""Times the same work by selltrace, by hand-written DuckDB SQL, by polars and by pandas, in one run.

`make bench N=1e7` draws a market of so many lines of sell-out below `FOLDER`, lets each do the work in a process of its
own, in turn, `ROUNDS` times, holds the tables of each equal to those of the SQL row by row, then gives selltrace one
delivery more, one on the Monday of a new week, those of the day after, and none, prints medians, and appends them to
`benchmarks/results.json`.

Belongs here: timing and telling. Does not belong here: the market (`market`), the work (`plain`, `with_polars`,
`with_pandas`), what is equal (`check`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Final, TypeVar

from rich.console import Console
from rich.table import Table

from benchmarks.check import differences
from benchmarks.market import WEEKS, Market, draw, restate
from orchestration.code_version import code_version
from orchestration.transform.on_spark import missing

RESULTS: Final = Path(__file__).with_name("results.json")
AS_OF: Final = "2026-01-10"
#: when one delivery more comes, and when the next one: in a week that has begun, and with the first day of a new one
NEXT_DAY: Final = "2026-01-11"
NEW_WEEK: Final = "2026-01-12"
#: the day after, when two partners, one of them by location, tell of the week that is over, and the brand too: 0.3 % of
#: the lines
ONE_DAY: Final = "2026-01-13"
OF_ONE_DAY: Final = (1, 5)
#: the partner that restates a week
RESTATING: Final = 5
#: steps of Dagster that make a stage
_STAGES: Final = {"raw__": "ingest", "transform": "transform", "marts": "marts", "publish__": "release"}


Result = TypeVar("Result")


@dataclass(frozen=True)
class Measure:
    """One piece of work, once: wall and CPU in seconds, the most memory held, bytes written, seconds by stage."""

    wall: float
    cpu: float
    peak_bytes: int
    written_bytes: int
    stages: Mapping[str, float] = field(default_factory=dict)


def run(command: list[str], out: Path, stages: Callable[[], Mapping[str, float]] = dict) -> Measure:
    """Run a command in a process of its own. Raises RuntimeError where it fails."""
    log = out.with_suffix(".log")
    began = time.monotonic()
    with log.open("w") as stream:
        process = os.posix_spawn(
            command[0], command, os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, stream.fileno(), 1), (os.POSIX_SPAWN_DUP2, stream.fileno(), 2)],
        )  # fmt: skip
        _, status, used = os.wait4(process, 0)
    wall = time.monotonic() - began
    if status:
        raise RuntimeError(f"{' '.join(command)} failed, see {log}")
    return Measure(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, _bytes_below(out), stages())


def _bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and "landing" not in path.parts)


def _selltrace_on_spark(market: Market, home: Path) -> Measure:
    """The same run, its models built on Spark. Peak memory is that of the largest of its processes."""
    os.environ["SELLTRACE_ENGINE"] = "spark"
    try:
        return _selltrace(market, home)
    finally:
        del os.environ["SELLTRACE_ENGINE"]


def _selltrace(market: Market, home: Path) -> Measure:
    home.mkdir(parents=True)
    # links of its own, so that what is delivered to this home is not part of the market
    shutil.copytree(market.landing, home / "landing", copy_function=os.link)
    return _run_of(market, home, AS_OF)


def _one_delivery_more(week: int, as_of: str) -> Callable[[Market, Path], Measure]:
    """The home again, when a partner has restated a week."""

    def work(market: Market, home: Path) -> Measure:
        _apart(restate, market, home / "landing", RESTATING, week)
        return _run_of(market, home, as_of)

    return work


def _one_day_more(market: Market, home: Path) -> Measure:
    """The home again, with the deliveries of one day."""
    _apart(draw, replace(market, folder=home), range(WEEKS, WEEKS + 1), OF_ONE_DAY)
    return _run_of(market, home, ONE_DAY)


def _apart(work: Callable[..., Result], *arguments: object) -> Result:
    """Do it in a process of its own: what this one ever held counts as memory of every process that it starts."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _without_news(market: Market, home: Path) -> Measure:
    return _run_of(market, home, ONE_DAY)


def _run_of(market: Market, home: Path, as_of: str) -> Measure:
    command = [str(Path(sys.executable).with_name("selltrace")), "--home", str(home)]
    command += ["--contracts", str(market.contracts), "run", "--as-of", as_of]
    known = set(logs_of_runs(home))
    return run(command, home, lambda: stages_of_run(next(iter(set(logs_of_runs(home)) - known), None)))


def logs_of_runs(home: Path) -> list[Path]:
    """Dagster's logs of the runs of a home."""
    return [path for path in (home / "dagster/history/runs").glob("*.db") if path.stem != "index"]


def stages_of_run(log: Path | None) -> dict[str, float]:
    """Seconds by stage of a run, as Dagster logged its steps; none where there was nothing to run."""
    if log is None:
        return {}
    with sqlite3.connect(log) as connection:
        rows = connection.execute(
            "select dagster_event_type, step_key, timestamp from event_logs where step_key is not null order by id"
        ).fetchall()
    seconds: dict[str, float] = {}
    began: dict[str, datetime] = {}
    for event, step, moment in rows:
        if event == "STEP_START":
            began[step] = datetime.fromisoformat(moment)
        elif event == "STEP_SUCCESS":
            stage = next((name for start, name in _STAGES.items() if step.startswith(start)), "gates")
            took = (datetime.fromisoformat(moment) - began[step]).total_seconds()
            seconds[stage] = seconds.get(stage, 0.0) + took
    return seconds


def _by_hand(package: str) -> Callable[[Market, Path], Measure]:
    """Work of a package here; a lazy plan has no stages to tell."""

    def work(market: Market, out: Path) -> Measure:
        out.mkdir(parents=True)
        stages = out / "stages.json"
        command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{package}", str(market.landing), str(out)]
        return run(command, out, lambda: json.loads(stages.read_text(encoding="utf-8")) if stages.exists() else {})

    return work


#: what follows on a home: it is worked on again, as it was left
FOLLOWING: Final[dict[str, Callable[[Market, Path], Measure]]] = {
    "selltrace, one delivery more": _one_delivery_more(50, NEXT_DAY),
    "selltrace, one delivery more, in a new week": _one_delivery_more(49, NEW_WEEK),
    "selltrace, one day more": _one_day_more,
    "selltrace, without news": _without_news,
}
WORK: Final[dict[str, Callable[[Market, Path], Measure]]] = {
    "plain SQL": _by_hand("plain"),
    "selltrace": _selltrace,
    "polars": _by_hand("with_polars"),
    "pandas": _by_hand("with_pandas"),
} | ({} if missing() else {"selltrace on Spark": _selltrace_on_spark})


def measure(market: Market, folder: Path, names: list[str], rounds: int) -> dict[str, list[Measure]]:
    """Every piece of work in turn, so that a slow minute of the machine falls on all of them."""
    found: dict[str, list[Measure]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            out = folder / name.replace(" ", "_")
            shutil.rmtree(out, ignore_errors=True)
            found[name].append(WORK[name](market, out))
            print(f"round {number + 1}: {name} {found[name][-1].wall:.1f} s", file=sys.stderr)
    return found


def median_of(measures: list[Measure]) -> Measure:
    """The median of each figure."""
    stages = {stage: median(one.stages.get(stage, 0.0) for one in measures) for stage in measures[0].stages}
    figures = {
        name: median(getattr(one, name) for one in measures) for name in ("wall", "cpu", "peak_bytes", "written_bytes")
    }
    return Measure(**figures, stages=stages)


def show(found: Mapping[str, Measure]) -> None:
    """Print what was measured; ratios are to the plain SQL of the same run."""
    table = Table("work", "stage", "wall s", "CPU s", "peak GB", "written MB", "ratio")
    limit = found.get("plain SQL")
    for name, one in found.items():
        whole = [
            "",
            f"{one.wall:.1f}",
            f"{one.cpu:.1f}",
            f"{one.peak_bytes / 1e9:.2f}",
            f"{one.written_bytes / 1e6:.0f}",
        ]
        table.add_row(name, *whole, f"{one.wall / limit.wall:.2f}" if limit else "")
        for stage, seconds in one.stages.items():
            same = limit.stages.get(stage) if limit else None
            table.add_row("", stage, f"{seconds:.1f}", "", "", "", f"{seconds / same:.2f}" if same else "")
    Console().print(table)


def differences_of(folder: Path, names: Collection[str]) -> dict[str, dict[str, int]]:
    """Rows that differ from the plain SQL, by work and table; none where the SQL was not measured."""
    results = {
        "selltrace": (folder / "selltrace/releases/current").resolve(),
        "polars": folder / "polars",
        "pandas": folder / "pandas",
    }
    if "plain SQL" not in names:
        return {}
    other = folder / "plain_SQL/plain.duckdb"
    return {name: _apart(differences, result, other) for name, result in results.items() if name in names}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=float, help="lines of sell-out, for instance 1e7")
    parser.add_argument("--folder", type=Path, required=True, help="where the market and all results are written")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(WORK), default=list(WORK))
    options = parser.parse_args()
    market = Market(options.folder / f"market_{options.lines:.0e}", int(options.lines))
    if not market.landing.exists():
        draw(market)
    measured = measure(market, options.folder, options.only, options.rounds)
    found = {name: median_of(measures) for name, measures in measured.items()}
    differ = differences_of(options.folder, found)
    if "selltrace" in found:
        found |= {name: work(market, options.folder / "selltrace") for name, work in FOLLOWING.items()}
    show(found)
    for name, counts in differ.items():
        print(f"rows of {name} that differ from the plain SQL: {counts}")
    result = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": code_version(),
        "machine": f"{os.cpu_count()} x {platform.machine()}",
        "lines": market.lines,
        "rounds": options.rounds,
        "work": {name: asdict(one) for name, one in found.items()},
        "rows_that_differ": differ,
    }
    former = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    RESULTS.write_text(json.dumps([*former, result], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
