"""The whole graph of assets, checks, jobs, sensors and schedules, as reviewed: a change of it is seen in the diff."""

from __future__ import annotations

import json
import os
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from orchestration.settings import CHECKOUT, Settings
from orchestration.transform.manifest import write_manifest

REVIEWED = Path(__file__).with_name("graph.json")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    write_manifest()
    return build_defs(Settings(home=tmp_path_factory.mktemp("home"), contracts=CHECKOUT / "contracts"))


def _graph(definitions: dg.Definitions) -> dict[str, object]:
    graph = definitions.resolve_asset_graph()
    nodes = [graph.get(key) for key in sorted(graph.get_all_asset_keys(), key=str)]
    return {
        "assets": {
            node.key.to_user_string(): {
                "group": node.group_name,
                "deps": sorted(key.to_user_string() for key in node.parent_keys),
                "checks": sorted(key.name for key in node.check_keys),
            }
            for node in nodes
        },
        "jobs": sorted(job.name for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")),
        "sensors": sorted(sensor.name for sensor in definitions.sensors or []),
        "schedules": sorted(schedule.name for schedule in definitions.schedules or []),
    }


def test_the_graph_is_as_reviewed(definitions: dg.Definitions) -> None:
    """After a change that is meant: `SELLTRACE_REVIEW=1 pytest tests/conventions`, and read the diff."""
    graph = _graph(definitions)
    if os.environ.get("SELLTRACE_REVIEW"):
        REVIEWED.write_text(json.dumps(graph, indent=1) + "\n", encoding="utf-8")
    assert graph == json.loads(REVIEWED.read_text(encoding="utf-8"))


def test_groups_follow_one_another_as_the_flow_does(definitions: dg.Definitions) -> None:
    order = ["landing", "raw", "staging", "quality", "reconciliation", "gates", "marts", "publish"]
    graph = definitions.resolve_asset_graph()
    backwards = [
        (parent.to_user_string(), key.to_user_string())
        for key in graph.get_all_asset_keys()
        for parent in graph.get(key).parent_keys
        if order.index(graph.get(parent).group_name or "") > order.index(graph.get(key).group_name or "")
    ]
    assert not backwards


def test_every_asset_is_described_and_every_feed_shows_its_owner(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert not [node.key.to_user_string() for node in nodes if not node.description]
    feeds = [node for node in nodes if node.group_name == "landing"]
    assert len(feeds) == 20
    assert not [node.key for node in feeds if "owner" not in node.metadata]
    expected = [node for node in feeds if node.freshness_policy is not None]
    assert len(expected) == 16
