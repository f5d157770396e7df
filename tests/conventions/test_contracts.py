"""What a table refuses while it is written, no test reads it again for: a test costs every run, whatever it reads."""

from __future__ import annotations

from orchestration.files import read_json
from orchestration.transform.manifest import MANIFEST, write_manifest

#: what a constraint says as well
_REFUSED = {"not_null"}


def test_tables_refuse_what_is_never_missing_by_their_contract() -> None:
    write_manifest()
    nodes = read_json(MANIFEST)["nodes"]
    tested = [node for node in nodes.values() if node.get("attached_node") and node["resource_type"] == "test"]
    # a view refuses nothing, and a constraint does not warn
    assert [
        test["name"]
        for test in tested
        if test["test_metadata"]["name"] in _REFUSED
        and test["config"]["severity"].lower() == "error"
        and nodes[test["attached_node"]]["config"]["materialized"] != "view"
    ] == []
