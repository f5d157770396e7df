"""Calling dbt: on the home, and with the memory, that the settings name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.settings import Settings
from orchestration.transform.invoke import invoke_dbt


def _memory_limit(settings: Settings) -> str:
    answer = invoke_dbt(settings, ["show", "--inline", "select current_setting('memory_limit') as memory"])
    return str(answer.results[0].agate_table.rows[0]["memory"])


def test_the_engine_takes_the_memory_that_is_set_and_the_environment_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SELLTRACE_MEMORY", raising=False)
    settings = Settings(home=tmp_path, contracts=Path("none"), memory="1GiB")
    assert _memory_limit(settings) == "1.0 GiB"
    assert _memory_limit(settings.model_copy(update={"memory": "512MiB"})) == "512.0 MiB"
    assert "SELLTRACE_MEMORY" not in os.environ


@pytest.mark.parametrize("memory", ["6", "lots", "-1GB"])
def test_memory_without_a_unit_is_refused(memory: str) -> None:
    with pytest.raises(ValueError, match="memory"):
        Settings(memory=memory)
