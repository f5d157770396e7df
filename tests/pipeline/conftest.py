"""Whole runs that several tests look at: each is made once a session, by the command line, as a user would."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings import CHECKOUT, Settings

DATA = Path(os.environ.get("SELLTRACE_DATA", CHECKOUT.parent / "shared" / "data"))


def selltrace(home: Path, *arguments: str, contracts: Path | None = None, **environment: str) -> str:
    """Call the command line on a home; returns what it printed, fails the test where it fails."""
    done = call_selltrace(home, *arguments, contracts=contracts, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def call_selltrace(
    home: Path, *arguments: str, contracts: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Call the command line on a home, whatever comes of it."""
    command = [str(Path(sys.executable).with_name("selltrace")), "--home", str(home)]
    command += ["--contracts", str(contracts)] if contracts else []
    return subprocess.run(
        [*command, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


class Release:
    """The current release of a home, to ask questions of in SQL: `{table}` stands for a published table."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.current.resolve()
        self._connection = duckdb.connect(str(self.folder / "selltrace.duckdb"), read_only=True)

    def rows(self, query: str, parameters: object = None) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self._connection.execute(query, parameters).fetchall()

    def value(self, query: str) -> Any:
        """The one value of a query."""
        return self.rows(query)[0][0]

    def close(self) -> None:
        """Let go of the release."""
        self._connection.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """The demo market, run and published: once for all workers, in the folder that their folders stand in."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo_of_all"
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "releases" / "current").exists():
            selltrace(home, "demo")
    release = Release(Settings(home=home))
    yield release
    release.close()


def _real_run(home: Path, name: str, source: Path, *arguments: str, **environment: str) -> Release:
    landing = home / "landing"
    landing.mkdir()
    (landing / name).symlink_to(source)
    selltrace(home, "run", *arguments, contracts=CHECKOUT / "examples" / name / "contracts", **environment)
    return Release(Settings(home=home))


@pytest.fixture(scope="session")
def adventureworks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """The bicycle brand of `examples/adventureworks`, amounts in US dollars."""
    source = DATA / "adventureworks"
    if not source.exists():
        pytest.skip(f"the data of AdventureWorks is not at {source}")
    release = _real_run(tmp_path_factory.mktemp("aw"), "adventureworks", source, SELLTRACE_CURRENCY="USD")
    yield release
    release.close()


@pytest.fixture(scope="session")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """The gift shop of `examples/online_retail`, 305 daily files."""
    archive = DATA / "online_retail" / "online_retail_by_day.tar.gz"
    if not archive.exists():
        pytest.skip(f"the data of Online Retail is not at {archive}")
    home = tmp_path_factory.mktemp("online_retail")
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(home)], check=True)
    release = _real_run(home, "online_retail", home / "by-day", "--as-of", "2011-12-12")
    yield release
    release.close()
