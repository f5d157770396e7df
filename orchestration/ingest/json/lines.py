"""JSON with one record a physical line (NDJSON): a line that is no JSON object costs itself alone.

`line_number` is the physical line, from 1; blank lines count in it, and are no lines of the file.

Belongs here: lines to records. Does not belong here: files that are one document (`json.document`).
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from orchestration.ingest.json.records import Records
from orchestration.ingest.json.text import exact, wrong_encoding
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.sql import text

_LINE_BYTES = 32 << 20


def line_records(source: Path, decimal: str) -> Records:
    """The records of a UTF-8 file."""
    # one column a line: the delimiter cannot occur, so that line numbers stay physical
    lines = f"""
        select *, json_valid(line) as is_json
        from (
            select row_number() over () as line_number, line
            from read_csv(
                {text(str(source))}, delim = chr(1) || chr(2) || chr(1), quote = '', escape = '', header = false,
                auto_detect = false, columns = {{'line': 'VARCHAR'}}, strict_mode = false, null_padding = true,
                max_line_size = {_LINE_BYTES}
            )
        )
        where trim(line, ' ' || chr(9)) <> ''
    """
    judged = f"select *, is_json and json_type(case when is_json then line end) = 'OBJECT' as is_record from ({lines})"
    return Records(
        sql=f"""
            select
                line_number,
                line,
                case when is_record then {exact("line", decimal)} end as record,
                case when not is_json then 'not_json' when not is_record then 'not_a_record' end as code,
                case
                    when not is_json then 'the line is not JSON'
                    when not is_record then 'the line is JSON, and no object with fields'
                end as reason
            from ({judged})
        """,
        elements=(f"select line as json from ({judged}) where is_record",),
        enclosed={},
    )


def unreadable_lines(error: duckdb.Error, encoding: str) -> Unreadable:
    """The rejection of a file that does not split into lines."""
    line = re.search(r"on line: (\d+)", str(error), re.IGNORECASE)
    place = f"line {line[1]}" if line else "a line"
    if "unicode" in str(error).lower():
        return wrong_encoding(encoding, place)
    cure = "ask the partner for one record a line, or state `recordPath` in the contract"
    return Unreadable("unreadable_file", f"{place} is longer than {_LINE_BYTES >> 20} MiB; {cure}")
