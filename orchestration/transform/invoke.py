"""dbt in this process: parsed once, called for any home.

Belongs here: calling dbt. Does not belong here: which models there are (the manifest), or what Dagster is told (`dbt`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orchestration.settings import DBT_PROJECT, Settings
from orchestration.transform.manifest import PARSED, PARSED_WITH, is_written
from orchestration.transform.on_spark import NoSpark, run_on_spark

#: what became of each node is in the result; a line for every query costs more than most queries of a small run
_QUIET = ("--log-level", "none", "--log-level-file", "none")
#: commands that compute; what others show, the warehouse holds
_BUILDING = ("run", "build")
#: the whole project as JSON, written by every command: a second that only who asks for documents needs to pay
_NO_ARTIFACTS = "--no-write-json"


class DbtError(Exception):
    """dbt could not run at all."""


def invoke_dbt(settings: Settings, arguments: Sequence[str]) -> Any:
    """Run dbt on the home's warehouse, and let go of the warehouse file; the engine of the settings builds models.

    Raises DbtError where dbt could not run at all; failed models and tests are in the result.
    """
    # dbt takes longer to import than all else of the definitions, and is not needed to look at the assets
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    _look_names_up()
    manifest = _parsed()
    for source in manifest.sources.values():
        source.meta["home"] = str(settings.home)
    folders = _folders(settings.home / "dbt")
    with _environment({"SELLTRACE_HOME": str(settings.home), "SELLTRACE_MEMORY": settings.memory}):
        if settings.engine == "spark" and arguments[0] in _BUILDING:
            try:
                return run_on_spark(settings, arguments, folders, manifest)
            except NoSpark as error:
                raise DbtError(str(error)) from error
        if arguments[0] in _BUILDING:
            arguments = [*arguments, _NO_ARTIFACTS]
        try:
            answer = dbtRunner(manifest=manifest).invoke([*_QUIET, *arguments, *folders])
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if answer.exception is not None:
        raise DbtError(f"dbt could not run: {answer.exception}")
    return answer.result


@cache
def _parsed() -> Any:
    """The parsed project: once a process, whatever homes it works on, and quickly where the manifest was written."""
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    # dbt takes a metric that stands beside a changed model for a second one of its name
    former = ["--partial-parse-file-path", str(PARSED)] if is_written() else []
    with TemporaryDirectory() as work, _environment(PARSED_WITH):
        answer = dbtRunner().invoke([*_QUIET, "parse", _NO_ARTIFACTS, *former, *_folders(Path(work))])
    if not isinstance(answer.result, Manifest):
        raise DbtError(f"dbt cannot parse {DBT_PROJECT}: {answer.exception}")
    return answer.result


@cache
def _look_names_up() -> None:
    """Have values that dbt renders, such as arguments of generic tests, find names where they stand, as its SQL does.

    For each of them dbt copies its whole context otherwise: 1.5 of the 30 s of CPU of a small delivery.
    """
    from dbt_common.clients.jinja import MacroFuzzTemplate, NativeSandboxTemplate

    NativeSandboxTemplate.new_context = MacroFuzzTemplate.new_context  # type: ignore[assignment]


def _folders(work: Path) -> list[str]:
    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    return [*project, "--target-path", str(work / "target"), "--log-path", str(work / "logs")]


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    names = {**settings, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
