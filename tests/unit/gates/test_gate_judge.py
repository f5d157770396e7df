"""What Great Expectations imports for few of its expectations is there when one of them is judged, and not before."""

from __future__ import annotations

import subprocess
import sys

_JUDGED = """
import sys
from importlib.util import find_spec
import pandas as pd
from orchestration.gates.judge import _batch_definition, judge
from orchestration.gates.suites import Suite

_batch_definition()
assert "scipy.stats._stats_py" not in sys.modules and "altair.vegalite" not in sys.modules
assert find_spec("scipy.stats") and find_spec("altair")
suite = Suite.model_validate({
    "name": "shares",
    "notes": "n",
    "meta": {"evidence": "quality.evidence_shares", "stage": "slices", "invariant": False, "owner": "o"},
    "expectations": [{
        "type": "expect_column_kl_divergence_to_be_less_than",
        "kwargs": {
            "column": "kind",
            "partition_object": {"values": ["a", "b"], "weights": [0.5, 0.5]},
            "threshold": 0.1,
        },
        "severity": "warning",
        "meta": {"name": "shares_stand", "reason": "r", "message": "m"},
    }],
})
for kinds in (["a", "b"], ["a"] * 9 + ["b"]):
    [judgement] = judge(pd.DataFrame({"kind": kinds}), suite)
    print(judgement.success, judgement.error)
assert "scipy.stats._stats_py" in sys.modules
"""


def test_what_few_expectations_need_is_imported_for_them_alone() -> None:
    done = subprocess.run([sys.executable, "-c", _JUDGED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True None\nFalse None\n"), done.stderr
