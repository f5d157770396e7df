"""The code server that `deploy/` starts serves the definitions, and `workspace.yaml` leads to it."""

from __future__ import annotations

from pathlib import Path

from dagster._core.remote_representation.external import RemoteRepository

from orchestration.definitions import build_defs
from orchestration.settings import Settings
from tests.deploy.conftest import IMAGE, read_yaml


def test_it_serves_every_asset(repository: RemoteRepository, market: Path) -> None:
    defined = build_defs(Settings(home=market, contracts=market / "contracts")).resolve_asset_graph()
    assert {node.asset_key for node in repository.get_asset_node_snaps()} == defined.get_all_asset_keys()


def test_sensors_and_schedules_run_from_the_start(repository: RemoteRepository) -> None:
    triggers = [*repository.get_sensors(), *repository.get_schedules()]
    assert {"landing_zone", "daily"} <= {one.name for one in triggers}
    assert {one.default_status.value for one in triggers} == {"RUNNING"}


def test_runs_take_the_image_of_the_code_server(repository: RemoteRepository) -> None:
    job = repository.get_full_job("release")
    assert job.get_python_origin().repository_origin.container_image == IMAGE


def test_the_workspace_names_the_server_that_the_chart_starts() -> None:
    [server] = read_yaml("workspace.yaml")["load_from"]
    [deployment] = read_yaml("values.yaml")["dagster-user-deployments"]["deployments"]
    assert server["grpc_server"] == {
        "host": deployment["name"],
        "port": deployment["port"],
        "location_name": deployment["name"],
    }
