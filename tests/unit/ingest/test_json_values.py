"""Values of JSON: text as it stands, numbers to the last digit, whatever marks the contract states."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestration.contracts.model import Mapping
from orchestration.settings import Settings
from tests.unit.ingest.feeds import lines, quarantine
from tests.unit.ingest.json_feeds import json_contract, take_json

PRICE = Mapping(name="amount", physical_name="price")
NAME = Mapping(name="label", physical_name="name")
MARKS = [{"decimal": ".", "thousands": ""}, {"decimal": ",", "thousands": "."}, {"decimal": ",", "thousands": " "}]
SHAPES = [(None, "", "\n", ""), ("$", "[", ",", "]"), ("$.data", '{"data": [', ",\n", "]}")]


def record(price: str = "1", name: str = '"x"') -> str:
    """A record with two values as they are written."""
    return f'{{"sku":"A","day":"2025-01-06","qty":1,"price":{price},"name":{name}}}'


NUMBERS = {
    "0.1": "0.1",
    "1e3": "1000",
    "-2.50": "-2.5",
    "1.234": "1.234",
    "123456789012.123456": "123456789012.123456",
    "0.000001": "0.000001",
    "1E-5": "0.00001",
    "-0": "0",
    "null": None,
}
VALUES = {
    "12345678901234567890": "12345678901234567890",
    "123456789012345678901234567890": "123456789012345678901234567890",
    "1.50": "1.50",
    "-0": "-0",
    "1e3": "1e3",
    "1E-400": "1E-400",
    "0.0000001": "0.0000001",
    '"0012"': "0012",
    "true": "true",
    "false": "false",
    "null": None,
    '"  "': None,
    '"a 5.0, \\"6.10\\" b"': 'a 5.0, "6.10" b',
    '"\\u00e9\\ud83d\\ude00 1.0"': "é😀 1.0",
    '"\x7f\x7f1.50"': "\x7f\x7f1.50",
    '{"\x7f\x7f": 1.50}': '{"\x7f\x7f":1.50}',
    '{"a": [1.50, 2e1, "3.0"], "b": null}': '{"a":[1.50,2e1,"3.0"],"b":null}',
    "[]": "[]",
}


@pytest.mark.parametrize("marks", MARKS)
def test_numbers_are_read_to_the_last_digit_whatever_the_marks(settings: Settings, marks: dict[str, str]) -> None:
    take_json(settings, json_contract("$", PRICE, server=marks), f"[{','.join(map(record, NUMBERS))}]")
    wanted = [(None if amount is None else Decimal(amount),) for amount in NUMBERS.values()]
    assert lines(settings, "amount") == wanted


@pytest.mark.parametrize(("path", "before", "between", "after"), SHAPES)
@pytest.mark.parametrize("marks", MARKS[:2])
def test_in_a_text_column_every_value_is_its_own_text(
    settings: Settings, path: str | None, before: str, between: str, after: str, marks: dict[str, str]
) -> None:
    records = between.join(record(name=written) for written in VALUES)
    take_json(settings, json_contract(path, NAME, server=marks), before + records + after)
    assert lines(settings, "label") == [(shown,) for shown in VALUES.values()]


@pytest.mark.parametrize(("written", "amount"), [('"1.234,5"', "1234.5"), ("1.234", "1.234"), ('"2,5"', "2.5")])
def test_text_follows_the_marks_of_the_contract_beside_numbers(settings: Settings, written: str, amount: str) -> None:
    take_json(settings, json_contract(None, PRICE, server=MARKS[1]), record(written))
    assert lines(settings, "amount") == [(Decimal(amount),)]


@pytest.mark.parametrize(("path", "document"), [(None, "%s"), ("$", "[%s]"), ("$.data", '{"data":[%s]}')])
def test_a_code_that_became_a_number_is_set_aside_as_it_came(
    settings: Settings, path: str | None, document: str
) -> None:
    line = '{"sku":3.40094e+12,"day":"2025-01-06","qty":1.50,"note":"\\"2.0"}'
    take_json(settings, json_contract(path), document % line)
    assert quarantine(settings, "reason_code, raw_line") == [("spoilt_code", line)]


def test_infinities_do_not_disturb_the_line_beside_them(settings: Settings) -> None:
    text = record("-Infinity", '"5 \\" 6.0"') + "\n" + record("NaN", "1.0") + "\n" + record("1.0")
    take_json(settings, json_contract(None, PRICE, NAME), text)
    assert quarantine(settings) == [(1, "not_a_number"), (2, "not_a_number")]
    assert lines(settings, "amount") == [(Decimal(1),)]


def test_an_expression_sees_numbers_in_the_plain_spelling(settings: Settings) -> None:
    cost = Mapping(name="amount", transform_logic='"price"::decimal(18, 4) * 2')
    take_json(settings, json_contract(None, cost, server=MARKS[1]), record("1.50"))
    assert lines(settings, "amount") == [(Decimal(3),)]


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2025-06-02T23:30:00+00:00", "Europe/Paris", "2025-06-03"),
        ("2025-06-02T23:30:00Z", None, "2025-06-02"),
        ("2025-06-03T01:30:00+02:00", "America/New_York", "2025-06-02"),
        ("2025-06-02T23:30:00", "Europe/Paris", "2025-06-02"),
    ],
)
def test_moments_fall_on_the_day_of_the_contracts_time_zone(
    settings: Settings, moment: str, zone: str | None, day: str
) -> None:
    words = {"timezone": zone} if zone else {}
    take_json(settings, json_contract("$", **words), [{"sku": "A", "day": moment, "qty": 1}])
    assert lines(settings, "period_start::varchar") == [(day,)]
