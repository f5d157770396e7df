"""Fixtures of the gate tests: a fresh home each, copied from one that is made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from gate_home import Home


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home in which everything is good."""
    folder = tmp_path_factory.mktemp("furnished") / "home"
    Home(folder).furnish()
    return folder


@pytest.fixture
def home(tmp_path: Path, furnished: Path) -> Home:
    """A home in which everything is good."""
    return Home(shutil.copytree(furnished, tmp_path / "home"))
