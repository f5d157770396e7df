"""Physical lines of CSV files, numbered, as the table `text_lines`.

DuckDB's own reader is not asked: it takes a lone carriage return for a line end and drops it, and numbers no lines.

Belongs here: cutting files into lines, and what can be counted in a line on the way.
Does not belong here: what a line means.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.contracts.model import Server
from orchestration.ingest.csv.names import Header
from orchestration.ingest.csv.text import whole_lines
from orchestration.ingest.sql import ours

#: of text_lines: `line` comes without its end, which takes `end_bytes` (0: a lone carriage return, or the end of the
#: file); `marks` and `quotes` are delimiters and quotes in it
_COLUMNS = {
    "file": (pa.int32(), "integer"),
    "line_number": (pa.int64(), "bigint"),
    "line": (pa.string(), "varchar"),
    "marks": (pa.int32(), "integer"),
    "quotes": (pa.int32(), "integer"),
    "end_bytes": (pa.int32(), "integer"),
}
_SCHEMA = pa.schema([(column, arrow) for column, (arrow, _) in _COLUMNS.items()])

#: in a chunk of more, mostly blank, the blank ones are left out: a hundred megabytes of line feeds are no hundred
#: million lines to hold
_MANY_LINES = 100_000

Numbers = npt.NDArray[np.int32]


def read_lines(
    connection: duckdb.DuckDBPyConnection, server: Server, files: dict[int, Path], headers: dict[int, Header | None]
) -> None:
    """Make the table `text_lines`: lines of the files, without skipped ones and headers; blank ones too."""
    columns = ", ".join(f"{ours(column)} {kind}" for column, (_, kind) in _COLUMNS.items())
    connection.execute(f"create or replace temp table text_lines ({columns}, {ours('is_unbalanced')} boolean)")
    batches = (batch for file, path in files.items() for batch in _batches(server, path, file, headers[file]))
    connection.register("lines_of_files", pa.RecordBatchReader.from_batches(_SCHEMA, batches))
    try:
        connection.execute("insert into text_lines select *, false from lines_of_files")
    finally:
        connection.unregister("lines_of_files")


def _batches(server: Server, path: Path, file: int, header: Header | None) -> Iterator[pa.RecordBatch]:
    first = 1
    for end, chunk in whole_lines(server, path):
        batch = _batch(server, chunk, end, file, first)
        numbers = np.arange(first, first + batch.num_rows)
        first += batch.num_rows
        is_read = numbers > server.skip_rows
        if header:
            is_read = (is_read | (numbers > header.last)) & ((numbers < header.first) | (numbers > header.last))
        is_read &= ~_needless(batch)
        yield batch if is_read.all() else batch.filter(pa.array(is_read))


def _needless(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    """Blank lines of a chunk of very many lines that are mostly blank."""
    is_blank = np.zeros(batch.num_rows, dtype=np.bool_)
    if batch.num_rows > _MANY_LINES:
        is_blank = pc.equal(pc.binary_length(batch.column("line")), 0).to_numpy(zero_copy_only=False)
    return is_blank & (2 * is_blank.sum() > batch.num_rows)


def _batch(server: Server, chunk: bytes, end: bytes, file: int, first: int) -> pa.RecordBatch:
    octets = np.frombuffer(chunk, dtype=np.uint8)
    ends = np.flatnonzero(octets == end[0]) + 1
    count = len(ends) + (not chunk.endswith(end))
    borders = np.full(count + 1, len(octets), dtype=np.int32)
    borders[0], borders[1 : len(ends) + 1] = 0, ends
    whole = pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(borders), pa.py_buffer(chunk)])
    line = pc.ascii_rtrim(whole, "\r\n" if end == b"\n" else "\r")

    def occurrences(mark: str) -> Numbers:
        if not mark or mark.encode() not in chunk:
            return np.zeros(count, dtype=np.int32)
        if mark.isascii():
            return np.add.reduceat(octets == ord(mark), borders[:-1], dtype=np.int32)
        counted: Numbers = pc.count_substring(whole, mark).to_numpy()
        return counted

    end_bytes = pc.subtract(pc.binary_length(whole), pc.binary_length(line))
    if end == b"\r":
        end_bytes = np.zeros(count, dtype=np.int32)
    numbers = np.arange(first, first + count, dtype=np.int64)
    files = np.full(count, file, dtype=np.int32)
    columns = [files, numbers, line, occurrences(server.delimiter), occurrences(server.quote), end_bytes]
    return pa.record_batch([pa.array(column) for column in columns], schema=_SCHEMA)
