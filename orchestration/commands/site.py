"""`selltrace ui` and `selltrace docs`: what people look at in a browser."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from orchestration.automation.instance import prepare_instance
from orchestration.commands.console import OUT, fail, shown_path
from orchestration.commands.state import contracts, settings
from orchestration.files import written_aside
from orchestration.settings import CHECKOUT
from orchestration.transform.invoke import invoke_dbt
from orchestration.transform.manifest import write_manifest

_HOST = "127.0.0.1"


def ui(port: int) -> None:
    """Run webserver and daemon with their state under the home; both end together."""
    contracts()
    write_manifest()
    prepare_instance(settings())
    workspace = ["-w", str(CHECKOUT / "workspace.yaml")]
    commands = (
        ["dagster-webserver", "-h", _HOST, "-p", str(port), *workspace],
        ["dagster-daemon", "run", *workspace],
    )
    # dbt and the code location are looked up from the checkout, wherever the command was called
    processes = [
        subprocess.Popen([str(Path(sys.executable).with_name(name)), *rest], cwd=CHECKOUT, env=dict(os.environ))
        for name, *rest in commands
    ]
    OUT.print(f"http://{_HOST}:{port} (interrupt to stop)", highlight=False)
    signal.signal(signal.SIGTERM, _interrupt)
    _wait(processes)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _wait(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    try:
        while all(process.poll() is None for process in processes):
            processes[0].wait()
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
