"""dbt on Spark, called from here: what it reads of the warehouse goes out before, what it made comes in after.

Belongs here: the process in Spark's environment, and the warehouse's view of its tables. Does not belong here: the
session and the cluster (`spark`), which models there are (the manifest).

Gates, release and every question read the warehouse, whichever engine computed it: there Spark's tables are views on
their files.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.files import read_json, written_aside
from orchestration.gates.verdicts import create_slices
from orchestration.publish.sql import text
from orchestration.settings import CHECKOUT, Settings
from orchestration.transform.spark.cluster import WORKERS, die_with_parent

PYTHON: Final = CHECKOUT / ".venv-spark" / "bin" / "python"
_MEBIBYTES: Final = {"M": 1, "G": 1024, "T": 1024 * 1024}


class NoSpark(Exception):
    """Spark is not installed here, or did not run; the message names the cure or the log."""


@dataclass(frozen=True)
class NodeResult:
    """What became of a model or test, as `dbtRunner` would tell it."""

    node: Any
    status: str
    message: str | None
    failures: int | None
    execution_time: float


@dataclass(frozen=True)
class Results:
    """What became of all of them."""

    results: tuple[NodeResult, ...]


def missing() -> str | None:
    """What Spark lacks here, in words with the cure; None where it can run."""
    if not PYTHON.exists():
        return "the environment of Spark is not there: `make .venv-spark/installed`"
    if not shutil.which("java") and "JAVA_HOME" not in os.environ:
        return "Spark needs Java 17: install a Java runtime, or set JAVA_HOME"
    return None


def run_on_spark(settings: Settings, arguments: Sequence[str], folders: Sequence[str], manifest: Any) -> Results:
    """Run dbt on Spark and show the warehouse what it made. `manifest`: the parsed project.

    Raises NoSpark where it could not run at all; failed models and tests are in the result.
    """
    if lacks := missing():
        raise NoSpark(lacks)
    _export(settings, manifest.sources.values())
    results = Path(folders[folders.index("--target-path") + 1]) / "run_results.json"
    results.unlink(missing_ok=True)
    log = settings.home / "spark" / "dbt.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    _call(settings, [*arguments, "--target", "spark", *folders], log)
    if not results.exists():
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise NoSpark(f"dbt could not run on Spark; {log} ends with: {' '.join(last)}")
    told = [_node_result(one, manifest.nodes) for one in read_json(results)["results"]]
    _show_tables(settings, [one.node for one in told if one.node.resource_type == "model" and one.status == "success"])
    return Results(tuple(told))


def _call(settings: Settings, arguments: Sequence[str], log: Path) -> None:
    memory = f"{_mebibytes(settings.memory) // WORKERS}m"
    command = [str(PYTHON), "-m", "orchestration.transform.spark", str(settings.home), memory, *arguments]
    with log.open("wb") as output:
        subprocess.run(command, cwd=CHECKOUT, stdout=output, stderr=output, check=False, preexec_fn=die_with_parent)


def _mebibytes(memory: str) -> int:
    number, unit = re.fullmatch(r"([0-9.]+)([MGT])i?B", memory).groups()  # type: ignore[union-attr]
    return int(float(number) * _MEBIBYTES[unit])


def _export(settings: Settings, sources: Iterable[Any]) -> None:
    """Write sources that are tables of the warehouse where Spark finds them; before anything is judged, no slice."""
    with duckdb.connect(str(settings.warehouse)) as connection:
        create_slices(connection)
        for source in sources:
            if location := source.meta.get("exported_location"):
                file = Path(location.format(home=settings.home, name=source.name))
                file.parent.mkdir(parents=True, exist_ok=True)
                with written_aside(file) as aside:
                    connection.table(f"{source.schema}.{source.identifier}").write_parquet(str(aside))


def _node_result(told: Mapping[str, Any], nodes: Mapping[str, Any]) -> NodeResult:
    node = copy.copy(nodes[told["unique_id"]])
    node.compiled_code = told.get("compiled_code")
    return NodeResult(node, told["status"], told["message"], told["failures"], told["execution_time"])


def _show_tables(settings: Settings, models: Sequence[Any]) -> None:
    with duckdb.connect(str(settings.warehouse)) as connection:
        tables = set(connection.execute("select schema_name, table_name from duckdb_tables()").fetchall())
        connection.begin()
        for model in models:
            files = settings.home / "spark" / "tables" / model.schema / model.alias / "*.parquet"
            connection.execute(f'create schema if not exists "{model.schema}"')
            # with what DuckDB kept of its units: it would take the table for its own
            for schema, table in tables:
                if schema == model.schema and (table == model.alias or table.startswith(f"{model.alias}__")):
                    connection.execute(f'drop table "{schema}"."{table}"')
            view = f'"{model.schema}"."{model.alias}"'
            connection.execute(f"create or replace view {view} as from read_parquet({text(files)})")
        connection.commit()
