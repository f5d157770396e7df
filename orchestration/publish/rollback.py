"""Going back: `current` names a former release again, by one rename; nothing is deleted or rewritten.

Belongs here: rolling back, pinning, unpinning. Does not belong here: listing releases (`releases`).
The caller holds the home's lock. What is carried is always taken from `current`, so never from what was rolled back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from orchestration.publish import files
from orchestration.publish.errors import UnknownRelease
from orchestration.publish.releases import (
    PINNED,
    ROLLED_BACK,
    current_release_id,
    release_ids,
    rolled_back_ids,
    show_release,
)
from orchestration.settings import Settings


@dataclass(frozen=True)
class RolledBack:
    """What a rollback did: the release that was current, the one that is now, and whether later runs leave it."""

    former_release_id: str
    release_id: str
    is_pinned: bool


def rollback(settings: Settings, release_id: str | None = None, pin: bool = False) -> RolledBack:
    """Make a kept release current: the one given, else the one that stood before the current one.

    With `pin`, later runs publish aside and leave `current` alone, until `unpin` or a rollback without `pin`; else the
    next run publishes again. Raises UnknownRelease where there is nothing to go back to.
    """
    current = show_release(settings)
    target = release_id or current.former_release_id
    if target is None:
        raise UnknownRelease(f"nothing stood before release {current.release_id}")
    show_release(settings, target)
    # marks first: killed in between, `current` is still whole, and calling again ends the same
    _mark_rolled_back(settings, target)
    if pin:
        files.replace_text(settings.releases / PINNED, f"{target}\n")
    else:
        unpin(settings)
    if target != current.release_id:
        files.point_current(settings.current, target)
    return RolledBack(current.release_id, target, pin)


def unpin(settings: Settings) -> bool:
    """Let the next run move `current` again; False where it was not pinned."""
    marker = settings.releases / PINNED
    was_pinned = marker.exists()
    marker.unlink(missing_ok=True)
    return was_pinned


def _mark_rolled_back(settings: Settings, target: str) -> None:
    """Releases between the target and the current one are rolled back; the target itself no longer is."""
    kept, current = release_ids(settings), current_release_id(settings)
    newer = {release for release in kept if current and target < release <= current}
    marked = (set(rolled_back_ids(settings)) | newer) & set(kept) - {target}
    files.replace_text(settings.releases / ROLLED_BACK, json.dumps(sorted(marked)) + "\n")
