"""Look at EDI by its own reader: the fields have our names already, only which of them are filled must be seen."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.contracts.kinds import KINDS
from orchestration.contracts.model import Contract, Format, Server
from orchestration.ingest.readers import READERS
from orchestration.ingest.sql import name, ours, text
from orchestration.onboard.sample import SAMPLE_LINES, NoDraft, Sample


def look_at_edi(sample: Path, kind: str, format: Format) -> Sample:
    """The fields that line items of the kind give. Raises NoDraft where the file holds none."""
    server = Server(path="*", format=format)
    contract = Contract(
        id="sample", version="0", status="draft", file=sample, kind_name=kind, server=server, mappings=()
    )
    reader = READERS[format]
    with TemporaryDirectory() as work, duckdb.connect() as connection:
        rows = text(str(reader.plain(contract, sample, Path(work))))
        wanted = f"from read_parquet({rows}) where not {ours('is_outside')}"
        sound = f"{wanted} and {ours('problem')} is null"
        [(count, problem)] = connection.execute(f"select count(*), max({ours('problem')}) {wanted}").fetchall()
        if not count:
            raise NoDraft(f"{sample} holds no message that gives {kind}")
        given = [row[0] for row in connection.execute(f"describe select * {sound}").fetchall()]
        columns = [column for column in given if column in KINDS[kind].columns]
        counts = connection.execute(f"select {', '.join(f'count({name(one)})' for one in columns)} {sound}").fetchall()
        filled = [column for column, count in zip(columns, counts[0], strict=True) if count]
        if not filled:
            raise NoDraft(f"no line item of {sample} can be read: {problem}")
        selected = ", ".join(name(column) for column in filled)
        lines = connection.execute(f"select {selected} {sound} limit {SAMPLE_LINES}").fetchall()
    return Sample(format, tuple(filled), tuple(lines), is_typed=True, remarks=(problem,) if problem else ())
