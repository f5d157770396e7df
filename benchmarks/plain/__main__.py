"""`python -m benchmarks.plain LANDING OUT`: does the work, and leaves its seconds by stage in `OUT/stages.json`."""

import json
import sys
from pathlib import Path

from benchmarks.plain import run

if __name__ == "__main__":
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    seconds = run(landing, out, out / "plain.duckdb")
    (out / "stages.json").write_text(json.dumps(seconds), encoding="utf-8")
