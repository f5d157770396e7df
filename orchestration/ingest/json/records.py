"""Records of JSON as a relation, and the file of rows that is written of them.

Every field has a column. A field that no record has sets every line aside, as a missing column of a CSV file does; one
that is null, or lies in something null, is blank. A record that states a field twice is set aside: which one holds
cannot be told.

Belongs here: fields to columns, and fields that are not there. Does not belong here: where records come from
(`json.lines`, `json.document`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from orchestration.ingest.json.fields import Field, pointer_of
from orchestration.ingest.json.text import texts
from orchestration.ingest.sql import name, ours, text

_SHOWN_FIELDS = 30


@dataclass(frozen=True)
class Records:
    """Records of one file.

    sql       one row a record, as SQL: line_number, line (as it came), record (its JSON with exact numbers, null where
              it is no object), code and reason why it cannot be read, and a column a field that encloses it
    elements  the JSON of each level, as SQL with the column `json`; the last level are the records
    enclosed  columns of `sql` by the fields that they hold
    """

    sql: str
    elements: tuple[str, ...]
    enclosed: dict[Field, str]


def write_records(
    connection: duckdb.DuckDBPyConnection,
    records: Records,
    fields: Sequence[Field],
    decimal: str,
    remarks: Sequence[str],
    target: Path,
) -> None:
    """Write a file of rows (`rows`), which also holds the remarks on the file as a whole."""
    options = f"(format parquet, kv_metadata {{remarks: {text(json.dumps(remarks))}}})"
    first = target.with_name(f"{target.name}.first")
    rows = _rows(_without_repeated(connection, records, fields), fields, decimal)
    connection.execute(f"copy ({rows}) to {text(str(first))} {options}")
    reason = _missing(connection, records, fields, first)
    if reason is None:
        first.rename(target)
        return
    problem, code = ours("problem"), ours("problem_code")
    connection.execute(f"""
        copy (
            select * replace (
                coalesce({code}, 'header') as {code},
                coalesce({problem}, {text(reason)}) as {problem}
            )
            from read_parquet({text(str(first))})
        ) to {text(str(target))} {options}
    """)


def remarks_of(connection: duckdb.DuckDBPyConnection, rows: Path) -> tuple[str, ...]:
    """The remarks that a file of rows holds."""
    query = f"select decode(value) from parquet_kv_metadata({text(str(rows))}) where decode(key) = 'remarks'"
    [(remarks,)] = connection.execute(query).fetchall()
    return tuple(json.loads(remarks))


def _without_repeated(connection: duckdb.DuckDBPyConnection, records: Records, fields: Sequence[Field]) -> Records:
    """The records, those set aside that hold twice a key on the way to a field."""
    wanted = {str(field.parts[0]) for field in fields if field not in records.enclosed}
    repeated = repeated_keys(connection, records.elements[-1], wanted)
    if not repeated:
        return records
    times = "len(list_filter(json_keys(record), lambda key: key = wanted))"
    twice = f"list_filter({texts(repeated)}, lambda wanted: {times} > 1)"
    sql = f"""
        select * exclude (twice) replace (
            case when len(twice) > 0 then 'repeated_key' else code end as code,
            case when len(twice) > 0
                then array_to_string(twice, ', ') || ' stands twice in the record; ask the partner for one'
                else reason
            end as reason
        )
        from (select *, {twice} as twice from ({records.sql}))
    """
    return replace(records, sql=sql)


def repeated_keys(connection: duckdb.DuckDBPyConnection, elements: str, wanted: Set[str]) -> list[str]:
    """The keys among `wanted` that some element holds twice."""
    # records of a file mostly have the same keys: what is distinct is looked at, and not every record
    distinct = f"select distinct json_keys(json) as keys from ({elements})"
    rows = connection.execute(f"""
        select distinct key
        from (
            select place, unnest(keys) as key from (select row_number() over () as place, keys from ({distinct}))
        )
        group by place, key having count(*) > 1
    """).fetchall()
    return sorted({key for (key,) in rows} & wanted)


def _rows(records: Records, fields: Sequence[Field], decimal: str) -> str:
    own = [field for field in fields if field not in records.enclosed]
    cells = {field: f"cells[{place}]" for place, field in enumerate(own, start=1)} | records.enclosed
    columns = ", ".join(
        f"cell_text({cells[field]}, {text(decimal if field.is_number else '.')}) as {name(field.name)}"
        for field in fields
    )
    pointers = texts(field.pointer for field in own)
    return f"""
        select
            line_number as {ours("line_number")}, line as {ours("line")}, code as {ours("problem_code")},
            reason as {ours("problem")}, false as {ours("is_outside")}, null::varchar as {ours("interchange")},
            {columns}
        from (select *, json_extract_string(record, {pointers}) as cells from ({records.sql}))
    """


def _missing(
    connection: duckdb.DuckDBPyConnection, records: Records, fields: Sequence[Field], rows: Path
) -> str | None:
    """Why no line of the file can be read: the fields that no record has, beside those that are there."""
    readable = f"from read_parquet({text(str(rows))}) where {ours('problem_code')} is null"
    counts = ", ".join(f"count({name(field.name)})" for field in fields)
    [(total, *filled)] = connection.execute(f"select count(*), {counts} {readable}").fetchall()
    blank = [field for field, count in zip(fields, filled, strict=True) if total and not count]
    missing = [field for field in blank if not _is_there(connection, records.elements[field.level], field)]
    if not missing:
        return None
    there = dict.fromkeys(one for field in missing for one in _beside(connection, records.elements[field.level], field))
    shown = ", ".join(list(there)[:_SHOWN_FIELDS]) + (", …" if len(there) > _SHOWN_FIELDS else "")
    return f"the records lack {', '.join(field.name for field in missing)}; there are: {shown or 'none'}"


def _is_there(connection: duckdb.DuckDBPyConnection, elements: str, field: Field) -> bool:
    """Whether some element holds the field, or a null or a shorter list on the way to it."""
    found = [f"json_exists(json, {text(field.pointer)})"]
    for length in range(1, len(field.parts)):
        way = f"json_type(json, {text(pointer_of(field.parts[:length]))})"
        found.append(f"{way} = 'NULL'")
        if isinstance(field.parts[length], int):
            found.append(f"{way} = 'ARRAY'")
    query = f"select coalesce(bool_or({' or '.join(found)}), false) from ({elements})"
    return bool(connection.execute(query).fetchall()[0][0])


def _beside(connection: duckdb.DuckDBPyConnection, elements: str, field: Field) -> list[str]:
    """Names of the fields in the deepest object on the way to a field that is not there."""
    for length in range(len(field.parts) - 1, -1, -1):
        keys = keys_of(connection, elements, pointer_of(field.parts[:length]))
        if keys:
            before = field.name.removesuffix(".".join(str(part) for part in field.parts[length:]))
            return [before + key for key in keys]
    return []


def keys_of(connection: duckdb.DuckDBPyConnection, elements: str, pointer: str = "") -> list[str]:
    """Keys that the elements have at a place, in the order of their first appearance."""
    rows = connection.execute(f"""
        select key
        from (select place, unnest(keys) as key, generate_subscripts(keys, 1) as position from (
            select json_keys(json, {text(pointer)}) as keys, row_number() over () as place from ({elements})
        ))
        group by key order by min(place), min(position) limit {_SHOWN_FIELDS + 1}
    """).fetchall()
    return [key for (key,) in rows]
