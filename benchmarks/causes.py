"""How well the causes of variances are named, on demo markets of several seeds.

`python -m benchmarks.causes --seeds 11 12 13` draws a market a seed, runs it whole, and prints the confusion matrix,
the precision and recall of each cause, and what becomes of intervals in which several causes meet. `--homes DIR` keeps
the homes, so that a second call measures without running again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd

from orchestration.demo import DEMO_AS_OF, generate
from orchestration.demo.cause_matrix import INTERVAL, confusion, judged, mixed_scores, scores
from orchestration.settings import Settings


def run_market(home: Path, seed: int) -> None:
    """Draw the market of a seed and run it, unless the home has a release already."""
    settings = Settings(home=home)
    if settings.current.exists():
        return
    generate(settings.landing, home / "demo_truth.json", seed)
    command = [str(Path(sys.executable).with_name("selltrace")), "--home", str(home), "run", "--as-of", DEMO_AS_OF]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=dict(os.environ))


def read_market(home: Path) -> pd.DataFrame:
    """Intervals whose cause was planted, judged."""
    planted = json.loads((home / "demo_truth.json").read_text(encoding="utf-8"))["tables"]["reconciliation"]
    with duckdb.connect(str(Settings(home=home).current / "selltrace.duckdb"), read_only=True) as connection:
        found = connection.execute(
            f"""
            select {", ".join(INTERVAL[:3])}, opening_date::varchar as opening_date,
                closing_date::varchar as closing_date, cause,
                coalesce(evidence::json ->> '$.candidates[*].cause', []) as candidates
            from reconciliation
            where variance_units <> 0
            """
        ).df()
    return judged(planted, found)


def main() -> None:
    """Measure the seeds of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    parser.add_argument("--homes", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = options.homes or Path(temporary)
        parts = []
        for seed in options.seeds:
            run_market(folder / str(seed), seed)
            parts.append(read_market(folder / str(seed)))
            print(f"seed {seed}: {len(parts[-1])} intervals", file=sys.stderr)
    rows = pd.concat(parts, ignore_index=True)
    matrix = confusion(rows)
    print(matrix.to_string(), scores(matrix).round(3).to_string(), mixed_scores(rows), sep="\n\n")


if __name__ == "__main__":
    main()
