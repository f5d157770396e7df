"""Retention: which releases stay, and that the others go.

Belongs here: that rule. Does not belong here: how a folder is deleted so that nobody sees half of it (`files`).

Lines of held slices need no rule of their own: every release holds all the lines that it publishes, carried ones too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestration.publish import files, manifest
from orchestration.publish.releases import current_release_id, release_ids
from orchestration.settings import Settings


def retain(settings: Settings) -> list[str]:
    """Delete the releases that need not stay; returns their names. The caller holds the home's lock."""
    doomed = superfluous(settings, datetime.now(UTC))
    for release_id in doomed:
        files.delete_release(settings.releases / release_id)
    return doomed


def superfluous(settings: Settings, now: datetime) -> list[str]:
    """Releases beyond the newest `keep_releases`, oldest first.

    Those written aside are counted apart, so that they never push out one that users had. The current release stays
    whatever its age, and one that was current less than `keep_minutes` ago stays for the readers that work on it.
    """
    current = current_release_id(settings)
    published: list[str] = []
    aside: list[str] = []
    for release_id in release_ids(settings):
        was_published = manifest.read(settings.releases / release_id).current
        (published if was_published else aside).append(release_id)
    beyond = published[: -settings.keep_releases] + aside[: -settings.keep_releases]
    grace = timedelta(minutes=settings.keep_minutes)
    return sorted(
        release_id
        for release_id in beyond
        if release_id != current and now - files.left_current_at(settings.releases / release_id) >= grace
    )
