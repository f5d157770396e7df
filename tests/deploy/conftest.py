"""What `deploy/` makes, as far as one machine can make it: an instance on PostgreSQL, and a code server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import adbc_driver_postgresql.dbapi as driver
import dagster as dg
import pytest
import yaml
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.remote_representation.external import RemoteRepository
from dagster._core.workspace.load import location_origins_from_yaml_paths
from dagster._grpc.client import DagsterGrpcClient

from orchestration.ports import free_port
from orchestration.settings import CHECKOUT
from orchestration.transform.manifest import write_manifest
from tests.pipeline.small_market import write_small_market

DEPLOY = CHECKOUT / "deploy"
IMAGE = "registry.example.internal/selltrace:0.1.0"


def read_yaml(name: str) -> dict:
    """A file of `deploy/`."""
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with files that nobody took in yet, its contracts in `contracts`."""
    home = tmp_path_factory.mktemp("deployed")
    write_small_market(home)
    return home


@pytest.fixture(scope="session")
def dagster_pg_url(postgres_uri: str) -> str:
    """The value of DAGSTER_PG_URL: a database of its own, by the driver that dagster-postgres brings."""
    with driver.connect(postgres_uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("create database dagster")
    return postgres_uri.replace("postgresql://", "postgresql+psycopg2://").replace("/postgres?", "/dagster?")


@pytest.fixture(scope="session")
def dagster_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `dagster.yaml` as it is deployed."""
    folder = tmp_path_factory.mktemp("dagster_home")
    (folder / "dagster.yaml").write_bytes((DEPLOY / "dagster.yaml").read_bytes())
    return folder


@pytest.fixture
def instance(dagster_home: Path, dagster_pg_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The instance that `dagster.yaml` makes."""
    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home))
    monkeypatch.setenv("DAGSTER_PG_URL", dagster_pg_url)
    with dg.DagsterInstance.from_config(str(dagster_home)) as made:
        yield made


@pytest.fixture(scope="session")
def code_server(market: Path) -> Iterator[int]:
    """The port of a code server, started by the arguments that the chart gives it."""
    write_manifest()
    [deployment] = read_yaml("values.yaml")["dagster-user-deployments"]["deployments"]
    port = free_port()
    address = ["-h", "127.0.0.1", "-p", str(port)]
    environment = {"SELLTRACE_HOME": str(market), "SELLTRACE_CONTRACTS": str(market / "contracts")}
    dagster = str(Path(sys.executable).with_name("dagster"))
    process = subprocess.Popen(
        [dagster, "code-server", "start", *address, *deployment["codeServerArgs"]],
        env={**os.environ, **environment, "DAGSTER_CURRENT_IMAGE": IMAGE},
        cwd=CHECKOUT,
        start_new_session=True,
    )
    try:
        _wait_until_it_serves(process, DagsterGrpcClient(host="127.0.0.1", port=port))
        yield port
    finally:
        # it may wait for a child that no longer answers, for longer than a test should
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_it_serves(process: subprocess.Popen[bytes], client: DagsterGrpcClient) -> None:
    """Ask as the probes of the chart do."""
    for _ in range(240):
        assert process.poll() is None, "the code server ended by itself"
        with suppress(DagsterUserCodeUnreachableError):
            if client.health_check_query() == "SERVING":
                return
        time.sleep(0.5)
    raise AssertionError("the code server did not answer in two minutes")


@pytest.fixture
def repository(code_server: int, tmp_path: Path) -> Iterator[RemoteRepository]:
    """The definitions as webserver and daemon see them, by `workspace.yaml`."""
    workspace = read_yaml("workspace.yaml")
    workspace["load_from"][0]["grpc_server"] |= {"host": "127.0.0.1", "port": code_server}
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(workspace), encoding="utf-8")
    [origin] = location_origins_from_yaml_paths([str(tmp_path / "workspace.yaml")])
    with dg.DagsterInstance.ephemeral() as unused, origin.create_location(unused) as location:
        yield next(iter(location.get_repositories().values()))
