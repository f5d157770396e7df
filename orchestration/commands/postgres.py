"""What the command line says of PostgreSQL, the second target, where one is set.

Belongs here: bringing it up to date outside a run of the flow, and words. Does not belong here: loading (`publish`).
"""

from __future__ import annotations

from typing import NoReturn

from orchestration.commands.console import BEHIND, ERR, fail
from orchestration.commands.state import settings
from orchestration.lock import writing
from orchestration.publish.errors import PostgresBehind
from orchestration.publish.releases import current_release_id

_CURE = "The release is out, and PostgreSQL stays at the one that it holds; the next run brings it up to date."


def bring_up_to_date() -> None:
    """Load the current release where PostgreSQL does not hold it yet; ends with BEHIND where that fails."""
    if settings().postgres is None:
        return
    # the driver is not needed by who has no database
    from orchestration.publish.postgres.load import load

    try:
        with writing(settings(), ERR.print):
            loaded = load(settings())
    except PostgresBehind as error:
        end_behind(str(error))
    if loaded and not loaded.was_there:
        ERR.print(f"PostgreSQL holds release {loaded.release_id} now.", highlight=False)


def end_behind(reason: str) -> NoReturn:
    """End with the exit code that says: published, and PostgreSQL does not hold it."""
    fail(f"PostgreSQL is behind: {reason}\n{_CURE}", BEHIND)


def held() -> str | None:
    """What `status` says of PostgreSQL; None where none is set."""
    if settings().postgres is None:
        return None
    from orchestration.publish.postgres.load import held_release

    try:
        release_id = held_release(settings())
    except PostgresBehind as error:
        return f"cannot be asked: {error}"
    if release_id == current_release_id(settings()):
        return f"holds {release_id}" if release_id else "holds none"
    return f"behind: holds {release_id or 'none'}; the next run brings it up to date"
