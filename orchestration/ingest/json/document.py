"""JSON that is one document: its records are found level by level along `recordPath`.

A list at the root is read item by item, whatever its size; any other document is held in memory, and so is bounded.
Each level is a file of its own (the element as JSON, its ordinal and those of its ancestors, the fields of ancestors
that records need), because DuckDB computes a list anew for every 2,048 items that it unnests from it.

`[*]` is optional where a list is: a step leads through it, and an object in its place is a list of one. What is no
object where one should be goes down to the records, and is set aside there.

Belongs here: a document to records. Does not belong here: lines of JSON (`json.lines`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contracts.json_path import RecordPath
from orchestration.ingest.json.fields import Field, pointer_of
from orchestration.ingest.json.malformed import first_byte, last_byte, malformed
from orchestration.ingest.json.records import Records, keys_of, repeated_keys
from orchestration.ingest.json.text import exact, texts
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.sql import text

#: what is read at once takes some fifteen times as much memory
DOCUMENT_BYTES = 128 << 20


@dataclass(frozen=True)
class Source:
    """A UTF-8 file, the path to its records, the contract's decimal mark, and a folder for what is made of it."""

    file: Path
    encoding: str
    path: RecordPath
    decimal: str
    work: Path

    @property
    def last(self) -> int:
        """The level of the records."""
        return len(self.path.keys)

    def level(self, number: int) -> str:
        """The elements of a level, as SQL."""
        return f"read_parquet({text(str(self._file('level', number)))})"

    def write(self, connection: duckdb.DuckDBPyConnection, stem: str, number: int, query: str) -> str:
        """Write a query to a file of its own, and return it as SQL."""
        target = text(str(self._file(stem, number)))
        connection.execute(f"copy ({query}) to {target} (format parquet)")
        return f"read_parquet({target})"

    def _file(self, stem: str, number: int) -> Path:
        return self.work / f"{self.file.name}.{stem}{number}"


def document_records(connection: duckdb.DuckDBPyConnection, source: Source, fields: tuple[Field, ...]) -> Records:
    """The records of a document. Raises Unreadable where it is no JSON, or holds nothing at `recordPath`."""
    _write_root(connection, source)
    enclosed: dict[Field, str] = {}
    for number in range(source.last):
        _refuse_repeated_keys(connection, source, number, fields)
        lists = _write_lists(connection, source, number, fields)
        _require_key(connection, source, number, lists)
        enclosed |= {field: f"f{place}" for place, field in enumerate(fields) if field.level == number}
        kept = ", ".join([*(f"o{level}" for level in range(number + 1)), *enclosed.values()])
        query = (
            f"select row_number() over () as o{number + 1}, * from (select {kept}, unnest(items) as json from {lists})"
        )
        source.write(connection, "level", number + 1, query)
    is_record, carried = "starts_with(json, '{')", "".join(f", {column}" for column in enclosed.values())
    sql = f"""
        select
            o{source.last} as line_number, unmarked(json::varchar) as line,
            case when {is_record} then json end as record,
            case when not {is_record} then 'not_a_record' end as code,
            case when not {is_record} then 'the record is no object with fields' end as reason{carried}
        from {source.level(source.last)}
    """
    return Records(sql, tuple(f"select json from {source.level(n)}" for n in range(source.last + 1)), enclosed)


def _write_root(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    is_list, size = first_byte(source.file) == b"[", source.file.stat().st_size
    if not is_list and size > DOCUMENT_BYTES:
        raise _too_large("the file is one JSON object")
    if is_list and last_byte(source.file) != b"]":  # DuckDB takes a list for whole that ends after a comma
        raise malformed(connection, source.file, source.encoding, DOCUMENT_BYTES)
    # DuckDB reads what is up to twice as long as stated
    root = f"""
        select {exact("json::varchar", source.decimal)} as json from read_json_objects(
            {text(str(source.file))}, format = '{"array" if is_list else "unstructured"}',
            maximum_object_size = {DOCUMENT_BYTES // 2 if is_list else size + 1}
        )
    """
    try:
        for depth in range(source.path.lists[0] - 1):
            lists = source.write(connection, "root", depth, f"select items_within(json) as items from ({root})")
            root = f"select unnest(items) as json from {lists}"
        source.write(connection, "level", 0, f"select row_number() over () as o0, json from ({root})")
    except duckdb.InvalidInputException as error:
        if "maximum_object_size" in str(error):
            raise _too_large("a record of the file is") from None
        raise malformed(connection, source.file, source.encoding, DOCUMENT_BYTES) from None


def _write_lists(connection: duckdb.DuckDBPyConnection, source: Source, number: int, fields: tuple[Field, ...]) -> str:
    """The elements of a level: the fields of it that records need, and the elements of the next level as a list."""
    here = {place: field for place, field in enumerate(fields) if field.level == number}
    cells = "".join(f"cells[{at}] as f{place}, " for at, place in enumerate(here, start=1))
    pointers = texts(field.pointer for field in here.values())
    key = source.path.keys[number]
    each = text('$."' + key.replace('"', '\\"') + '"[*]')
    alone = f"items_within(json_extract(json, {text(pointer_of((key,)))}))"
    kind = f"json_type(json, {text(pointer_of((key,)))})"
    items = "items"
    for _ in range(source.path.lists[number + 1] - 1):
        items = f"flatten(list_transform({items}, lambda item: items_within(item)))"
    # every JSON function that runs on a document holds a parsed copy of it: those in the last branches rarely run
    return source.write(
        connection,
        "lists",
        number,
        f"""
        select
            * exclude (json, cells, items), {cells}
            case when len(items) > 0 then true else {kind} is not null end as has_key,
            case
                when not is_object then [json]
                when len(items) > 0 then {items}
                when coalesce({kind}, 'NULL') = 'NULL' then []
                else {alone}
            end as items
        from (
            select
                *, starts_with(json, '{{') as is_object, json_extract(json, {each}) as items,
                {f"json_extract_string(json, {pointers})" if here else "null"} as cells
            from {source.level(number)}
        )
        """,
    )


def _require_key(connection: duckdb.DuckDBPyConnection, source: Source, number: int, lists: str) -> None:
    counted = f"select count(*) filter (is_object), count(*) filter (has_key) from {lists}"
    [(objects, holders)] = connection.execute(counted).fetchall()
    if objects and not holders:
        keys = ", ".join(keys_of(connection, f"select json from {source.level(number)}")) or "none"
        place = ".".join(["$", *source.path.keys[:number]])
        reason = f"no {source.path.keys[number]} is at {place}, which has: {keys}; correct `recordPath` in the contract"
        raise Unreadable("record_path", reason)


def _refuse_repeated_keys(
    connection: duckdb.DuckDBPyConnection, source: Source, number: int, fields: tuple[Field, ...]
) -> None:
    """Refuse a document that holds twice what leads to records or encloses them: one of the two would be lost."""
    wanted = {source.path.keys[number], *(str(field.parts[0]) for field in fields if field.level == number)}
    repeated = repeated_keys(connection, f"select json from {source.level(number)}", wanted)
    if repeated:
        place = ".".join(["$", *source.path.keys[:number]])
        reason = f"{', '.join(repeated)} stands twice in an object at {place}; ask the partner to send it again"
        raise Unreadable("repeated_key", reason)


def _too_large(what: str) -> Unreadable:
    cure = "ask the partner for smaller files, or for one record a line"
    return Unreadable("too_large", f"{what} of more than {DOCUMENT_BYTES >> 20} MiB; {cure}")
