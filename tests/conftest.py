"""Fixtures that every test may use, and which tests share a worker where several run at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.postgres_server import postgres_server

#: fixtures of a session that are dear to make: the tests that use one stay on one worker, so that it is made once
_DEAR = ("demo", "adventureworks", "online_retail", "demo_home", "furnished")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the group of the dear fixture that it uses, else that of its file."""
    for item in items:
        used = [name for name in _DEAR if name in getattr(item, "fixturenames", ())]
        item.add_marker(pytest.mark.xdist_group(used[0] if used else item.path.stem))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty home."""
    return Settings(home=tmp_path / "home", contracts=tmp_path / "contracts")


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """A PostgreSQL server, empty at first; tests take a schema each."""
    with postgres_server() as uri:
        yield uri
