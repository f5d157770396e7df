"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from orchestration.settings import Settings
from tests.postgres_server import postgres_server

# the same seed in every run, so that only a change makes one fail; another each time where somebody asks for many
hypothesis.settings.register_profile("same", derandomize=True, database=None, deadline=None)
if "SELLTRACE_EXAMPLES" not in os.environ:
    hypothesis.settings.load_profile("same")

#: where files live in memory, and the bytes that must be free there for the homes of all tests
_MEMORY = Path("/dev/shm")
_ROOM = 3 << 30


def pytest_configure() -> None:
    """Put homes into memory where there is room: on a disk, a run waits longer for its log than it computes."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty home."""
    return Settings(home=tmp_path / "home", contracts=tmp_path / "contracts")


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """A PostgreSQL server, empty at first; tests take a schema each."""
    with postgres_server() as uri:
        yield uri
