"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty home."""
    return Settings(home=tmp_path / "home", contracts=tmp_path / "contracts")
