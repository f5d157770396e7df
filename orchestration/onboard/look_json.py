"""Look at JSON: one record a line, or the list of records in a document that holds most of what the kind needs."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestration.contracts.kinds import KINDS
from orchestration.onboard.names import likeness
from orchestration.onboard.sample import SAMPLE_LINES, NoDraft, Sample, ServerWord

_MOST_BYTES = 64 << 20
#: how deep fields of a record are followed
_DEPTH = 3

Record = dict[str, Any]


def look_at_json(sample: Path, kind: str) -> Sample:
    """Records with the fields of their own, and of the objects that hold them (`$.orders.created_at`)."""
    if sample.stat().st_size > _MOST_BYTES:
        raise NoDraft(f"{sample} is larger than {_MOST_BYTES >> 20} MB; take the beginning of it")
    content = sample.read_bytes()
    encoding = "utf-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    decoded = content.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    try:
        document = json.loads(decoded)
    except json.JSONDecodeError:
        return _sample(_records_of_lines(sample, decoded), encoding, ())
    if isinstance(document, dict) and "\n" not in decoded.strip() and not _lists(document, "$"):
        return _sample([_flat(document)], encoding, ())
    lists = dict(_lists(document, "$"))
    if not lists:
        raise NoDraft(f"{sample} holds no list of records")
    best = max(lists, key=lambda path: (_fit(lists[path], kind), -path.count("["), len(lists[path])))
    others = ", ".join(path for path in lists if path != best) or "none"
    word = ServerWord("recordPath", best, f"{len(lists[best])} records lie there; other lists: {others}")
    return _sample(lists[best], encoding, (word,))


def _records_of_lines(sample: Path, decoded: str) -> list[Record]:
    records: list[Record] = []
    for number, line in enumerate(decoded.splitlines()[:SAMPLE_LINES], start=1):
        try:
            record = json.loads(line) if line.strip() else None
        except json.JSONDecodeError as error:
            if not records:
                said = f"line {number}, {error.msg}"
                raise NoDraft(f"{sample} is neither a JSON document nor one record a line: {said}") from None
            continue
        if isinstance(record, dict):
            records.append(_flat(record))
    return records


def _sample(records: list[Record], encoding: str, words: tuple[ServerWord, ...]) -> Sample:
    columns = tuple(dict.fromkeys(column for record in records[:SAMPLE_LINES] for column in record))
    lines = tuple(tuple(_text(record.get(column)) for column in columns) for record in records[:SAMPLE_LINES])
    return Sample("json", columns, lines, encoding, words, is_typed=True)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flat(record: Record, prefix: str = "", depth: int = _DEPTH) -> Record:
    """Fields of a record by the path that a contract reaches them by; lists are left out."""
    fields: Record = {}
    for key, value in record.items():
        if isinstance(value, dict) and depth:
            fields |= _flat(value, f"{prefix}{key}.", depth - 1)
        elif not isinstance(value, dict | list):
            fields[f"{prefix}{key}"] = value
    return fields


def _lists(node: Any, path: str, outer: Record | None = None) -> Iterator[tuple[str, list[Record]]]:
    """Every list of records below a node: its path, and its records with the fields of what holds them."""
    found: dict[str, list[Record]] = {}
    for path_found, record in _records(node, path, outer or {}):
        found.setdefault(path_found, []).append(record)
    yield from found.items()


def _records(node: Any, path: str, outer: Record) -> Iterator[tuple[str, Record]]:
    if isinstance(node, dict):
        plain = path.replace("[*]", "")
        around = outer | {f"{plain}.{field}": value for field, value in _flat(node).items()}
        for key, value in node.items():
            yield from _records(value, f"{path}.{key}", around)
    elif isinstance(node, list):
        for item in node:
            if isinstance(item, dict):
                yield path, outer | _flat(item)
                yield from _records(item, f"{path}[*]", outer)


def _fit(records: list[Record], kind: str) -> int:
    """How many columns of the kind have a field of a like name."""
    fields = {field for record in records[:20] for field in record}
    return sum(1 for column in KINDS[kind].columns if any(likeness(column, field) >= 0.75 for field in fields))
