"""One dbt command on Spark: `python -m orchestration.transform.spark HOME MEMORY ARGUMENT...`, in Spark's environment.

Belongs here: the session that dbt finds, and what it finds in it. Does not belong here: what dbt computes.

Exit codes are dbt's: 0, 1 where a model or test failed, 2 where dbt could not run.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pyspark
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from pyspark.sql import SparkSession

from orchestration.ports import LOOPBACK
from orchestration.transform.spark.cluster import COMPILED_LIGHTLY, cluster


def main(home: Path, worker_memory: str, arguments: list[str]) -> int:
    """Run dbt with `arguments` on a cluster of its own, which gives `worker_memory` to each of its workers."""
    scratch = home / "spark" / "cluster"
    shutil.rmtree(scratch, ignore_errors=True)
    folders = arguments[arguments.index("--target") :]
    parsed = dbtRunner().invoke(["--quiet", "parse", *folders])
    if not isinstance(parsed.result, Manifest):
        print(parsed.exception, file=sys.stderr)
        return 2
    with cluster(Path(pyspark.__path__[0]), scratch, worker_memory) as joining:
        session = _session(scratch, joining)
        try:
            _locate_sources(session, home, parsed.result)
            _locate_tables(session, home / "spark" / "tables")
            answer = dbtRunner(manifest=parsed.result).invoke(["--quiet", *arguments])
        finally:
            session.stop()
            shutil.rmtree(_aside(scratch), ignore_errors=True)
    if answer.exception is not None:
        print(answer.exception, file=sys.stderr)
        return 2
    return 0 if answer.success else 1


def _aside(scratch: Path) -> Path:
    """Where tables go that are of one session only."""
    return scratch / "aside"


def _session(scratch: Path, joining: dict[str, str]) -> SparkSession:
    builder = SparkSession.builder.appName("selltrace")
    settings = {
        **joining,
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": COMPILED_LIGHTLY,
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # tables are files that the next session finds, and no database keeps a list of them
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.legacy.allowNonEmptyLocationInCTAS": "true",
        "spark.sql.warehouse.dir": str(_aside(scratch)),
        "spark.local.dir": str(scratch),
        # the lake is a folder a delivery: listing them is nothing that workers make faster
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000000",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    session: SparkSession = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def _locate_sources(session: SparkSession, home: Path, manifest: Manifest) -> None:
    """Make every source that is there a view on the files that dbt on DuckDB reads; others no model reads yet."""
    for source in manifest.sources.values():
        located = source.meta.get("external_location") or source.meta["exported_location"]
        files = located.format(home=home, name=source.name)
        if any(Path("/").glob(files.lstrip("/"))):
            session.sql(f"create schema if not exists {source.schema}")
            session.sql(f"create view {source.schema}.{source.identifier} as select * from parquet.`{files}`")


def _locate_tables(session: SparkSession, tables: Path) -> None:
    """Tell the session of every table that was written whole: a folder `<schema>/<table>` with Spark's mark in it."""
    for mark in sorted(tables.glob("*/*/_SUCCESS")):
        folder = mark.parent
        session.sql(f"create schema if not exists {folder.parent.name}")
        session.sql(f"create table {folder.parent.name}.{folder.name} using parquet location '{folder}'")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
