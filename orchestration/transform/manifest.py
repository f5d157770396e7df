"""The dbt manifest that the definitions are made from: written by an explicit step, read everywhere else.

Belongs here: when it must be written again. Does not belong here: what Dagster makes of it (`dbt`).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.files import read_json, written_aside
from orchestration.lock import locked
from orchestration.settings import DBT_PROJECT

TARGET = DBT_PROJECT / "target"
MANIFEST = TARGET / "manifest.json"
_FINGERPRINT = TARGET / "manifest.sources.sha256"
#: what dbt kept of the parse; dbt's own file is written anew, for other homes, by whoever calls dbt by hand
PARSED = TARGET / "parsed.msgpack"
#: home and memory that the manifest is parsed with; whoever calls dbt with it names the real ones
PARSED_WITH = {"SELLTRACE_HOME": "home", "SELLTRACE_MEMORY": "6GB"}


class NoManifest(Exception):
    """The dbt project was never parsed."""


def _sources_fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT.rglob("*")):
        inside = path.relative_to(DBT_PROJECT)
        if path.is_file() and inside.parts[0] not in ("target", "logs") and not path.name.startswith("."):
            digest.update(f"{inside.as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_written() -> bool:
    """Whether the manifest, and what dbt kept of the parse, are those of the project as it is."""
    return _is_written(_sources_fingerprint())


def _is_written(fingerprint: str) -> bool:
    written = MANIFEST.exists() and PARSED.exists() and _FINGERPRINT.exists()
    return written and _FINGERPRINT.read_text() == fingerprint


def write_manifest() -> Path:
    """Parse the dbt project if it changed since the manifest was written; returns the manifest's path.

    Processes that find it changed at the same moment wait for the first of them.
    """
    fingerprint = _sources_fingerprint()
    if _is_written(fingerprint):
        return MANIFEST
    TARGET.mkdir(exist_ok=True)
    with locked(TARGET):
        if not _is_written(fingerprint):
            _write(fingerprint)
    return MANIFEST


def _write(fingerprint: str) -> None:
    # dbt writes in place: a reader would see a part of the manifest
    with TemporaryDirectory(dir=TARGET) as work:
        _parse(Path(work))
        (Path(work) / MANIFEST.name).replace(MANIFEST)
        (Path(work) / "partial_parse.msgpack").replace(PARSED)
    with written_aside(_FINGERPRINT) as aside:
        aside.write_text(fingerprint)


def _parse(work: Path) -> None:
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "parse", "--project-dir", str(DBT_PROJECT)]
    command += ["--profiles-dir", str(DBT_PROJECT), "--target-path", str(work), "--no-partial-parse"]
    environment = {**os.environ, **PARSED_WITH}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoManifest(f"dbt cannot parse {DBT_PROJECT}:\n{done.stdout}{done.stderr}")


def read_manifest() -> dict[str, object]:
    """The manifest as a dictionary. Raises NoManifest with the cure where it was never written."""
    if not MANIFEST.exists():
        raise NoManifest(f"{MANIFEST} is missing; run `make manifest`")
    return read_json(MANIFEST)


if __name__ == "__main__":
    print(write_manifest())
