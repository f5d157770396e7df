"""The files of a landing zone in the order they came, for those who make the tables by frames.

Belongs here: which files there are, and which came again with the same bytes. Does not belong here: reading lines.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Delivery:
    """One file of a partner; `is_resent` where an earlier one of it has the same bytes."""

    partner: str
    path: Path
    is_resent: bool


def deliveries(landing: Path, kind: str) -> list[Delivery]:
    """Files of a kind by the stamp in their name; the place in the list is the number of a file."""
    found, known = [], set()
    for path in sorted(landing.glob(f"*/{kind}/*.csv"), key=lambda path: (path.stem.rpartition("_")[2], path)):
        partner = path.parent.parent.name
        with path.open("rb") as stream:
            content = partner, hashlib.file_digest(stream, "sha256").digest()
        found.append(Delivery(partner, path, content in known))
        known.add(content)
    return found
