"""Totals that a JSON document states of its own records, held against them.

A total is looked for at each entry of the list that its path passes last, and is that of the records in the same
enclosing element that agree with the entry in the fields `by`. It says nothing of single lines: they stay as they are,
and what does not add up is a remark on the delivery.

Belongs here: the sums and their wording. Does not belong here: reading records (`json.document`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import duckdb

from orchestration.contracts.json_path import EACH, Part
from orchestration.contracts.model import Server, Total
from orchestration.ingest.json.document import Source
from orchestration.ingest.json.fields import enclosing, place_of, pointer_of
from orchestration.ingest.json.text import texts
from orchestration.ingest.sql import MACROS, text

_SHOWN_REMARKS = 20


def remarks_on_totals(connection: duckdb.DuckDBPyConnection, server: Server, source: Source) -> list[str]:
    """What does not add up in a document whose levels are written, in words; empty where all does."""
    for macro in MACROS if server.totals else ():
        connection.execute(macro)
    remarks = [remark for total in server.totals for remark in _remarks(connection, server, source, total)]
    more = len(remarks) - _SHOWN_REMARKS
    return [*remarks[:_SHOWN_REMARKS], f"and {more} more totals that do not add up"] if more > 0 else remarks


def _remarks(connection: duckdb.DuckDBPyConnection, server: Server, source: Source, total: Total) -> list[str]:
    level, way = enclosing(total.total, source.path)
    last = max((place + 1 for place, part in enumerate(way) if part == EACH), default=0)
    keys = texts(pointer_of(place_of(name, source.path)[1]) for name in total.by)
    of = text(pointer_of(place_of(total.of, source.path)[1]))
    rows = connection.execute(f"""
        with entries as (
            select
                element, json_extract_string(entry, {keys}) as key,
                json_extract_string(entry, {text(pointer_of(way[last:]))}) as said
            from (select o{level} as element, unnest({_entries(way[:last])}) as entry from {source.level(level)})
        ),
        records as (
            select
                o{level} as element, json_extract_string(json, {keys}) as key,
                sum({_number(server, f"json_extract_string(json, {of})")}) as parts
            from {source.level(source.last)} group by all
        )
        select
            said is not null, cell_text(said, '.'), {_number(server, "said")}, parts,
            list_transform(coalesce(entries.key, records.key), lambda cell: cell_text(cell, '.')),
            case when (select count(*) > 1 from {source.level(level)})
                then coalesce(entries.element, records.element) end
        from entries full join records
            on entries.element = records.element and entries.key is not distinct from records.key
        order by coalesce(entries.element, records.element), coalesce(entries.key, records.key)
    """).fetchall()
    if any(parts is not None for _, _, _, parts, _, _ in rows) and not any(is_said for is_said, *_ in rows):
        return [f"{total.total} is nowhere in the file, so that {total.of} of its records is not held against it"]
    return [
        f"{total.total}{_place(total, key, element)} says {said if stated is None else _shown(stated)}, "
        f"its records sum to {_shown(parts or Decimal(0))}"
        for is_said, said, stated, parts, key, element in rows
        if is_said and stated != (parts or 0)
    ]


def _entries(way: Sequence[Part]) -> str:
    """SQL of the entries of a total within the element `json`, as a list."""
    found, steps = "[json]", list(way)
    while steps:
        end = steps.index(EACH)
        pointer = text(pointer_of(tuple(steps[:end])))
        found = f"flatten(list_transform({found}, lambda item: items_of(json_extract(item, {pointer}))))"
        steps = steps[end + 1 :]
    return found


def _number(server: Server, cell: str) -> str:
    plain = f"plain_number({cell}, {text(server.decimal)}, {text(server.thousands)})"
    return f"try_cast(case when is_marked({cell}) then cell_text({cell}, '.') else {plain} end as decimal(38, 6))"


def _place(total: Total, key: Sequence[str | None], element: int | None) -> str:
    parts = [f"element {element}"] if element is not None else []
    parts += [f"{name} {value}" for name, value in zip(total.by, key, strict=True)]
    return f" ({', '.join(parts)})" if parts else ""


def _shown(number: Decimal) -> str:
    whole = number.to_integral_value()
    return f"{whole if whole == number else number.normalize():,}"
