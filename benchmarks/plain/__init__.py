"""The same work by hand-written DuckDB SQL: the limit that selltrace is held to.

Belongs here: the statements, a file a stage, in order, and running them. They know the market that is measured, and
need no contracts, evidence, gates or line numbers. Does not belong here: comparing (`check`), timing (`bench`).
"""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
from jinja2 import Template

STAGES = sorted(Path(__file__).parent.glob("*.sql"))


def run(landing: Path, out: Path, database: Path) -> dict[str, float]:
    """Do the work over a landing zone; tables are left in `database`. Returns seconds by stage."""
    (out / "release").mkdir(parents=True)
    seconds = {}
    with duckdb.connect(str(database), config={"preserve_insertion_order": False}) as connection:
        connection.execute("set variable landing = $landing", {"landing": str(landing)})
        connection.execute("set variable out = $out", {"out": str(out)})
        for stage in STAGES:
            began = time.monotonic()
            connection.execute(Template(stage.read_text(encoding="utf-8")).render())
            seconds[stage.stem[2:]] = time.monotonic() - began
    return seconds
