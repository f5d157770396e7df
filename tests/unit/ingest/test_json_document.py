"""JSON that is one document: the way to its records, what encloses them, and documents that are none."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from orchestration.contracts.model import Mapping
from orchestration.ingest.json import document as json_document
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, lines, quarantine, take_in
from tests.unit.ingest.json_feeds import json_contract, sale, take_json

A, B, C = sale("A", 1), sale("B", 2), sale("C", 3)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("$", [A, B, C]),
        ("$[*]", [A, B, C]),
        ("$.data", {"data": [A, B, C]}),
        ("$.data[*]", {"data": [A, B, C]}),
        ("$.data.rows", {"data": {"rows": [A, B, C]}}),
        ("$.data.rows", [{"data": {"rows": [A, B]}}, {"data": {"rows": [C]}}]),
        ("$[*].rows[*]", [{"rows": [A]}, {"rows": []}, {"rows": [B, C]}, {"rows": None}]),
        ("$.data", {"data": [A, B, C], "next": None, "errors": []}),
        ("$.a.b.c", {"a": [{"b": [{"c": [A]}, {"c": []}]}, {"b": []}, {"b": [{"c": [B, C]}]}]}),
        ("$.data[*][*]", {"data": [[A, B], [C]]}),
        ("$[*][*]", [[A, B], [C]]),
        ("$.rows", [{"rows": A}, {"rows": B}, {"rows": [C]}]),
        ('$."a.b"[*]', {"a.b": [A, B, C]}),
        ("$['it''s \"x\"']".replace("''", "\\'"), {'it\'s "x"': [A, B, C]}),
        ("$.é ü", {"é ü": [A, B, C]}),
    ],
)
def test_record_path_leads_through_objects_and_lists(settings: Settings, path: str, document: Any) -> None:
    entry = take_json(settings, json_contract(path), json.dumps(document, indent=len(path) % 2 or None))
    assert entry.lines_read == 3
    assert lines(settings, "line_number, product_code, units") == [(1, "A", 1), (2, "B", 2), (3, "C", 3)]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ('{"orders":[%s],"orders":[]}', "orders stands twice in an object at $; ask the partner to send it again"),
        ('{"orders":[{"at":1,"lines":[%s],"lines":[%s]}]}', "lines stands twice in an object at $.orders; "),
        ('{"orders":[{"at":1,"at":2,"lines":[%s]}]}', "at stands twice in an object at $.orders; "),
    ],
)
def test_a_document_that_leads_two_ways_is_rejected_whole(settings: Settings, document: str, reason: str) -> None:
    contract = json_contract("$.orders[*].lines", Mapping(name="transaction_id", physical_name="$.orders.at"))
    entry = take_json(settings, contract, document.replace("%s", json.dumps(A)))
    assert (entry.lines_read, entry.lines_quarantined) == (1, 1)
    assert entry.rejected_reason
    assert entry.rejected_reason.startswith(reason)


def test_one_object_is_one_record(settings: Settings) -> None:
    take_json(settings, json_contract("$"), A)
    assert lines(settings, "line_number, product_code") == [(1, "A")]


def test_documents_one_after_another_are_pages(settings: Settings) -> None:
    take_json(settings, json_contract("$.data"), json.dumps({"data": [A, B]}) + "\n" + json.dumps({"data": [C]}))
    assert lines(settings, "line_number, product_code") == [(1, "A"), (2, "B"), (3, "C")]


def test_names_from_the_root_stay_on_the_way_to_the_record(settings: Settings) -> None:
    more = (
        Mapping(name="transaction_id", physical_name="$.orders.id"),
        Mapping(name="currency", physical_name="$.orders[*].total.currency"),
        Mapping(name="location_code", physical_name="$.report.shops[1]"),
        Mapping(name="label", physical_name="$.orders.line_items.name"),
        Mapping(name="campaign_code", physical_name="$.orders[0].id"),
    )
    orders = [
        {"id": 7, "total": {"currency": "EUR"}, "line_items": [A | {"name": "a"}, B]},
        {"id": 8, "total": {}, "line_items": []},
        {"id": 9, "total": {"currency": "CHF"}, "line_items": [C]},
    ]
    contract = json_contract("$.orders[*].line_items[*]", *more)
    take_json(settings, contract, {"orders": orders, "report": {"shops": ["x", "y"]}})
    assert lines(settings, "product_code, transaction_id, currency, location_code, label, campaign_code") == [
        ("A", "7", "EUR", "y", "a", "7"),
        ("B", "7", "EUR", "y", None, "7"),
        ("C", "9", "CHF", "y", None, "7"),
    ]


def test_fields_of_the_root_are_those_of_the_item_in_a_list_at_the_root(settings: Settings) -> None:
    contract = json_contract("$.line_items", Mapping(name="transaction_id", physical_name="$.id"))
    take_json(settings, contract, [{"id": 1, "line_items": [A]}, {"id": 2, "line_items": [B, C]}])
    assert lines(settings, "transaction_id, product_code") == [("1", "A"), ("2", "B"), ("2", "C")]


def test_a_name_that_means_many_values_is_told(settings: Settings) -> None:
    contract = json_contract("$.data", Mapping(name="label", physical_name="$.shops[*].name"))
    entry = take_json(settings, contract, {"data": [A], "shops": [{"name": "x"}]})
    assert (entry.rejected_reason or "").startswith("the name $.shops[*].name means many values")


def test_what_is_no_object_on_the_way_is_set_aside_as_a_line(settings: Settings) -> None:
    take_json(settings, json_contract("$.orders.items"), {"orders": [{"items": [A, None, "x"]}, 5, {"items": [B]}]})
    assert lines(settings, "line_number, product_code") == [(1, "A"), (5, "B")]
    assert quarantine(settings, "line_number, reason_code, raw_line") == [
        (2, "not_a_record", "null"),
        (3, "not_a_record", '"x"'),
        (4, "not_a_record", "5"),
    ]


def test_a_field_of_an_enclosing_element_that_is_nowhere_sets_every_line_aside(settings: Settings) -> None:
    contract = json_contract("$.orders.items", Mapping(name="transaction_id", physical_name="$.orders.id"))
    take_json(settings, contract, {"orders": [{"number": 1, "items": [A, B]}]})
    reason = "the records lack $.orders.id; there are: $.orders.number, $.orders.items"
    found = quarantine(settings, "line_number, reason_code, reason, raw_line")
    assert found == [
        (n, "header", reason, json.dumps(record, separators=(",", ":"))) for n, record in enumerate((A, B), start=1)
    ]


@pytest.mark.parametrize(
    ("path", "document", "reason"),
    [
        ("$.orders", {"data": [], "errors": []}, "no orders is at $, which has: data, errors"),
        ("$.data.orders", {"data": {"order": []}}, "no orders is at $.data, which has: order"),
        ("$.orders", [{"x": 1}, {"y": 2}], "no orders is at $, which has: x, y"),
        ("$.orders", {}, "no orders is at $, which has: none"),
        ("$.orders.items", {"orders": [5, {"x": 1}]}, "no items is at $.orders, which has: x"),
    ],
)
def test_a_path_to_nothing_rejects_the_file_and_names_what_is_there(
    settings: Settings, path: str, document: Any, reason: str
) -> None:
    entry = take_json(settings, json_contract(path), document)
    assert entry.rejected_reason == f"{reason}; correct `recordPath` in the contract"
    assert quarantine(settings) == [(1, "record_path")]


@pytest.mark.parametrize(
    ("path", "document"),
    [("$", []), ("$.data", {"data": []}), ("$.data", {"data": None}), ("$.a.b", {"a": [{"b": []}]}), ("$.a", [])],
)
def test_an_empty_list_is_a_file_of_no_lines(settings: Settings, path: str, document: Any) -> None:
    entry = take_json(settings, json_contract(path), document)
    assert (entry.lines_read, entry.rejected_reason) == (0, None)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("<html>", "line 1, character 1: unexpected character"),
        ('{"data": [\n{"sku": "é"},\n{"sku" 1}]}', "line 3, character 8: unexpected character"),
        ('{"data": [{"sku": "A"}', "line 1, character 23: unexpected end of data"),
        ('[{"sku": "A"},\n{"sku": "B', "line 2, character 11: unexpected end of data"),
        ('[{"sku": "A"},\n', "line 2, character 1: unexpected end of data"),
        ('[{"sku": "A"}', "line 1, character 14: unexpected end of data"),
        ("[" * 100_000, "line 1, character 100001: unexpected end of data"),
        ('{"a":' * 100_000, "line 1, character 500001: unexpected end of data"),
        ('\ufeff{"data": x}', "line 1, character 10: unexpected character"),
        ('[{"sku": "A"}] x', "line 1, character 16: unexpected content after document"),
    ],
)
def test_what_is_not_json_is_rejected_with_its_place(settings: Settings, content: str, place: str) -> None:
    entry = take_json(settings, json_contract("$"), content)
    assert entry.rejected_reason == f"the file is not JSON ({place}); ask the partner to send it again"
    assert quarantine(settings) == [(1, "not_json")]


def test_a_bad_document_keeps_no_other_out(settings: Settings) -> None:
    deliver(settings, "shop/a.json", '[{"sku": "A"},')
    deliver(settings, "shop/b.json", json.dumps([A]))
    entries = {entry.file_name: entry for entry in take_in(settings, json_contract("$"))}
    assert entries["shop/a.json"].rejected_reason
    assert entries["shop/b.json"].lines_parsed == 1


@pytest.mark.parametrize("content", ["", " \n", "\ufeff"])
def test_an_empty_file_is_rejected(settings: Settings, content: str) -> None:
    entry = take_json(settings, json_contract("$"), content)
    assert entry.rejected_reason == "the file is empty; ask the partner to send it again"


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deep_nesting_is_read_or_set_aside_and_never_the_end_of_the_process(settings: Settings, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    content = f'[{json.dumps(A)[:-1]},"deep":{deep}}},{deep}]'
    take_json(settings, json_contract("$", Mapping(name="label", physical_name="deep")), content)
    assert lines(settings, "line_number, length(label)") == [(1, 2 * depth)]
    assert quarantine(settings) == [(2, "not_a_record")]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"\xef\xbb\xbf" + json.dumps([sale("é")], ensure_ascii=False).encode(), "utf-8"),
        (json.dumps([sale("é")], ensure_ascii=False).encode("utf-16"), "utf-8"),
        (json.dumps([sale("é")], ensure_ascii=False).encode("utf-16-be"), "utf-16-be"),
        (json.dumps([sale("é")], ensure_ascii=False).encode("latin-1"), "latin-1"),
    ],
)
def test_encodings_and_byte_order_marks(settings: Settings, content: bytes, encoding: str) -> None:
    take_json(settings, json_contract("$", server={"encoding": encoding}), content)
    assert lines(settings, "product_code") == [("é",)]


@pytest.mark.parametrize("shape", ["[%s]", '{"data": [%s]}'])
def test_a_wrong_encoding_is_told(settings: Settings, shape: str) -> None:
    content = (shape % json.dumps(sale("é"), ensure_ascii=False)).encode("cp1252")
    entry = take_json(settings, json_contract("$"), content)
    reason = "the file is not utf-8 (its bytes are not UTF-8); correct `encoding` in the contract"
    assert entry.rejected_reason == reason


def test_an_object_beyond_the_bound_is_rejected_and_a_list_is_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_document, "DOCUMENT_BYTES", 1 << 20)
    records = [sale(str(number), 1, note="x" * 1000) for number in range(2_000)]
    deliver(settings, "shop/a.json", json.dumps({"data": records}))
    deliver(settings, "shop/b.json", json.dumps([{"data": records}]))
    deliver(settings, "shop/c.json", json.dumps([{"data": [record]} for record in records]))
    entries = {entry.file_name: entry for entry in take_in(settings, json_contract("$.data"))}
    reason = (
        "the file is one JSON object of more than 1 MiB; ask the partner for smaller files, or for one record a line"
    )
    assert entries["shop/a.json"].rejected_reason == reason
    assert entries["shop/c.json"].lines_parsed == 2_000


def test_a_record_beyond_the_bound_rejects_the_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "DOCUMENT_BYTES", 32 << 20)
    entry = take_json(settings, json_contract("$"), [A, sale("B", note="x" * (33 << 20))])
    reason = "a record of the file is of more than 32 MiB; ask the partner for smaller files, or for one record a line"
    assert entry.rejected_reason == reason


def test_lists_longer_than_a_vector_keep_their_order(settings: Settings) -> None:
    contract = json_contract("$.orders.items", Mapping(name="transaction_id", physical_name="$.orders.id"))
    orders = [{"id": n, "items": [sale(f"{n}-{k}", k) for k in range(n % 4 * 700)]} for n in range(12)]
    entry = take_json(settings, contract, {"orders": orders})
    wanted = [(str(order["id"]), item["sku"], Decimal(item["qty"])) for order in orders for item in order["items"]]
    assert entry.lines_parsed == len(wanted)
    found = lines(settings, "line_number, transaction_id, product_code, units")
    assert found == [(number, *line) for number, line in enumerate(wanted, start=1)]
