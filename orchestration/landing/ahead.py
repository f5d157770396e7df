"""Take up several files of a server at once, since each waits for the network, and hand them on in their order.

Belongs here: how many at once, and that what was read ahead is dropped where the run ends early. Does not belong here:
reading a file (`take`), recording it (`land`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from orchestration.contracts.model import Contract
from orchestration.files import remove
from orchestration.landing.sources import Listed, Source
from orchestration.landing.take import Taken, take
from orchestration.settings import Settings

Reading = Future[tuple[Listed, list[Taken]]]


def taken_in_order(
    settings: Settings, contract: Contract, source: Source, files: Sequence[Listed], work: Path
) -> Generator[tuple[Listed, Reading]]:
    """Each file with its reading, whose result is what `take` returns or raises; its copies last until the next one."""
    pool = ThreadPoolExecutor(settings.files_at_once, thread_name_prefix="landing")
    ahead: deque[tuple[Listed, Reading, Path]] = deque()

    free: list[Path] = []

    def oldest() -> Iterator[tuple[Listed, Reading]]:
        file, reading, folder = ahead.popleft()
        yield file, reading
        if any(folder.iterdir()):
            remove(folder)
        else:
            # of most files nothing is left: making a folder for each costs more than the rest of it
            free.append(folder)

    try:
        for number, file in enumerate(files):
            if free:
                folder = free.pop()
            else:
                folder = work / str(number)
                folder.mkdir()
            ahead.append((file, pool.submit(take, settings, contract, source, file, folder), folder))
            if len(ahead) == settings.files_at_once:
                yield from oldest()
        while ahead:
            yield from oldest()
    finally:
        pool.shutdown(cancel_futures=True)
