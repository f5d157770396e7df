"""What a sample looks like, whatever its format.

Belongs here: the shape of that knowledge. Does not belong here: getting it (`look` and its parts), guessing (`guess`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: lines of a sample that guesses are made from
SAMPLE_LINES = 1000


class NoDraft(Exception):
    """No contract can be drafted from the sample; the message says why, and what helps."""


@dataclass(frozen=True)
class ServerWord:
    """A word of the contract's server, and what in the sample speaks for it."""

    word: str
    value: object
    evidence: str


@dataclass(frozen=True)
class Sample:
    """Format, how it is written, and its columns with some of their values (blank ones left out).

    is_typed  values are spelled plainly (1234.5, 2025-06-02), whatever marks the partner uses
    lines     the sampled lines, cells by column; None: blank
    """

    format: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str | None, ...], ...]
    encoding: str | None = None
    words: tuple[ServerWord, ...] = ()
    is_typed: bool = False
    remarks: tuple[str, ...] = field(default_factory=tuple)

    def values(self, column: str) -> list[str]:
        """Sampled values of a column that are not blank."""
        place = self.columns.index(column)
        return [cell for line in self.lines if (cell := line[place])]

    def word(self, word: str) -> object:
        """The value of a word of the server, or None."""
        return next((one.value for one in self.words if one.word == word), None)
