"""The YAML of the dbt project, read once for all conventions.

Belongs here: reading. Does not belong here: what the documents must say.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from orchestration.settings import DBT_PROJECT

MODELS = DBT_PROJECT / "models"


@cache
def documents() -> list[dict[str, Any]]:
    """Every YAML document below the models."""
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(MODELS.rglob("*.yml"))]


@cache
def models() -> dict[str, dict[str, Any]]:
    """What is declared of each model, by name."""
    return {model["name"]: model for document in documents() for model in document.get("models", [])}


def additivity(model: str) -> dict[str, dict[str, str]]:
    """Columns of a model that say how they add up, with that word and the dimension that they never add up over."""
    stated = {column["name"]: column.get("config", {}).get("meta", {}) for column in models()[model]["columns"]}
    return {name: meta for name, meta in stated.items() if "additivity" in meta}
