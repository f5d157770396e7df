"""How much an archive may unpack to, counted while it is unpacked.

Belongs here: bounds of size, ratio and count, and their refusal. Does not belong here: formats (`unpack`).
"""

from __future__ import annotations

from typing import Protocol

#: up to here, how well the bytes were compressed does not matter
_HARMLESS = 16 << 20


class Refused(Exception):
    """No member of an archive is taken; the text says why, and the cure."""


class Bounds(Protocol):
    """How much an archive may hold (the settings of a home)."""

    @property
    def archive_bytes(self) -> int:
        """Bytes of all members."""

    @property
    def archive_ratio(self) -> int:
        """Bytes of all members for one byte of the archive."""

    @property
    def archive_members(self) -> int:
        """Files and folders."""


class Budget:
    """What an archive may still unpack."""

    def __init__(self, archive_size: int, bounds: Bounds) -> None:
        self.members = bounds.archive_members
        self._counted = 0
        by_ratio = max(_HARMLESS, archive_size * bounds.archive_ratio)
        self._left = min(bounds.archive_bytes, by_ratio)
        self._reason = (
            f"the archive unpacks to more than {bounds.archive_bytes:,} bytes; ask for smaller ones, or raise "
            "SELLTRACE_ARCHIVE_BYTES"
            if bounds.archive_bytes <= by_ratio
            else f"the archive unpacks to more than {bounds.archive_ratio} times its size, as a zip bomb does; "
            "if the partner confirms it, raise SELLTRACE_ARCHIVE_RATIO"
        )

    def spend(self, count: int) -> None:
        """Count decompressed bytes. Raises Refused."""
        self._left -= count
        if self._left < 0:
            raise Refused(self._reason)

    def count_member(self) -> None:
        """Count an entry. Raises Refused."""
        self._counted += 1
        if self._counted > self.members:
            raise Refused(
                f"the archive holds more than {self.members:,} files; ask for smaller ones, or raise "
                "SELLTRACE_ARCHIVE_MEMBERS"
            )
