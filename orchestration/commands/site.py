"""`selltrace ui` and `selltrace docs`: what people look at in a browser."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import yaml
from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError
from rich.markup import escape

from orchestration.automation.instance import prepare_instance
from orchestration.commands.console import OUT, fail, shown_path
from orchestration.commands.state import contracts, settings
from orchestration.contracts.load import SUFFIX, require_contracts
from orchestration.contracts.problems import ContractError
from orchestration.files import written_aside
from orchestration.settings import CHECKOUT
from orchestration.transform.invoke import invoke_dbt
from orchestration.transform.manifest import write_manifest

_HOST = "127.0.0.1"
_LOCATION = "selltrace"


def ui(port: int) -> None:
    """Run webserver and daemon with their state under the home, and the code that both show; all end together.

    Both ask one code server: left alone each starts its own, and the daemon a new one every minute. Contracts that
    changed are loaded again.
    """
    contracts()
    write_manifest()
    prepare_instance(settings())
    code_port = _free_port()
    workspace = settings().dagster_home / "workspace.yaml"
    with written_aside(workspace) as aside:
        server = {"host": _HOST, "port": code_port, "location_name": _LOCATION}
        aside.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}), encoding="utf-8")
    loaded = _contract_files()
    processes = [_start("dagster", "code-server", "start", "-h", _HOST, "-p", str(code_port), *_definitions())]
    signal.signal(signal.SIGTERM, _interrupt)
    with _ended_together(processes):
        _wait_for_port(processes, code_port)
        processes.append(_start("dagster-webserver", "-h", _HOST, "-p", str(port), "-w", str(workspace)))
        processes.append(_start("dagster-daemon", "run", "-w", str(workspace)))
        OUT.print(f"http://{_HOST}:{port} (interrupt to stop)", highlight=False)
        while _are_running(processes):
            time.sleep(1)
            if (found := _contract_files()) != loaded and _load_again(port):
                loaded = found


def _definitions() -> list[str]:
    """What `workspace.yaml` of the checkout names, as options of a code server."""
    workspace = yaml.safe_load((CHECKOUT / "workspace.yaml").read_text(encoding="utf-8"))
    return ["-m", workspace["load_from"][0]["python_module"]["module_name"], "--location-name", _LOCATION]


def _start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
    # dbt and the definitions are looked up from the checkout, wherever the command was called
    return subprocess.Popen([str(Path(sys.executable).with_name(name)), *arguments], cwd=CHECKOUT, env=dict(os.environ))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _are_running(processes: Sequence[subprocess.Popen[bytes]]) -> bool:
    return all(process.poll() is None for process in processes)


def _wait_for_port(processes: Sequence[subprocess.Popen[bytes]], port: int) -> None:
    while _are_running(processes):
        with socket.socket() as probe:
            if probe.connect_ex((_HOST, port)) == 0:
                return
        time.sleep(0.1)


def _contract_files() -> set[tuple[Path, int]]:
    found = set()
    for path in settings().contracts.rglob(f"*{SUFFIX}"):
        # an editor replaces a file while this looks
        with suppress(FileNotFoundError):
            found.add((path, path.stat().st_mtime_ns))
    return found


def _load_again(port: int) -> bool:
    """Serve the contracts as they are now; False where the webserver is not up yet. Mistakes in them are told, and what
    was loaded goes on."""
    try:
        require_contracts(settings().contracts, settings().checked_contracts)
        DagsterGraphQLClient(_HOST, port_number=port).reload_repository_location(_LOCATION)
    except ContractError as error:
        OUT.print(escape(str(error)), highlight=False, soft_wrap=True)
    except (DagsterGraphQLClientError, OSError):
        return False
    return True


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


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


def docs() -> None:
    """Write the dbt docs, one self-contained page, into the current release."""
    if not settings().current.exists():
        fail("nothing is published yet; run `selltrace run` first")
    invoke_dbt(settings(), ["docs", "generate", "--static"])
    target = settings().current.resolve() / "docs" / "index.html"
    with written_aside(target) as aside:
        shutil.copyfile(settings().home / "dbt" / "target" / "static_index.html", aside)
    OUT.print(shown_path(settings().current / "docs" / "index.html"), highlight=False, soft_wrap=True)
