"""Contracts that were checked before, kept so that a folder of hundreds is not checked anew by every process.

What is kept hangs on the bytes of the file, our code, and the packages that check with it; a file with an error is
never kept. What cannot be read, was cut short or altered counts for nothing: the answer is the same without a cache.
Belongs here: what is kept, and when it counts. Does not belong here: checking (`check`), rules across files (`load`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from orchestration.code_version import code_version
from orchestration.contracts.model import Contract
from orchestration.contracts.problems import Problem
from orchestration.files import written_aside

#: what the checks are made with, beside our code
_PACKAGES: Final = ("holidays", "jsonschema", "open-data-contract-standard", "pydantic", "PyYAML")


@dataclass(frozen=True)
class Checked:
    """A contract without errors, with its warnings."""

    contract: Contract
    warnings: tuple[Problem, ...]


class CheckedBefore:
    """What a cache file holds, by the hash of a contract file's bytes; without a file it holds nothing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._kept = _read(file) if file else {}
        self._used: dict[str, Any] = {}

    def find(self, path: Path, raw: bytes) -> Checked | None:
        """What checking these bytes found, as if they were checked now."""
        digest = hashlib.sha256(raw).hexdigest()
        if digest not in self._kept:
            return None
        self._used[digest] = self._kept[digest]
        return _restored(path, self._kept[digest])

    def keep(self, raw: bytes, checked: Checked) -> None:
        """Keep what checking found, unless it would come back otherwise."""
        said = {
            "contract": checked.contract.model_dump(mode="json", exclude_unset=True, exclude={"file"}),
            "warnings": [[one.line, one.message, one.cure] for one in checked.warnings],
        }
        restored = _restored(checked.contract.file, json.loads(json.dumps(said)))
        is_equal = restored == checked and _set_fields(restored.contract) == _set_fields(checked.contract)
        if self._file and is_equal:
            self._used[hashlib.sha256(raw).hexdigest()] = said

    def write(self) -> None:
        """Keep what was used or found since for the next process; a home that cannot be written to keeps nothing."""
        if self._file is None or self._used == self._kept or not self._file.parent.is_dir():
            return
        content = json.dumps(self._used)
        with suppress(OSError), written_aside(self._file) as aside:
            aside.write_text(f"{_seal(content)}\n{content}", encoding="utf-8")


def _read(file: Path) -> Mapping[str, Any]:
    try:
        seal, _, content = file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    return json.loads(content) if seal == _seal(content) else {}


def _seal(content: str) -> str:
    """Fingerprint of what is kept and of what it was made by."""
    return hashlib.sha256(f"{_made_by()}\n{content}".encode()).hexdigest()


@cache
def _made_by() -> str:
    return " ".join([code_version(), *(f"{package}={version(package)}" for package in _PACKAGES)])


def _restored(path: Path, said: Mapping[str, Any]) -> Checked:
    warnings = tuple(Problem(path, line, message, cure, "warning") for line, message, cure in said["warnings"])
    return Checked(Contract.model_validate({**said["contract"], "file": path}), warnings)


def _set_fields(contract: Contract) -> dict[str, Any]:
    # a word that states its own default reads other than none
    return contract.model_dump(exclude_unset=True)
