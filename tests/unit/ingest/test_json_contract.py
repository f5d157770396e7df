"""What a contract says of JSON: paths and totals are checked before a file comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.contracts.json_path import EACH, RecordPath, parts_of, record_path
from orchestration.contracts.load import Loaded, load_contracts
from orchestration.contracts.model import Total

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: acme.sell_out
version: 1.0.0
status: active
servers:
  - server: landing
    type: local
    path: acme/*.json
    format: json
    customProperties:
      WORDS
schema:
  - name: sell_out
    properties:
      - {name: product_code, physicalName: sku, logicalType: string}
      - {name: period_start, physicalName: day, logicalType: date}
      - {name: units, physicalName: qty, logicalType: integer}
customProperties:
  - {property: partner, value: acme}
"""
PATH = "- {property: recordPath, value: '$.rows[*]'}\n      "


def load(folder: Path, words: str) -> Loaded:
    (folder / "a.odcs.yaml").write_text(CONTRACT.replace("WORDS", words), encoding="utf-8")
    return load_contracts(folder)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("sku", ("sku",)),
        ("price.amount", ("price", "amount")),
        ("codes[0].ean", ("codes", 0, "ean")),
        ('"shop.name".x', ("shop.name", "x")),
        ("$[\"a.b\"]['c']", ("a.b", "c")),
        ("$.orders[*].id", ("orders", EACH, "id")),
        ("$", ()),
        ("$id", ("$id",)),
        ("Qté vendue (€)", ("Qté vendue (€)",)),
        (r'"say \"x\""', ('say "x"',)),
        ("Qty [each]", None),
        ("a..b", None),
        ("a.", None),
        ("", None),
    ],
)
def test_a_path_is_read_into_its_parts(path: str, parts: tuple[str | int, ...] | None) -> None:
    assert parts_of(path) == parts


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", RecordPath()),
        ("$[*]", RecordPath()),
        ("$[*][*]", RecordPath((), (2,))),
        ("$.a", RecordPath(("a",), (1, 1))),
        ("$.a[*].b[*][*]", RecordPath(("a", "b"), (1, 1, 2))),
        ("$.a[0]", None),
        ("$..a", None),
        ("$.a[?(@.x>1)]", None),
        ("$.*", None),
        ('$.""', None),
        ("a.b", None),
    ],
)
def test_a_record_path_goes_by_keys_and_lists_only(path: str, expected: RecordPath | None) -> None:
    assert record_path(path) == expected


@pytest.mark.parametrize("path", ["$.a[0]", "$..a", "$.a[?(@.x>1)]", "$.*"])
def test_another_record_path_is_told_with_its_line(tmp_path: Path, path: str) -> None:
    [problem] = load(tmp_path, f"- {{property: recordPath, value: '{path}'}}").errors
    assert (problem.line, problem.message) == (12, f"`recordPath` is no way from list to list: {path}")
    assert problem.cure == "Write keys and `[*]` only, such as $.orders[*].line_items[*]"


def test_totals_reach_the_contract(tmp_path: Path) -> None:
    totals = "[{total: '$.sums[*].units', of: qty, by: [day]}, {total: $.units, of: qty}, {total: $.n, of: n, by: day}]"
    loaded = load(tmp_path, f"{PATH}- {{property: totals, value: {totals}}}")
    assert loaded.problems == ()
    [contract] = loaded.contracts
    assert contract.server.totals == (
        Total(total="$.sums[*].units", of="qty", by=("day",)),
        Total(total="$.units", of="qty"),
        Total(total="$.n", of="n", by=("day",)),
    )


def test_another_total_is_another_reading(tmp_path: Path) -> None:
    readings = {
        load(tmp_path, f"{PATH}- {{property: totals, value: [{{total: $.units, of: {of}}}]}}").contracts[0].reading_hash
        for of in ("qty", "count")
    }
    assert len(readings) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (f"{PATH}- {{property: totals, value: $.units}}", "`totals` is not a list"),
        (f"{PATH}- {{property: totals, value: [$.units]}}", "a total does not name its path and the field it is of"),
        (f"{PATH}- {{property: totals, value: [{{total: $.a}}]}}", "a total does not name its path"),
        (f"{PATH}- {{property: totals, value: [{{total: $.a, of: ''}}]}}", "a total does not name its path"),
        (f"{PATH}- {{property: totals, value: [{{total: $.a, of: b, By: c}}]}}", "a total does not name its path"),
        (f"{PATH}- {{property: totals, value: [{{total: $.a, of: b, by: [1]}}]}}", "a total does not name its path"),
        (f"{PATH}- {{property: totals, value: [{{total: a.b, of: c}}]}}", "the total a.b is no path from the root"),
        ("- {property: totals, value: [{total: $.a, of: b}]}", "`totals` has no effect on one record a line"),
    ],
)
def test_a_total_that_says_too_little_is_told(tmp_path: Path, words: str, message: str) -> None:
    [problem] = load(tmp_path, words).errors
    assert problem.message.startswith(message)
    assert problem.cure.startswith("Write")


def test_words_of_json_have_no_effect_on_csv(tmp_path: Path) -> None:
    words = f"{PATH}- {{property: totals, value: [{{total: $.a, of: b}}]}}"
    text = CONTRACT.replace("WORDS", words).replace("format: json", "format: csv")
    (tmp_path / "a.odcs.yaml").write_text(text, encoding="utf-8")
    loaded = load_contracts(tmp_path)
    assert [problem.message for problem in loaded.problems] == [
        "`recordPath` has no effect on csv",
        "`totals` has no effect on csv",
    ]
