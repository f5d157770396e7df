"""`python -m benchmarks.with_pandas LANDING OUT`: does the work, and leaves seconds by stage in `OUT/stages.json`."""

import json
import sys
from pathlib import Path

from benchmarks.with_pandas import work

if __name__ == "__main__":
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    seconds = work(landing, out)
    (out / "stages.json").write_text(json.dumps(seconds), encoding="utf-8")
