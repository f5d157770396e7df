"""The fields of a JSON record that a contract asks for, each with the place that its name means.

A name is a path from the record: `sku`, `shippedRevenue.amount`, `marketplaceIds[0]`; a key that holds dots is quoted.
A name from the root (`$.`) is read of what encloses the record: as far as it goes along `recordPath` it stays on the
record's own way, so that `$.orders.created_at` is the date of the order that holds the line. A name that is no path,
such as `Qty [each]`, is a key as it stands.

Belongs here: names. Does not belong here: reading values (`json.records`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from orchestration.contracts.json_path import EACH, Part, RecordPath, is_absolute, parts_of, record_path
from orchestration.contracts.kinds import AMOUNT, RATE, UNITS, WHOLE
from orchestration.contracts.model import Contract
from orchestration.ingest.json.text import connect
from orchestration.ingest.relation import Unreadable

_NUMBERS = (UNITS, AMOUNT, RATE, WHOLE)


@dataclass(frozen=True)
class Field:
    """A column of the partner's: its name, the level of `recordPath` and the path there that hold its value.

    `is_number`: the contract maps it to a number as it stands, so that its text is read by the contract's marks.
    """

    name: str
    level: int
    parts: tuple[Part, ...]
    is_number: bool = False

    @property
    def pointer(self) -> str:
        """The place within the element of its level, as a JSON pointer."""
        return pointer_of(self.parts)


def pointer_of(parts: tuple[Part, ...]) -> str:
    """Parts as a JSON pointer: the one spelling in which DuckDB takes any key."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def path_of(contract: Contract) -> RecordPath:
    """Where the records are; without `recordPath` each line is one, and is its own root."""
    return record_path(contract.server.record_path or "$") or RecordPath()


def fields_of(contract: Contract) -> tuple[Field, ...]:
    """The fields that a contract maps, or names in an expression, each once. Raises Unreadable for a wrong name."""
    numbers = {
        mapping.physical_name
        for mapping in contract.mappings
        if mapping.physical_name and contract.kind.columns[mapping.name].type in _NUMBERS
    }
    names = [mapping.physical_name for mapping in contract.mappings if mapping.physical_name]
    expressions = [mapping.transform_logic for mapping in contract.mappings] + [contract.where]
    for expression in filter(None, expressions):
        names += [column for column in _columns_in(expression) if column.lower() not in {n.lower() for n in names}]
    names = list(dict.fromkeys(names))
    if len({name.lower() for name in names}) < len(names):
        alike = ", ".join(name for name in names if sum(name.lower() == other.lower() for other in names) > 1)
        raise Unreadable("header", f"the names {alike} differ only in case, and cannot be read side by side")
    path = path_of(contract)
    return tuple(Field(name, *place_of(name, path), is_number=name in numbers) for name in names)


def place_of(name: str, path: RecordPath) -> tuple[int, tuple[Part, ...]]:
    """The level of `path` and the parts from there that a name means. Raises Unreadable where it is no one value."""
    level, parts = enclosing(name, path)
    if EACH in parts:
        raise Unreadable("header", f"the name {name} means many values; write one position of the list, such as [0]")
    return level, parts


def enclosing(name: str, path: RecordPath) -> tuple[int, tuple[Part, ...]]:
    """The deepest level that a name passes on its way along `path`, and the parts from there."""
    parts = parts_of(name)
    if parts is None:
        return len(path.keys), (name,)
    if not is_absolute(name):
        return len(path.keys), parts
    level, rest = 0, _after_stars(parts)
    for key in path.keys:
        further = _after_stars(rest[1:])
        if rest[:1] != (key,) or not further or (isinstance(rest[1], int) and rest[1] != EACH):
            break
        level, rest = level + 1, further
    if not rest:
        raise Unreadable("header", f"the name {name} means the whole document; name a key of it")
    return level, rest


def _after_stars(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return _after_stars(parts[1:]) if parts[:1] == (EACH,) else parts


@cache
def _columns_in(expression: str) -> tuple[str, ...]:
    """The columns that an SQL expression names. Raises Unreadable for a path that is not quoted."""
    with connect() as connection:
        [(tree,)] = connection.execute("select json_serialize_sql(?)", [f"select ({expression})"]).fetchall()
    found = list(_references(json.loads(tree)))
    for names in found:
        if len(names) > 1:
            path = ".".join(names)
            raise Unreadable("expression", f'{path} is no column in {expression}; quote it in the contract: "{path}"')
    return tuple(dict.fromkeys(name for (name,) in found))


def _references(node: Any) -> Iterator[list[str]]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            yield node["column_names"]
        elif node.get("class") == "LAMBDA":
            own = list(_references(node["lhs"]))
            yield from (names for names in _references(node["expr"]) if names not in own)
        else:
            for value in node.values():
                yield from _references(value)
