"""`selltrace ui`: Dagster's webserver and daemon, and the code server that both ask."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import yaml
from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError
from rich.markup import escape

from orchestration.automation.instance import prepare_instance
from orchestration.commands.console import OUT, heed_interrupts
from orchestration.commands.state import contracts, settings
from orchestration.contracts.load import SUFFIX, require_contracts
from orchestration.contracts.problems import ContractError
from orchestration.files import written_aside
from orchestration.ports import LOOPBACK, free_port
from orchestration.settings import CHECKOUT
from orchestration.transform.manifest import write_manifest


def ui(port: int) -> None:
    """Run webserver and daemon with their state under the home, and the code that both show; all end together.

    Both ask one code server: left alone each starts its own, and the daemon a new one every minute. Contracts that
    changed are loaded again.
    """
    contracts()
    write_manifest()
    prepare_instance(settings())
    module, location = _definitions()
    code_port = free_port()
    workspace = settings().dagster_home / "workspace.yaml"
    with written_aside(workspace) as aside:
        server = {"host": LOOPBACK, "port": code_port, "location_name": location}
        aside.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}), encoding="utf-8")
    loaded = _contract_files()
    code_server = [
        "code-server",
        "start",
        "-h",
        LOOPBACK,
        "-p",
        str(code_port),
        "-m",
        module,
        "--location-name",
        location,
    ]
    heed_interrupts()
    processes = [_start("dagster", *code_server)]
    with _ended_together(processes):
        _wait_for_port(processes, code_port)
        processes.append(_start("dagster-webserver", "-h", LOOPBACK, "-p", str(port), "-w", str(workspace)))
        processes.append(_start("dagster-daemon", "run", "-w", str(workspace)))
        OUT.print(f"http://{LOOPBACK}:{port} (interrupt to stop)", highlight=False)
        while _are_running(processes):
            time.sleep(1)
            if (found := _contract_files()) != loaded and _load_again(port, location):
                loaded = found


def _definitions() -> tuple[str, str]:
    """The module and the name of the code location, as `workspace.yaml` of the checkout has them."""
    workspace = yaml.safe_load((CHECKOUT / "workspace.yaml").read_text(encoding="utf-8"))
    location = workspace["load_from"][0]["python_module"]
    return location["module_name"], location["location_name"]


def _start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
    # dbt and the definitions are looked up from the checkout, wherever the command was called
    return subprocess.Popen([str(Path(sys.executable).with_name(name)), *arguments], cwd=CHECKOUT, env=dict(os.environ))


def _are_running(processes: Sequence[subprocess.Popen[bytes]]) -> bool:
    return all(process.poll() is None for process in processes)


def _wait_for_port(processes: Sequence[subprocess.Popen[bytes]], port: int) -> None:
    while _are_running(processes):
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.1)


def _contract_files() -> set[tuple[Path, int]]:
    found = set()
    for path in settings().contracts.rglob(f"*{SUFFIX}"):
        # an editor replaces a file while this looks
        with suppress(FileNotFoundError):
            found.add((path, path.stat().st_mtime_ns))
    return found


def _load_again(port: int, location: str) -> bool:
    """Serve the contracts as they are now; False where the webserver is not up yet. Mistakes in them are told, and what
    was loaded goes on."""
    try:
        require_contracts(settings().contracts, settings().checked_contracts)
        DagsterGraphQLClient(LOOPBACK, port_number=port).reload_repository_location(location)
    except ContractError as error:
        OUT.print(escape(str(error)), highlight=False, soft_wrap=True)
    except (DagsterGraphQLClientError, OSError):
        return False
    return True


@contextmanager
def _ended_together(processes: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
