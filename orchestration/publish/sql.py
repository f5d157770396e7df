"""Spelling of SQL that is put together here: quoted names and literals.

Belongs here: quoting, nothing else. Values that come from people are bound as parameters wherever the statement allows.
"""

from __future__ import annotations


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def names(identifiers: list[str] | tuple[str, ...]) -> str:
    """Quoted identifiers, comma separated."""
    return ", ".join(name(identifier) for identifier in identifiers)


def text(value: object) -> str:
    """A quoted text literal, for places such as `copy … to` that take no parameter."""
    return "'" + str(value).replace("'", "''") + "'"
