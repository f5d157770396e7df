"""Tests of a table that is kept by week read the weeks that a run built: its keys have to be of one week."""

from __future__ import annotations

from orchestration.files import read_json
from orchestration.transform.manifest import MANIFEST, write_manifest

#: a line is of one file, and its day of one week; how many there are is told by the account of each delivery
_LINE = {"delivery_id", "line_number"}


def test_keys_of_tables_that_are_kept_by_week_name_the_week() -> None:
    write_manifest()
    nodes = read_json(MANIFEST)["nodes"]
    keys = {}
    for test in nodes.values():
        if test.get("attached_node") and test.get("test_metadata", {}).get("name") in ("unique", "unique_combination"):
            model = nodes[test["attached_node"]]
            shown = model["config"]["meta"].get("units_of")
            meta = nodes[f"model.selltrace.{shown}"]["config"]["meta"] if shown else model["config"]["meta"]
            words = test["test_metadata"]["kwargs"]
            columns = set(words.get("columns") or [words["column_name"]])
            if "week" in meta and columns != _LINE:
                keys[test["name"]] = meta["week"] in columns
    assert keys
    assert [name for name, names_week in keys.items() if not names_week] == []
