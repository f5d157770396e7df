"""The releases that are kept, and the marks that a rollback leaves beside them.

Belongs here: looking: which releases there are, which is current, whether one is damaged.
Does not belong here: making one (`release`), or going back to one (`rollback`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from orchestration.publish import files, manifest
from orchestration.publish.errors import UnknownRelease
from orchestration.publish.manifest import Manifest
from orchestration.settings import Settings

PINNED = "pinned"
ROLLED_BACK = "rolled_back.json"


@dataclass(frozen=True)
class ReleaseEntry:
    """A line of the listing. Moments are UTC; `rows` are those of the facts."""

    release_id: str
    as_of: datetime
    created_at: datetime
    rows: int
    held_slices: int
    is_current: bool
    is_pinned: bool
    is_rolled_back: bool
    not_current_reason: str | None


def release_ids(settings: Settings) -> list[str]:
    """Names of the whole releases, oldest first."""
    if not settings.releases.exists():
        return []
    return sorted(
        path.name
        for path in settings.releases.iterdir()
        if not path.is_symlink() and not path.name.startswith(".") and (path / manifest.FILE_NAME).exists()
    )


def current_release_id(settings: Settings) -> str | None:
    """The release that readers use now; None before the first."""
    return settings.current.readlink().name if settings.current.is_symlink() else None


def is_pinned(settings: Settings) -> bool:
    """Whether a rollback asked later runs to leave `current` where it is."""
    return (settings.releases / PINNED).exists()


def rolled_back_ids(settings: Settings) -> list[str]:
    """Releases that were rolled back."""
    path = settings.releases / ROLLED_BACK
    return sorted(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def list_releases(settings: Settings) -> list[ReleaseEntry]:
    """The kept releases, newest first."""
    current, rolled_back, pinned = current_release_id(settings), rolled_back_ids(settings), is_pinned(settings)
    return [
        _entry(manifest.read(settings.releases / release_id), current, rolled_back, pinned)
        for release_id in reversed(release_ids(settings))
    ]


def _entry(document: Manifest, current: str | None, rolled_back: list[str], pinned: bool) -> ReleaseEntry:
    is_current = document.release_id == current
    return ReleaseEntry(
        release_id=document.release_id,
        as_of=document.as_of,
        created_at=document.created_at,
        rows=sum(line.published for line in document.reconciliation.values()),
        held_slices=len(document.held()),
        is_current=is_current,
        is_pinned=is_current and pinned,
        is_rolled_back=not is_current and document.release_id in rolled_back,
        not_current_reason=document.not_current_reason,
    )


def show_release(settings: Settings, release_id: str | None = None) -> Manifest:
    """The manifest of a release (default: the current one); UnknownRelease where it is not kept."""
    release_id = release_id or current_release_id(settings)
    known = release_ids(settings)
    if release_id not in known:
        raise UnknownRelease(
            f"no release {release_id} is kept; kept are {', '.join(known)}" if known else "there is no release yet"
        )
    return manifest.read(settings.releases / release_id)


def damaged_files(settings: Settings, release_id: str | None = None) -> list[str]:
    """Files of a release that are gone, or whose bytes are not those that were published."""
    document = show_release(settings, release_id)
    folder = settings.releases / document.release_id
    expected = {path: sha256 for table in document.tables.values() for path, sha256 in table.files.items()}
    expected[files.DATABASE] = document.database_sha256
    return sorted(
        path
        for path, sha256 in expected.items()
        if not (folder / path).exists() or files.sha256_of(folder / path) != sha256
    )
