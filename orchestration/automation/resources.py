"""Resources that steps share."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from orchestration.lock import writing
from orchestration.settings import Settings


def home_lock(settings: Settings) -> dg.ResourceDefinition:
    """The home's lock, held from a run's first step to its last, so that two writing runs never mix."""

    @dg.resource(description="One run writes the home at a time.")
    def lock(context: dg.InitResourceContext) -> Iterator[None]:
        with writing(settings, context.log.info if context.log else print):
            yield None

    return lock
