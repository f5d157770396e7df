"""A run killed with -9 in each stage and started again gives the same release: row hashes, its id and time apart."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import CHECKOUT
from tests.pipeline.conftest import selltrace
from tests.pipeline.small_market import AS_OF, write_small_market

STAGES = {
    "landing": ("orchestration.landing.land", "record_received", 3),
    "ingest": ("orchestration.ingest.ingest", "enter", 4),
    "ledger": ("orchestration.transform.control", "written_aside", 4),
    "transform": ("orchestration.transform.dbt", "_shown_tables", 1),
    "gates": ("orchestration.gates.run", "hold", 1),
    "marts": ("orchestration.transform.dbt", "_shown_tables", 2),
    "publish": ("orchestration.publish.files", "point_current", 1),
}


def _row_hashes(home: Path) -> dict[str, tuple[int, str]]:
    manifest = json.loads((home / "releases" / "current" / "manifest.json").read_text())
    return {name: (table["rows"], table["sha256"]) for name, table in manifest["tables"].items()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    home = tmp_path_factory.mktemp("undisturbed")
    selltrace(home, "run", "--as-of", AS_OF, contracts=write_small_market(home))
    return _row_hashes(home)


@pytest.mark.parametrize("stage", STAGES)
def test_killed_in_a_stage_and_run_again(stage: str, tmp_path: Path, undisturbed: dict[str, tuple[int, str]]) -> None:
    contracts = write_small_market(tmp_path)
    module, function, call = STAGES[stage]
    command = [sys.executable, "-m", "tests.pipeline.killed", module, function, str(call)]
    options = ["--home", str(tmp_path), "--contracts", str(contracts), "run", "--as-of", AS_OF]
    done = subprocess.run([*command, *options], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    assert not (tmp_path / "releases" / "current").exists()
    selltrace(tmp_path, "run", "--as-of", AS_OF, contracts=contracts)
    assert _row_hashes(tmp_path) == undisturbed
    shutil.rmtree(tmp_path / "dbt")
