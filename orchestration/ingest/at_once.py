"""Feeds taken in two at a time, since cutting files into lines leaves a core idle, and handed on in their order.

Belongs here: how many at once, each over a connection of its own, and that none begins once one has failed. Does not
belong here: taking in one feed (`land`, `feed`), what Dagster is told of it (`assets`).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final

import duckdb

from orchestration.contracts.model import Contract
from orchestration.ingest.feed import ingest_feed
from orchestration.ingest.ingest import open_ingest, prepare_lake
from orchestration.landing.land import land
from orchestration.landing.ledger import LedgerEntry
from orchestration.settings import Settings

_AT_ONCE: Final = 2


@dataclass(frozen=True)
class Came:
    """What came of one feed: the new entries, and in words what could not be taken in."""

    contract: Contract
    entries: list[LedgerEntry]
    problems: list[str]


def take_in(settings: Settings, contracts: Sequence[Contract]) -> Generator[Came]:
    """Bring the lake up to date with every feed; what came of each, in the order of the contracts.

    Needs the home's lock until it is closed. An error that is not a file's fault is raised where its feed stands.
    """
    idle: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()

    def of_feed(contract: Contract) -> Came:
        connection = idle.get()
        try:
            problems = land(settings, contract).problems
            # problems are told in words, so that a feed that fails does not stop the others
            return Came(contract, ingest_feed(settings, connection, contract, problems), problems)
        finally:
            idle.put(connection)

    with ExitStack() as opened:
        for _ in range(max(1, min(_AT_ONCE, len(contracts)))):
            connection = opened.enter_context(open_ingest())
            idle.put(connection)
        prepare_lake(settings, connection)
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ingest")
        opened.callback(pool.shutdown, cancel_futures=True)
        yield from pool.map(of_feed, contracts)
