"""Random records, written as other programs write JSON, read back as they were."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from orchestration.contracts.model import Mapping
from orchestration.ingest.json.reader import JSON
from tests.unit.ingest.json_feeds import json_contract

#: fields of a record by the column that takes them
FIELDS = {"label": "a", "campaign_code": 'b."ü.x"', "customer_id": "b.n"}

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
numbers = st.one_of(
    st.integers(-(10**25), 10**25).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(-(10**12), 10**12, places=6).map(lambda number: f"{number:f}"),
).map(lambda spelling: f"number {spelling}")
values = st.one_of(st.none(), st.booleans(), texts, numbers)
nested = st.recursive(values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
inner = st.fixed_dictionaries({"ü.x": values, "n": nested})
records = st.lists(st.fixed_dictionaries({"a": values, "b": inner}), min_size=1, max_size=5)


def written(value: Any, **spelling: Any) -> str:
    """JSON of a value, in which `number 1.50` stands for the number as it is spelt."""
    return re.sub(r'"number (-?[0-9][^"]*)"', r"\1", json.dumps(value, **spelling))


def as_text(value: Any) -> Any:
    """What a cell holds of a value; of lists and objects what their JSON says."""
    if isinstance(value, str):
        return value.removeprefix("number ")
    return parsed(written(value)) if isinstance(value, list | dict) else value if value is None else str(value).lower()


def parsed(text: str) -> Any:
    """JSON read with its numbers as they are spelt."""
    return json.loads(text, parse_float=str, parse_int=str)


@given(st.lists(records, min_size=1, max_size=3), st.sampled_from([None, 0, 3]), st.booleans(), st.sampled_from(".,"))
@trials(
    max_examples=int(os.environ.get("SELLTRACE_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_records_read_back_as_they_were(groups: list[Any], indent: int | None, is_ascii: bool, decimal: str) -> None:
    flat = [record for group in groups for record in group]
    nested_groups = {"groups": [{"rows": group} for group in groups]}
    files = {
        None: "\n".join(written(record, ensure_ascii=is_ascii) for record in flat),
        "$": written(flat, indent=indent, ensure_ascii=is_ascii),
        "$.groups[*].rows": written(nested_groups, indent=indent, ensure_ascii=is_ascii),
    }
    wanted = [
        (number, as_text(record["a"]), as_text(record["b"]["ü.x"]), as_text(record["b"]["n"]))
        for number, record in enumerate(flat, start=1)
    ]
    is_parsed = [isinstance(record["b"]["n"], list | dict) for record in flat]
    for path, content in files.items():
        found = read(path, decimal, content)
        assert [
            (*line[:-1], parsed(line[-1]) if parse else line[-1]) for line, parse in zip(found, is_parsed, strict=True)
        ] == wanted


def read(path: str | None, decimal: str, content: str) -> list[tuple[Any, ...]]:
    """Line number and fields of the records of a file."""
    mappings = tuple(Mapping(name=ours, physical_name=theirs) for ours, theirs in FIELDS.items())
    contract = json_contract(path, server={"decimal": decimal}, mappings=mappings)
    with TemporaryDirectory() as folder:
        source = Path(folder) / "a.json"
        source.write_text(content, encoding="utf-8", newline="")
        rows = pq.read_table(JSON.plain(contract, source, Path(folder)), columns=["our line_number", *FIELDS.values()])
    return sorted(zip(*(column.to_pylist() for column in rows.columns), strict=True), key=lambda line: line[0])
