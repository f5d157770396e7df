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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.files import read_json, written_aside
from orchestration.gates.verdicts import HELD_SLICES, MARKED_SLICES, create_slices
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


def run_on_spark(
    settings: Settings, arguments: Sequence[str], folders: Sequence[str], nodes: Mapping[str, Any]
) -> Results:
    """Run dbt on Spark and show the warehouse what it made. `nodes`: those of the manifest, by id.

    Raises NoSpark where it could not run at all; failed models and tests are in the result.
    """
    if lacks := missing():
        raise NoSpark(lacks)
    _export_slices(settings)
    results = Path(folders[folders.index("--target-path") + 1]) / "run_results.json"
    results.unlink(missing_ok=True)
    log = settings.home / "spark" / "dbt.log"
    _call(settings, [*arguments, "--target", "spark", *folders], log)
    if not results.exists():
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise NoSpark(f"dbt could not run on Spark; {log} ends with: {' '.join(last)}")
    told = [_node_result(one, nodes) for one in read_json(results)["results"]]
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


def _export_slices(settings: Settings) -> None:
    """What the gates decided, for the models after them; before anything is judged, no slice."""
    folder = settings.home / "spark" / "gates"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse)) as connection:
        create_slices(connection)
        for table in (HELD_SLICES, MARKED_SLICES):
            with written_aside(folder / f"{table.split('.')[1]}.parquet") as aside:
                connection.table(table).write_parquet(str(aside))


def _node_result(told: Mapping[str, Any], nodes: Mapping[str, Any]) -> NodeResult:
    node = copy.copy(nodes[told["unique_id"]])
    node.compiled_code = told.get("compiled_code")
    return NodeResult(node, told["status"], told["message"], told["failures"], told["execution_time"])


def _show_tables(settings: Settings, models: Sequence[Any]) -> None:
    with duckdb.connect(str(settings.warehouse)) as connection:
        tables = set(connection.execute("select schema_name, table_name from duckdb_tables()").fetchall())
        connection.begin()
        for model in models:
            name = f'"{model.schema}"."{model.alias}"'
            files = settings.home / "spark" / "tables" / model.schema / model.alias / "*.parquet"
            connection.execute(f'create schema if not exists "{model.schema}"')
            if (model.schema, model.alias) in tables:
                connection.execute(f"drop table {name}")
            connection.execute(f"create or replace view {name} as from read_parquet('{files}')")
        connection.commit()
