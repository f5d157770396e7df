"""Fixtures of the publish tests: a fresh home each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orchestration.settings import Settings

# the builder is imported by a child process too, so it is a plain module beside the tests
sys.path.insert(0, str(Path(__file__).parent))

from small_warehouse import home


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty home."""
    return home(tmp_path / "home")
