"""JSON with one record a line: each line stands for itself."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from orchestration.contracts.model import Mapping
from orchestration.ingest.json import lines as json_lines
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, lines, quarantine, take_in
from tests.unit.ingest.json_feeds import json_contract, sale, take_json

LINE = '{"sku":"%s","day":"2025-01-06","qty":%s}'


def test_a_record_a_line_with_its_physical_line_number(settings: Settings) -> None:
    entry = take_json(settings, json_contract(), f"{LINE % ('A', 1)}\n\n{LINE % ('B', 2)}")
    assert entry.lines_read == 2
    assert lines(settings, "line_number, product_code, period_start, units") == [
        (1, "A", date(2025, 1, 6), Decimal(1)),
        (3, "B", date(2025, 1, 6), Decimal(2)),
    ]


@pytest.mark.parametrize(
    ("line", "code", "reason"),
    [
        ('{"sku":"X","day":', "not_json", "the line is not JSON"),
        ("hello", "not_json", "the line is not JSON"),
        ('{"sku":"X"} {"sku":"Y"}', "not_json", "the line is not JSON"),
        ('{"sku":"\\ud800"}', "not_json", "the line is not JSON"),
        ("[1]", "not_a_record", "the line is JSON, and no object with fields"),
        ("null", "not_a_record", "the line is JSON, and no object with fields"),
        (LINE % ("X", '"x"'), "not_a_number", "units (qty): x is not a number with decimal mark ."),
        ('{"day":"2025-01-06","qty":1}', "missing_value", "product_code (sku): is blank, and every line needs it"),
    ],
)
def test_a_line_that_does_not_fit_is_set_aside_alone(settings: Settings, line: str, code: str, reason: str) -> None:
    entry = take_json(settings, json_contract(), f"{LINE % ('A', 1)}\n{line}\n{LINE % ('B', 2)}\n")
    assert quarantine(settings, "line_number, reason_code, reason, raw_line") == [(2, code, reason, line)]
    assert lines(settings, "line_number, product_code") == [(1, "A"), (3, "B")]
    assert (entry.lines_read, entry.lines_parsed, entry.lines_quarantined) == (3, 2, 1)


def test_a_truncated_file_costs_its_last_line(settings: Settings) -> None:
    take_json(settings, json_contract(), f"{LINE % ('A', 1)}\n{LINE % ('B', 2)}"[:-4])
    assert quarantine(settings) == [(2, "not_json")]
    assert lines(settings, "product_code") == [("A",)]


def test_a_record_that_states_a_field_twice_is_set_aside_and_one_that_repeats_another_is_not(
    settings: Settings,
) -> None:
    twice = '{"sku":"X","day":"2025-01-06","qty":1.50,"sku":"Y","qty":2}'
    other = '{"sku":"C","day":"2025-01-06","qty":3,"note":1,"note":2}'
    take_json(settings, json_contract(), f"{LINE % ('A', 1)}\n{twice}\n3\n{other}\n")
    assert quarantine(settings, "line_number, reason_code, reason, raw_line") == [
        (2, "repeated_key", "qty, sku stands twice in the record; ask the partner for one", twice),
        (3, "not_a_record", "the line is JSON, and no object with fields", "3"),
    ]
    assert lines(settings, "product_code, units") == [("A", 1), ("C", 3)]


def test_dots_reach_nested_fields_and_positions_of_lists(settings: Settings) -> None:
    more = (
        Mapping(name="location_code", physical_name="store.address.code"),
        Mapping(name="campaign_code", physical_name="codes[1]"),
        Mapping(name="label", physical_name='"shop.name/~1"'),
        Mapping(name="currency", physical_name="Cur [ISO]"),
    )
    record = sale(store={"address": {"code": "007"}}, codes=["x", "y"]) | {"shop.name/~1": "A.B", "Cur [ISO]": "EUR"}
    take_json(settings, json_contract(None, *more), record)
    assert lines(settings, "location_code, campaign_code, label, currency") == [("007", "y", "A.B", "EUR")]


def test_a_field_that_some_records_lack_is_blank_there(settings: Settings) -> None:
    contract = json_contract(None, Mapping(name="label", physical_name="name.de"))
    text = "\n".join([LINE % ("A", 1), '{"sku":"B","day":"2025-01-06","qty":1,"name":{"de":"b"}}'])
    take_json(settings, contract, text)
    assert lines(settings, "product_code, label") == [("A", None), ("B", "b")]


def test_a_field_that_no_record_has_sets_every_line_aside(settings: Settings) -> None:
    contract = json_contract(None, Mapping(name="label", physical_name="name.de"))
    record = '{"sku":"A","day":"2025-01-06","quantity":1,"name":{"fr":"a","it":"b"}}'
    entry = take_json(settings, contract, f"{record}\n{{bad\n{record}\n")
    reason = "the records lack qty, name.de; there are: sku, day, quantity, name, name.fr, name.it"
    found = quarantine(settings, "line_number, reason_code, reason")
    assert found == [(1, "header", reason), (2, "not_json", "the line is not JSON"), (3, "header", reason)]
    assert (entry.lines_read, entry.lines_quarantined) == (3, 3)


@pytest.mark.parametrize("more", [{"price": None}, {"price": {"net": None}}, {"price": {"net": []}}])
def test_a_field_within_something_null_is_blank_and_not_missing(settings: Settings, more: dict[str, object]) -> None:
    contract = json_contract(None, Mapping(name="amount", physical_name="price.net[0]"))
    entry = take_json(settings, contract, sale(**more))
    assert entry.lines_parsed == 1
    assert lines(settings, "amount") == [(None,)]


def test_an_expression_names_fields_in_double_quotes(settings: Settings) -> None:
    logic = '"price.net"::decimal(18, 2) * list_sum(list_transform([qty], lambda q: q::integer))'
    contract = json_contract(None, Mapping(name="amount", transform_logic=logic), where="\"store.open\" = 'true'")
    records = [sale(qty=3, price={"net": 2.5}, store={"open": is_open}) for is_open in (False, True)]
    entry = take_json(settings, contract, "\n".join(json.dumps(record) for record in records))
    assert (entry.lines_out_of_scope, lines(settings, "line_number, amount")) == (1, [(2, Decimal("7.5"))])


@pytest.mark.parametrize(
    ("logic", "code", "reason"),
    [
        ("pric::integer", "header", "the records lack pric; there are: sku, day, qty"),
        ("a.b::int", "expression", 'a.b is no column in a.b::int; quote it in the contract: "a.b"'),
    ],
)
def test_an_expression_over_what_is_not_there_is_told(settings: Settings, logic: str, code: str, reason: str) -> None:
    take_json(settings, json_contract(None, Mapping(name="amount", transform_logic=logic)), sale())
    assert quarantine(settings, "line_number, reason_code, reason") == [(1, code, reason)]


def test_names_that_differ_only_in_case_are_not_mixed_up(settings: Settings) -> None:
    entry = take_json(settings, json_contract(None, Mapping(name="label", physical_name="SKU")), sale(SKU="b"))
    assert entry.rejected_reason == "the names sku, SKU differ only in case, and cannot be read side by side"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"\xef\xbb\xbf" + (LINE % ("é", 1)).encode(), "utf-8"),
        ((LINE % ("é", 1)).encode("utf-16"), "utf-8"),
        ((LINE % ("é", 1)).encode("utf-32"), "utf-8"),
        ((LINE % ("é", 1)).encode("utf-16-le"), "utf-16-le"),
        ((LINE % ("é", 1)).encode("cp1252"), "cp1252"),
    ],
)
def test_encodings_and_byte_order_marks(settings: Settings, content: bytes, encoding: str) -> None:
    take_json(settings, json_contract(server={"encoding": encoding}), content)
    assert lines(settings, "product_code") == [("é",)]


def test_line_ends_of_several_systems_in_one_file_keep_the_line_numbers(settings: Settings) -> None:
    a, b, c, d = (LINE % (sku, 1) for sku in "ABCD")
    take_json(settings, json_contract(), f"{a}\n{b}\r\n{c}\r{d}\r\n")
    assert lines(settings, "line_number, product_code") == [(1, "A"), (2, "B"), (3, "C"), (4, "D")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_wrong_encoding_rejects_that_file_alone(settings: Settings, encoding: str) -> None:
    deliver(settings, "shop/a.json", f"{LINE % ('A', 1)}\n{LINE % ('é', 1)}\n", "cp1252")
    deliver(settings, "shop/b.json", LINE % ("B", 1), encoding)
    contract = json_contract(server={"encoding": encoding})
    entries = {entry.file_name: entry for entry in take_in(settings, contract)}
    assert f"the file is not {encoding}" in (entries["shop/a.json"].rejected_reason or "")
    assert "correct `encoding` in the contract" in (entries["shop/a.json"].rejected_reason or "")
    assert entries["shop/b.json"].lines_parsed == 1


@pytest.mark.parametrize("content", ['[{"sku":"A"}]', '{\n"sku": "A"\n}', '[\n{"sku":"A"},\n{"sku":"B"}\n]'])
def test_a_document_without_record_path_is_rejected_with_the_cure(settings: Settings, content: str) -> None:
    entry = take_json(settings, json_contract(), content)
    cure = "state `recordPath` in the contract, `$` for a list of records"
    assert entry.rejected_reason == f"the file is one JSON document, not one record a line; {cure}"


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_rejected(settings: Settings, content: str) -> None:
    entry = take_json(settings, json_contract(), content)
    assert entry.rejected_reason == "the file is empty; ask the partner to send it again"


def test_a_line_beyond_the_bound_rejects_the_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_LINE_BYTES", 1 << 20)
    entry = take_json(settings, json_contract(), f"{LINE % ('A', 1)}\n{LINE % ('B' * (3 << 20), 1)}\n")
    assert (entry.rejected_reason or "").startswith("line 2 is longer than 1 MiB; ask the partner")


def test_files_of_one_feed_are_read_together_whatever_fields_they_lack(settings: Settings) -> None:
    deliver(settings, "shop/a.json", LINE % ("A", 1))
    deliver(settings, "shop/b.json", '{"qty":2,"sku":"B","day":"2025-01-06","label":"b"}')
    deliver(settings, "shop/c.json", '{"qty":3,"sku":"C"}')
    entries = {entry.file_name: entry for entry in take_in(settings, json_contract())}
    assert [entries[f"shop/{name}.json"].lines_parsed for name in "abc"] == [1, 1, 0]
    assert quarantine(settings) == [(1, "header")]


def test_of_a_feed_with_personal_columns_only_mapped_cells_are_shown(settings: Settings) -> None:
    contract = json_contract(None, Mapping(name="customer_id", physical_name="customer.email", personal=True))
    take_json(settings, contract, sale(qty="x", customer={"email": "marie@example.org", "name": "Marie"}))
    assert quarantine(settings, "raw_line") == [("A;2025-01-06;***;***",)]
    kept = [path for path in settings.lake.rglob("*") if path.is_file()]
    assert not any(b"arie" in path.read_bytes() for path in kept)
