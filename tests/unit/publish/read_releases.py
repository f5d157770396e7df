"""A reader as a user would write it, with DuckDB and the standard library alone.

Usage: read_releases.py RELEASES STOP SECONDS. Until the file STOP is there it resolves `current`, reads that release in
the database and in Parquet, and compares with its manifest; beside that it holds the first release open for the whole
time. Prints what it saw as JSON. An error counts where the read took less than SECONDS: more is not promised.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

#: tables that lie in a folder by month
FOLDERS = (
    *("fct_sell_in", "fct_sell_out", "fct_stock"),
    *("sell_through_location_weekly", "sell_through_location_cohorts", "availability_location_weekly"),
    *("reconciliation", "left_out_lines"),
)


def read(release: Path) -> list[str]:
    """What does not fit together in a release."""
    manifest = json.loads((release / "manifest.json").read_text())
    wrong = [f"manifest of {manifest['release_id']}"] if manifest["release_id"] != release.name else []
    with duckdb.connect(str(release / "selltrace.duckdb"), read_only=True) as database:
        named = database.execute("select distinct release_id from gate_verdicts").fetchall()
        wrong += [f"verdicts of {named}"] if named != [(release.name,)] else []
        for name, table in manifest["tables"].items():
            wrong += [f"{name} in the database"] if measured(database, name, table) != expected(table) else []
    with duckdb.connect() as connection:
        for name, table in manifest["tables"].items():
            glob = f"{release}/{name}/*/*.parquet" if name in FOLDERS else f"{release}/{name}.parquet"
            source = f"read_parquet('{glob}', hive_partitioning = false)"
            wrong += [f"{name} in Parquet"] if measured(connection, source, table) != expected(table) else []
            for path, sha256 in table["files"].items():
                bytes_read = hashlib.sha256((release / path).read_bytes()).hexdigest()
                wrong += [f"bytes of {path}"] if bytes_read != sha256 else []
    return wrong


def measured(connection: duckdb.DuckDBPyConnection, source: str, table: dict[str, Any]) -> tuple[float, ...]:
    """Rows and totals of a table."""
    totals = "".join(f", coalesce(sum({column}), 0)" for column in table["sums"])
    row = connection.execute(f"select count(*){totals} from {source}").fetchone()
    return tuple(float(value) for value in row or ())


def expected(table: dict[str, Any]) -> tuple[float, ...]:
    """Rows and totals as the manifest tells them."""
    return (float(table["rows"]), *(float(total) for total in table["sums"].values()))


def main(releases: Path, stop: Path, seconds: float) -> None:
    """Read until told to stop."""
    first = (releases / "current").resolve()
    held = duckdb.connect(str(first / "selltrace.duckdb"), read_only=True)
    at_first = held.execute("select count(*), sum(units) from fct_sell_out").fetchone()
    seen: set[str] = set()
    wrong: list[str] = []
    reads = 0
    while not stop.exists():
        began = time.monotonic()
        release = (releases / "current").resolve()
        try:
            found = read(release)
            if held.execute("select count(*), sum(units) from fct_sell_out").fetchone() != at_first:
                found.append("what was held changed")
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"] if time.monotonic() - began < seconds else []
        wrong += [f"{release.name}: {what}" for what in found]
        seen.add(release.name)
        reads += 1
        time.sleep(0.8)
    print(json.dumps({"reads": reads, "seen": sorted(seen), "wrong": wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
