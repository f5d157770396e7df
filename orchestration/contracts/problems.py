"""Mistakes in contract files: what one says, how they are collected, and the exception that carries them.

Belongs here: the form of a problem and the wording shared by all checks.
Does not belong here: what counts as a mistake (`standard`, `words`, `mappings`, `check`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from orchestration.contracts.document import Document, Mistake, Place


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands (line from 1; 0: the whole folder), what is wrong, and what to write instead."""

    file: Path
    line: int
    message: str
    cure: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """Form that editors and terminals jump to: `file:line: message. cure`."""
        where = f"{self.file}:{self.line}" if self.line else f"{self.file}"
        return f"{where}: {self.message}. {self.cure}"


class ContractError(Exception):
    """Contracts are wrong or absent; `problems` holds every mistake, and the text lists them one a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Report:
    """Collects the problems of one file, turning places of the document into lines."""

    def __init__(self, file: Path, document: Document) -> None:
        self._file = file
        self._document = document
        self._problems: dict[Problem, None] = {}
        self._wrong: set[Place] = set()

    def error(self, place: Place, message: str, cure: str) -> None:
        """Add a mistake that keeps the contract from being used."""
        self._wrong.add(place)
        self._add(Problem(self._file, self._document.line(place), message, cure))

    def warning(self, place: Place, message: str, cure: str) -> None:
        """Add a mistake that the contract can be used with."""
        self._add(Problem(self._file, self._document.line(place), message, cure, "warning"))

    def adopt(self, mistakes: Iterable[Mistake]) -> None:
        """Add the mistakes that reading the YAML found."""
        for mistake in mistakes:
            self._add(Problem(self._file, mistake.line, mistake.message, mistake.cure))

    def _add(self, problem: Problem) -> None:
        self._problems[problem] = None

    def told(self, place: Place) -> bool:
        """Whether an error was added for exactly this part, so that another would only repeat it."""
        return place in self._wrong

    @property
    def problems(self) -> list[Problem]:
        """All problems, by line; on one line in the order in which they were found."""
        return sorted(self._problems, key=lambda problem: problem.line)

    @property
    def has_errors(self) -> bool:
        """Whether a problem was found that keeps the contract from being used."""
        return any(problem.severity == "error" for problem in self._problems)


def closest(word: str, allowed: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the allowed word that `word` was probably meant to be, or None; `likeness` runs from 0 to 1 (equal)."""
    by_folded = {_fold(candidate): candidate for candidate in allowed}
    matches = get_close_matches(_fold(word), by_folded, n=1, cutoff=likeness)
    return by_folded[matches[0]] if matches else None


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def write_one_of(word: object, allowed: Sequence[str]) -> str:
    """Word the cure for a value outside a closed list: the nearest allowed value, else the list."""
    match = closest(word, allowed) if isinstance(word, str) else None
    if match is not None:
        return f"Did you mean `{match}`?"
    return "Write " + (f"`{allowed[0]}`" if len(allowed) == 1 else f"one of {', '.join(allowed)}")
