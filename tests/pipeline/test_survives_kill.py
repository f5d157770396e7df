"""Runs killed with -9, once in each stage, then one that goes through: the same release as if nothing had happened.

Each killed run starts from what the one before left. Row hashes are compared; a release's id and time stand apart.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from orchestration.settings import CHECKOUT
from tests.pipeline.conftest import selltrace
from tests.pipeline.small_market import AS_OF, write_small_market

#: stage: module, function, and the call of it at whose begin the process dies
STAGES = {
    "landing": ("orchestration.landing.land", "record_received", 3),
    "ingest": ("orchestration.ingest.enter", "enter", 4),
    "ledger": ("orchestration.transform.control", "written_aside", 4),
    "transform": ("orchestration.transform.dbt", "_shown_tables", 1),
    "gates": ("orchestration.gates.run", "hold", 1),
    "marts": ("orchestration.transform.dbt", "_shown_tables", 2),
    "publish": ("orchestration.publish.files", "point_current", 1),
}


def _row_hashes(home: Path) -> dict[str, tuple[int, str]]:
    manifest = json.loads((home / "releases" / "current" / "manifest.json").read_text())
    return {name: (table["rows"], table["sha256"]) for name, table in manifest["tables"].items()}


def test_killed_in_every_stage_and_run_again(tmp_path: Path) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    selltrace(undisturbed, "run", "--as-of", AS_OF, contracts=write_small_market(undisturbed))
    contracts = write_small_market(killed)
    options = ["--home", str(killed), "--contracts", str(contracts), "run", "--as-of", AS_OF]
    command = [sys.executable, "-m", "tests.pipeline.killed", json.dumps(STAGES), *options]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    selltrace(killed, "run", "--as-of", AS_OF, contracts=contracts)
    assert _row_hashes(killed) == _row_hashes(undisturbed)
