"""What calling dbt on Spark does before there is a Spark: what is missing is named with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import Settings
from orchestration.transform import on_spark
from orchestration.transform.invoke import DbtError, invoke_dbt


@pytest.mark.parametrize(("memory", "mebibytes"), [("6GB", 6144), ("512MB", 512), ("1.5GiB", 1536), ("1TB", 1 << 20)])
def test_memory_is_told_as_spark_counts_it(memory: str, mebibytes: int) -> None:
    assert on_spark._mebibytes(memory) == mebibytes


def test_an_environment_that_is_not_there_is_named_with_its_cure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_spark, "PYTHON", Path("nowhere"))
    with pytest.raises(DbtError, match=r"make \.venv-spark/installed"):
        invoke_dbt(settings.model_copy(update={"engine": "spark"}), ["run"])
    assert not settings.warehouse.exists()


def test_java_that_is_not_there_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(on_spark, "PYTHON", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert "Java 17" in (on_spark.missing() or "")
