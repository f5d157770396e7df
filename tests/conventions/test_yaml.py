"""A key that stands twice in a mapping of YAML takes effect once, and nothing says which: none does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from orchestration.settings import CHECKOUT, DBT_PROJECT

FOLDERS = (DBT_PROJECT / "models", *(CHECKOUT / name for name in ("contracts", "deploy", "examples", "orchestration")))
FILES = sorted(path for folder in FOLDERS for ending in ("*.yml", "*.yaml") for path in folder.rglob(ending))


def _repeated_keys(node: yaml.Node) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        keys = Counter(key.value for key, _ in node.value)
        yield from (f"{key}, line {node.start_mark.line + 1}" for key, times in keys.items() if times > 1)
        for _, value in node.value:
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated_keys(value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_no_key_of_a_mapping_stands_twice(path: Path) -> None:
    documents = yaml.compose_all(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    assert not [found for document in documents if document for found in _repeated_keys(document)]
