"""`selltrace ui`: webserver and daemon come up on the loopback, show flow and gaps, and end together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.automation.instance import prepare_instance
from orchestration.contracts.load import require_contracts
from orchestration.ports import free_port
from orchestration.settings import Settings
from tests.pipeline.small_market import write_small_market
from tests.unit.landing.dagster_runs import take_in_by_dagster

_QUERY = """
{
  assetNodes { assetKey { path } groupName }
  sensorsOrError(repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "selltrace"}) {
    ... on Sensors { results { name sensorState { status } } }
  }
  feed: assetNodeOrError(assetKey: {path: ["landing", "shop.sell_out"]}) {
    ... on AssetNode {
      partitionKeysByDimension { partitionKeys }
      assetPartitionStatuses { ... on TimePartitionStatuses { ranges { startKey endKey status } } }
    }
  }
  instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } }
}
"""


def _ask(port: int) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": _QUERY}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        data: dict[str, Any] = json.load(answer)["data"]
        return data


def _is_up(data: dict[str, Any]) -> bool:
    daemons = data["instance"]["daemonHealth"]["allDaemonStatuses"]
    return bool(data["assetNodes"]) and all(daemon["healthy"] for daemon in daemons if daemon["required"])


def _wait_until_up(process: subprocess.Popen[bytes], port: int) -> dict[str, Any]:
    for _ in range(90):
        assert process.poll() is None, "the UI ended by itself"
        try:
            data = _ask(port)
        except OSError:
            data = None
        if data and _is_up(data):
            return data
        time.sleep(1)
    raise AssertionError("the UI did not come up in 90 seconds")


def _take_in_sell_out(home: Path, contracts: Path) -> None:
    settings = Settings(home=home, contracts=contracts)
    [contract] = [one for one in require_contracts(contracts) if one.kind_name == "sell_out"]
    with dg.DagsterInstance.from_config(str(prepare_instance(settings))) as instance:
        take_in_by_dagster(settings, instance, contract)


def test_the_ui_shows_flow_and_gaps_and_ends_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contracts, port = write_small_market(tmp_path), free_port()
    # the sensor must find nothing to start a run for while the test looks
    for path in (tmp_path / "landing").rglob("*.csv"):
        if path.parent.name != "sell_out" or "01-20" in path.name:
            path.unlink()
    monkeypatch.setenv("DAGSTER_HOME", "")
    _take_in_sell_out(tmp_path, contracts)
    command = [str(Path(sys.executable).with_name("selltrace")), "--home", str(tmp_path), "--contracts", str(contracts)]
    said = tmp_path / "said.txt"
    # as in the background of a script
    interrupts = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with said.open("wb") as out:
        process = subprocess.Popen(
            [*command, "ui", "--port", str(port)],
            env=dict(os.environ) | {"PYTHONUNBUFFERED": "1"},
            cwd=tmp_path,
            stdout=out,
            start_new_session=True,
        )
    signal.signal(signal.SIGINT, interrupts)
    try:
        data = _wait_until_up(process, port)
        groups = {node["groupName"] for node in data["assetNodes"]}
        assert groups == {"landing", "raw", "staging", "quality", "reconciliation", "gates", "marts", "publish"}
        keys = _keys(data)
        assert {"landing/shop.sell_out", "raw/sell_out", "marts/fct_sell_out", "publish/release"} <= keys
        assert data["feed"]["partitionKeysByDimension"][0]["partitionKeys"][:4] == [
            "2025-01-06",
            "2025-01-13",
            "2025-01-20",
            "2025-01-27",
        ]
        filled = [(span["startKey"], span["endKey"]) for span in data["feed"]["assetPartitionStatuses"]["ranges"]]
        assert filled == [("2025-01-06", "2025-01-06"), ("2025-01-20", "2025-01-20")]
        assert data["sensorsOrError"]["results"] == [{"name": "landing_zone", "sensorState": {"status": "RUNNING"}}]
        assert (tmp_path / "dagster" / "dagster.yaml").exists()
        corner = _contract_of_another_shop(contracts)
        _wait_until(lambda: "landing/corner.sell_out" in _keys(_ask(port)))
        # a mistake in a contract is told, and what was loaded goes on
        corner.write_text(corner.read_text(encoding="utf-8").replace("value: keyed", "value: keyd"), encoding="utf-8")
        _wait_until(lambda: "corner.odcs.yaml:" in said.read_text(encoding="utf-8"))
        assert "landing/corner.sell_out" in _keys(_ask(port))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    # the code server ends by itself once nobody asks it any more
    _wait_until(lambda: not _is_left(process.pid))
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def _keys(data: dict[str, Any]) -> set[str]:
    return {"/".join(node["assetKey"]["path"]) for node in data["assetNodes"]}


def _contract_of_another_shop(contracts: Path) -> Path:
    contract = (contracts / "sell_out.odcs.yaml").read_text(encoding="utf-8")
    contract = contract.replace("shop.sell_out", "corner.sell_out").replace("sell_out/*.csv", "corner/*.csv")
    contract = contract.replace("value: shop", "value: corner")
    path = contracts / "corner.odcs.yaml"
    path.write_text(contract, encoding="utf-8")
    return path


def _wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(60):
        if is_so():
            return
        time.sleep(1)
    raise AssertionError("not so after 60 seconds")


def _is_left(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
