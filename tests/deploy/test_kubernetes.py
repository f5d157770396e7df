"""What Kubernetes is asked for: the Job of a run as the launcher posts it, and every piece of `deploy/` by its model.

No cluster runs here: a server on the loopback takes what is posted, and gives it back.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.launcher import LaunchRunContext
from dagster._core.remote_representation.external import RemoteRepository
from dagster._core.test_utils import create_run_for_test
from dagster_k8s.models import k8s_model_from_dict, k8s_snake_case_dict
from kubernetes import client as models

from tests.deploy.conftest import IMAGE, read_yaml

Posted = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def posted(tmp_path: Path) -> Iterator[Posted]:
    """What is posted to the server that `tmp_path/kubeconfig` leads to: path and body."""
    taken: Posted = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, json.loads(body)))
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the test looks at what was taken."""

    server = HTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "nobody"}}],
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "nobody", "user": {}}],
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig), encoding="utf-8")
    yield taken
    server.shutdown()
    server.server_close()


def _launch(tmp_path: Path, repository: RemoteRepository, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Launch the job by the instance of `dagster.yaml`, told where its cluster is."""
    deployed = read_yaml("dagster.yaml")
    deployed["run_launcher"]["config"] |= {
        "load_incluster_config": False,
        "kubeconfig_file": str(tmp_path / "kubeconfig"),
    }
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(deployed), encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", "/opt/dagster/dagster_home")
    monkeypatch.setenv("DAGSTER_PG_URL", url)
    job = repository.get_full_job("release")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        run = create_run_for_test(
            instance,
            job_name=job.name,
            remote_job_origin=job.get_remote_origin(),
            job_code_origin=job.get_python_origin(),
        )
        instance.run_launcher.launch_run(LaunchRunContext(dagster_run=run, workspace=None))


def test_a_run_is_one_pod_on_the_node_of_the_home(
    posted: Posted,
    tmp_path: Path,
    repository: RemoteRepository,
    dagster_pg_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _launch(tmp_path, repository, dagster_pg_url, monkeypatch)
    [(path, job)] = posted
    assert path.startswith("/apis/batch/v1/namespaces/selltrace/jobs")
    pod = _typed(models.V1Job, job).spec.template.spec
    [container] = pod.containers
    assert container.image == IMAGE
    assert container.args[:3] == ["dagster", "api", "execute_run"]
    assert {one.name: one.value for one in container.env if one.value}.items() >= {
        "DAGSTER_HOME": "/opt/dagster/dagster_home",
        "SELLTRACE_MEMORY": "6GB",
    }.items()
    assert [one.secret_ref.name for one in container.env_from if one.secret_ref] == ["selltrace"]
    mounts = {one.name: one.mount_path for one in container.volume_mounts}
    assert mounts["home"] == "/srv/selltrace"
    claims = [one.persistent_volume_claim.claim_name for one in pod.volumes if one.persistent_volume_claim]
    assert claims == [read_yaml("home.yaml")["metadata"]["name"]]
    [same_node] = pod.affinity.pod_affinity.required_during_scheduling_ignored_during_execution
    assert (same_node.topology_key, same_node.label_selector.match_labels) == (
        "kubernetes.io/hostname",
        {"deployment": "selltrace"},
    )
    assert (pod.security_context.run_as_user, pod.security_context.fs_group) == (10001, 10001)
    assert container.resources.limits == {"memory": "12Gi"}


def _typed(model: type, content: dict[str, Any]) -> Any:
    """Content as the model of the client; fails at a field that the model does not have."""
    return k8s_model_from_dict(model, k8s_snake_case_dict(model, content))


def test_the_claim_is_one_disk_of_one_node() -> None:
    claim = _typed(models.V1PersistentVolumeClaim, read_yaml("home.yaml"))
    assert claim.spec.access_modes == ["ReadWriteOnce"]


@pytest.mark.parametrize(
    ("where", "field", "model"),
    [
        ("deployment", "podSecurityContext", models.V1PodSecurityContext),
        ("deployment", "affinity", models.V1Affinity),
        ("deployment", "resources", models.V1ResourceRequirements),
        ("launcher", "resources", models.V1ResourceRequirements),
    ],
)
def test_pieces_of_the_values_are_those_of_kubernetes(where: str, field: str, model: type) -> None:
    assert _typed(model, _place(where)[field])


@pytest.mark.parametrize("where", ["deployment", "launcher"])
def test_server_and_runs_mount_the_same_home(where: str) -> None:
    [volume] = [_typed(models.V1Volume, one) for one in _place(where)["volumes"]]
    [mount] = [_typed(models.V1VolumeMount, one) for one in _place(where)["volumeMounts"]]
    assert volume.persistent_volume_claim.claim_name == read_yaml("home.yaml")["metadata"]["name"]
    assert (mount.name, mount.mount_path) == (volume.name, "/srv/selltrace")


def _place(where: str) -> dict[str, Any]:
    values = read_yaml("values.yaml")
    [deployment] = values["dagster-user-deployments"]["deployments"]
    return deployment if where == "deployment" else values["runLauncher"]["config"]["k8sRunLauncher"]
