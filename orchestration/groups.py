"""Work cut into groups of bounded size.

Belongs here: the cutting. Does not belong here: which bounds (who does the work).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

ItemT = TypeVar("ItemT")


def bounded_groups(
    items: Iterable[ItemT], size_of: Callable[[ItemT], int], most_items: int, most_size: int
) -> Iterator[list[ItemT]]:
    """Items in their order, in groups of at most so many and of at most that size; one that is larger stands alone."""
    group: list[ItemT] = []
    size = 0
    for item in items:
        if group and (len(group) == most_items or size + size_of(item) > most_size):
            yield group
            group, size = [], 0
        group.append(item)
        size += size_of(item)
    if group:
        yield group
