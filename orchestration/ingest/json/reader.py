"""JSON: one record a line (NDJSON), or one document whose records `recordPath` leads to.

`recordPath` goes from the root `$` by keys through objects and lists: `$` (a list of records), `$.salesByAsin`,
`$.orders[*].line_items[*]` (every line item of every order is a record). `line_number` is the record's ordinal within
the file; without `recordPath` it is the physical line.

A `physicalName` is a path from the record (`sku`, `shippedRevenue.amount`, `marketplaceIds[0]`), or from the root
(`$.orders.created_at`: the order that holds the record; `$.reportSpecification.dataEndTime`). In `transformLogic` and
`where` such a name stands in double quotes: `"price.amount"::decimal(18, 6) * quantity::integer`.

Values are text: strings as they are, numbers digit by digit as written (by the contract's decimal mark where they are
mapped to a number), `true`, `false`, lists and objects as JSON; `null` and what is absent are blank.

Belongs here: the order of the steps. Does not belong here: lines (`json.lines`), documents (`json.document`), columns
(`json.records`), totals (`json.totals`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.contracts.model import Contract
from orchestration.ingest.json.document import DOCUMENT_BYTES, Source, document_records
from orchestration.ingest.json.fields import fields_of, path_of
from orchestration.ingest.json.lines import line_records, unreadable_lines
from orchestration.ingest.json.malformed import malformed_at
from orchestration.ingest.json.records import remarks_of, write_records
from orchestration.ingest.json.text import as_utf8, connect
from orchestration.ingest.json.totals import remarks_on_totals
from orchestration.ingest.relation import Reader, Unreadable
from orchestration.ingest.rows import rows_lines, rows_shape
from orchestration.ingest.sql import ours, text


def _plain(contract: Contract, source: Path, work: Path) -> Path:
    """The records as a file of rows."""
    server = contract.server
    fields = fields_of(contract)
    file = as_utf8(server, source, work)
    rows = work / f"{source.name}.rows"
    with connect() as connection:
        if server.record_path:
            document = Source(file, server.encoding, path_of(contract), server.decimal, work)
            records = document_records(connection, document, fields)
            remarks = remarks_on_totals(connection, server, document)
            write_records(connection, records, fields, server.decimal, remarks, rows)
            return rows
        try:
            write_records(connection, line_records(file, server.decimal), fields, server.decimal, [], rows)
        except duckdb.InvalidInputException as error:
            raise unreadable_lines(error, server.encoding) from None
        _require_lines(connection, file, rows)
    return rows


def _require_lines(connection: duckdb.DuckDBPyConnection, file: Path, rows: Path) -> None:
    code, number = ours("problem_code"), ours("line_number")
    [(count, first)] = connection.execute(
        f"select count(*), arg_min(coalesce({code}, ''), {number}) from read_parquet({text(str(rows))})"
    ).fetchall()
    if not count:
        raise Unreadable("empty_file", "the file is empty; ask the partner to send it again")
    is_small = file.stat().st_size <= DOCUMENT_BYTES
    if first in ("not_json", "not_a_record") and is_small and malformed_at(connection, file) is None:
        cure = "state `recordPath` in the contract, `$` for a list of records"
        raise Unreadable("record_path", f"the file is one JSON document, not one record a line; {cure}")


def _remarks(connection: duckdb.DuckDBPyConnection, _contract: Contract, plain: Path) -> tuple[str, ...]:
    return remarks_of(connection, plain)


JSON = Reader(_plain, rows_shape, rows_lines, remarks=_remarks)
