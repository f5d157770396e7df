"""The demo, generated once for all tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from orchestration.demo.feeds import Feed
from orchestration.demo.generate import clean_feeds, generate
from orchestration.demo.market import Market, simulate

SEED = 7


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    generate(home / "landing", home / "demo_truth.json", seed=SEED)
    return home


@pytest.fixture(scope="session")
def landing(demo_home: Path) -> Path:
    return demo_home / "landing"


@pytest.fixture(scope="session")
def truth(demo_home: Path) -> Callable[[str], pd.DataFrame]:
    tables = json.loads((demo_home / "demo_truth.json").read_text(encoding="utf-8"))["tables"]
    return lambda name: pd.DataFrame(tables[name])


@pytest.fixture(scope="session")
def market() -> Market:
    return simulate(SEED)


@pytest.fixture(scope="session")
def clean() -> dict[str, Feed]:
    return clean_feeds(SEED)
