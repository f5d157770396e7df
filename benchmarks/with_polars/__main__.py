"""`python -m benchmarks.with_polars LANDING OUT`: does the work."""

import sys
from pathlib import Path

from benchmarks.with_polars import work

if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]))
