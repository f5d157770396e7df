"""A Spark cluster on loopback: a standalone master and two workers, for as long as a block lasts.

Belongs here: starting and ending the processes. Does not belong here: what is computed on them.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestration.ports import LOOPBACK, free_port

WORKERS: Final = 2

#: half of a short run is the compiler that makes code fast: of use to nothing but tasks over many lines
COMPILED_LIGHTLY: Final = "-XX:TieredStopAtLevel=1"
#: ten times what a method must have run by default before it is compiled a second time
_COMPILED_IF_HOT: Final = (
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 "
    "-XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
)

#: seconds within which a process must be up
_PATIENCE: Final = 120.0
_DEPLOY: Final = "org.apache.spark.deploy"
#: of Linux's prctl: the signal that a process gets when its parent has ended
_PR_SET_PDEATHSIG: Final = 1


class NoCluster(Exception):
    """The cluster did not come up; the message names the log that tells why."""


@contextmanager
def cluster(spark_home: Path, work: Path, worker_memory: str) -> Iterator[dict[str, str]]:
    """Start master and workers below `work`; yields the settings by which a session joins them.

    `worker_memory`: what a worker gives to its executor, as Spark writes it (`2g`). Everything listens on loopback
    only, behind a secret made for this cluster, and ends with the block, or with this process.
    """
    settings = work / "conf"
    settings.mkdir(parents=True)
    _write_settings(settings / "spark-defaults.conf")
    os.environ |= {
        "SPARK_CONF_DIR": str(settings),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": COMPILED_LIGHTLY,
    }
    start = str(spark_home / "bin" / "spark-class")
    port = free_port()
    address = f"spark://{LOOPBACK}:{port}"
    listening = ["--host", LOOPBACK, "--webui-port", "0"]
    with ExitStack() as running:
        master = [start, f"{_DEPLOY}.master.Master", *listening, "--port", str(port)]
        _await(running.enter_context(_process(master, work / "master.log")), "I have been elected leader")
        workers = []
        for number in range(1, WORKERS + 1):
            worker = [start, f"{_DEPLOY}.worker.Worker", *listening, "--cores", "1", "--memory", worker_memory]
            worker += ["--work-dir", str(work / f"worker_{number}"), address]
            workers.append(running.enter_context(_process(worker, work / f"worker_{number}.log")))
        for one in workers:
            _await(one, "Successfully registered with master")
        yield {
            "spark.master": address,
            "spark.cores.max": str(WORKERS),
            "spark.executor.cores": "1",
            "spark.executor.memory": worker_memory,
            "spark.executor.extraJavaOptions": _COMPILED_IF_HOT,
        }


def die_with_parent() -> None:
    """To be called in a new process: what is killed cannot end what it started, so Linux does; elsewhere it stays."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _write_settings(path: Path) -> None:
    """A file, since what a process is called with is there for all to see; jobs sent by HTTP would need no secret."""
    settings = {
        "spark.authenticate": "true",
        "spark.authenticate.secret": secrets.token_hex(32),
        "spark.master.rest.enabled": "false",
    }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name} {value}\n" for name, value in settings.items())


@dataclass(frozen=True)
class _Running:
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def _process(command: Sequence[str], log: Path) -> Iterator[_Running]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
    try:
        yield _Running(process, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(running: _Running, words: str) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and running.process.poll() is None:
        if words in running.log.read_text(errors="replace"):
            return
        time.sleep(0.1)
    last = running.log.read_text(errors="replace").strip().splitlines()[-1:]
    raise NoCluster(f"Spark did not start; {running.log} ends with: {' '.join(last)}")
