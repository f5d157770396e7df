"""Read one CSV file as ingestion does, without a home around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from orchestration.contracts.model import Contract
from orchestration.ingest.csv.reader import CSV
from orchestration.ingest.parse import parse
from orchestration.ingest.sql import ours


@dataclass(frozen=True)
class Outcome:
    """Lines of a file: values of the accepted by line number; (number, reason, line as it came) of those set aside."""

    accepted: dict[int, dict[str, Any]]
    quarantined: list[tuple[int, str, str]]
    outside: list[int]

    def column(self, name: str) -> list[Any]:
        """The values of one column, in the order of the file."""
        return [line[name] for line in self.accepted.values()]

    @property
    def numbers(self) -> tuple[list[int], list[int], list[int]]:
        """Line numbers: accepted, quarantined, out of scope."""
        return list(self.accepted), [number for number, _, _ in self.quarantined], self.outside


def read(
    connection: duckdb.DuckDBPyConnection, contract: Contract, content: str | bytes, encoding: str = "utf-8"
) -> Outcome:
    """Read a file by a contract. Raises Unreadable where no line can be told."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "sent.csv"
        source.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        plain = CSV.plain(contract, source, Path(folder))
        relation = CSV.lines(connection, contract, shape := CSV.shape(contract, plain), {0: plain})
        cells = parse(connection, contract, shape, relation, {0: "one"})
    names = [cell.mapping.name for cell in cells]
    columns = ", ".join(ours(column) for column in ("line_number", "in_scope", "reason_code", *names))
    found = connection.execute(f"select {columns} from parsed order by {ours('line_number')}").fetchall()
    return Outcome(
        {row[0]: dict(zip(names, row[3:], strict=True)) for row in found if row[1] and row[2] is None},
        connection.execute("select line_number, reason, raw_line from set_aside order by line_number").fetchall(),
        [row[0] for row in found if not row[1]],
    )
