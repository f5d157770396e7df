"""What can go wrong on the way to a release, each with the words that tell a person what to do.

Belongs here: the exceptions of this stage. Does not belong here: deciding when they are raised.
"""

from __future__ import annotations

from collections.abc import Sequence


class PublishError(Exception):
    """Base of all failures of this stage; the former release stands."""


class NotPublishable(PublishError):
    """An invariant is broken or an expectation errored; `reasons` are sentences for a person."""

    def __init__(self, reasons: Sequence[str]) -> None:
        """Keep the reasons apart, and join them into the message."""
        self.reasons = list(reasons)
        super().__init__("stopped, the former release stands: " + "; ".join(self.reasons))


class StaleBuild(PublishError):
    """The build carried lines of another release than the one that is current now; a new run mends it."""


class WarehouseIncomplete(PublishError):
    """The warehouse lacks a table, a column or a build that a release must hold or name."""


class PostgresBehind(PublishError):
    """The release is out, and PostgreSQL does not hold it; the message says why, without credentials."""


class UnknownRelease(PublishError):
    """No release of that name is kept."""


class UnknownFigure(PublishError):
    """There is no such table, column, key or row to explain; the message names the valid ones."""


class UnknownPartner(PublishError):
    """The release knows no such partner; the message names those it knows."""
