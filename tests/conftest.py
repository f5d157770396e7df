"""Fixtures that every test may use."""

from __future__ import annotations

import os
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


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty home."""
    return Settings(home=tmp_path / "home", contracts=tmp_path / "contracts")


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """A PostgreSQL server, empty at first; tests take a schema each."""
    with postgres_server() as uri:
        yield uri
