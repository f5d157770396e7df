"""The raw lines of a home as models read them: by the globs of the dbt sources."""

from __future__ import annotations

import json

import duckdb

from orchestration.settings import Settings

GLOBS = ("raw/sell_out/*/lines_*.parquet", "raw/*/*/quarantine_*.parquet")


def raw_lines(settings: Settings) -> str:
    """All lines and all quarantine, in no order of their own, as text."""
    with duckdb.connect() as connection:
        return json.dumps(
            [
                connection.execute(f"from read_parquet('{settings.lake}/{glob}') order by all").fetchall()
                for glob in GLOBS
            ],
            default=str,
        )
