"""Moments as people write them on a command line."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


def parse_moment(text: str) -> datetime:
    """A moment in UTC. A bare date means its last second; a moment without a zone is UTC.

    Raises ValueError with the cure.
    """
    try:
        if len(text) == len("2025-01-06"):
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a moment; write 2025-01-06 or 2025-01-06T12:00:00+01:00") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
