"""Writing the manifest: once, whoever else finds the project changed at the same moment."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from orchestration.transform import manifest

_PROJECT = """
name: small
version: "1.0"
profile: small
model-paths: [models]
"""
_PROFILES = """
small:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: ":memory:"}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one model that was never parsed."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.sql").write_text("select 1 as one")
    (tmp_path / "dbt_project.yml").write_text(_PROJECT)
    (tmp_path / "profiles.yml").write_text(_PROFILES)
    target = tmp_path / "target"
    monkeypatch.setattr(manifest, "DBT_PROJECT", tmp_path)
    monkeypatch.setattr(manifest, "TARGET", target)
    monkeypatch.setattr(manifest, "MANIFEST", target / "manifest.json")
    monkeypatch.setattr(manifest, "PARSED", target / "parsed.msgpack")
    monkeypatch.setattr(manifest, "_FINGERPRINT", target / "manifest.sources.sha256")
    return tmp_path


def _written_at_once(processes: int) -> set[str]:
    """What processes that call at the same moment read after it: the name that dbt gave to its call."""
    forked = multiprocessing.get_context("fork")
    told = forked.SimpleQueue()
    start = forked.Barrier(processes)

    def write() -> None:
        start.wait()
        try:
            manifest.write_manifest()
            told.put(manifest.read_manifest()["metadata"]["invocation_id"])  # type: ignore[index]
        except Exception as error:
            told.put(repr(error))

    running = [forked.Process(target=write) for _ in range(processes)]
    for one in running:
        one.start()
    found = {told.get() for _ in running}
    for one in running:
        one.join()
    return found


def test_processes_that_write_it_at_the_same_moment_parse_once(project: Path) -> None:
    found = _written_at_once(3)
    assert found == {manifest.read_manifest()["metadata"]["invocation_id"]}  # type: ignore[index]
    assert manifest.is_written()
    assert {path.name for path in (project / "target").iterdir()} == {
        "manifest.json", "parsed.msgpack", "manifest.sources.sha256",
    }  # fmt: skip
