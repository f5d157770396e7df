"""Names of columns, compared as people write them: without accents, case and punctuation, by synonyms."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import cache
from pathlib import Path

import yaml

_SYNONYMS = Path(__file__).with_name("synonyms.yml")


@cache
def synonyms_of(column: str) -> tuple[str, ...]:
    """What partners call a column of ours, and its own name."""
    return tuple(dict.fromkeys(plain(word) for word in (column, *_table().get(column, []))))


@cache
def _table() -> dict[str, list[str]]:
    words: dict[str, list[str]] = yaml.safe_load(_SYNONYMS.read_text(encoding="utf-8"))
    return words


@cache
def plain(word: str) -> str:
    """A name as words in lower case: `lineItem.skuCode` becomes `line item sku code`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", word)
    letters = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode().lower()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


@cache
def best_synonym(column: str, theirs: str) -> tuple[float, str]:
    """How like a column of theirs is to one of ours (0 to 1), and the word that it is like.

    Of a path only the last part counts: `price.amount` is an amount.
    """
    candidates = {plain(theirs), plain(theirs.rpartition(".")[2])}
    return max(
        (difflib.SequenceMatcher(None, candidate, word).ratio(), word)
        for candidate in candidates
        for word in synonyms_of(column)
    )


def likeness(column: str, theirs: str) -> float:
    """How like a column of theirs is to one of ours, 0 to 1."""
    return best_synonym(column, theirs)[0]
