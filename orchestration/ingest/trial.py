"""Read a file as its contract says, and keep nothing: what a person looks at before a feed goes live.

Belongs here: the trial. Does not belong here: reading (`parse`), keeping (`ingest`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from orchestration.contracts.model import Contract
from orchestration.ingest.ingest import open_ingest
from orchestration.ingest.parse import parse
from orchestration.ingest.readers import READERS
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.sql import name, ours

Row = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """What would come of a file: counts of lines, the first accepted ones, the first that would be set aside.

    `remarks`: what the file says of itself and its lines do not bear out.
    """

    accepted: int
    out_of_scope: int
    quarantined: int
    first_accepted: list[Row]
    first_quarantined: list[Row]
    remarks: tuple[str, ...] = ()


def try_file(contract: Contract, source: Path, shown: int) -> Trial:
    """Read `source` by `contract`. Personal columns are not shown. Raises Unreadable where no line can be told."""
    reader = READERS[contract.server.format]
    with TemporaryDirectory() as work, open_ingest() as connection:
        plain = reader.plain(contract, source, Path(work))
        shape = reader.shape(contract, plain)
        try:
            relation = reader.lines(connection, contract, shape, {0: plain})
            cells = parse(connection, contract, shape, relation, {0: "trial"})
        except duckdb.Error as error:
            raise Unreadable("unreadable_file", f"DuckDB cannot read it: {str(error).splitlines()[0]}") from error
        values = [
            f"{ours(cell.mapping.name)} as {name(cell.mapping.name)}" for cell in cells if not cell.mapping.personal
        ]
        [(accepted, outside)] = connection.execute(
            f"select count(*) filter ({ours('in_scope')} and {ours('reason_code')} is null), "
            f"count(*) filter (not {ours('in_scope')}) from parsed"
        ).fetchall()
        first = _rows(
            connection,
            f"select {ours('line_number')} as line, {', '.join(values)} from parsed "
            f"where {ours('in_scope')} and {ours('reason_code')} is null order by line limit {shown}",
        )
        aside = _rows(
            connection,
            f"select line_number as line, reason, raw_line as as_sent from set_aside order by line limit {shown}",
        )
        [(quarantined,)] = connection.execute("select count(*) from set_aside").fetchall()
        remarks = reader.remarks(connection, contract, plain) if reader.remarks else ()
    return Trial(accepted, outside, quarantined, first, aside, remarks)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    answer = connection.execute(query)
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
