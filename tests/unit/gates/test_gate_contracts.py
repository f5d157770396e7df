"""What contracts expect of their own lines is judged slice by slice, on the values as they were sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from gate_home import Home

from orchestration.contracts.expectations import OF_SLICES, OF_VALUES
from orchestration.contracts.model import Contract, PartnerExpectation, Server

CONTRACT_ID = "pharma_plus.sell_out"


def _contract(*expectations: PartnerExpectation) -> Contract:
    return Contract(
        id=CONTRACT_ID, version="1.0.0", status="active", file=Path("sell_out.odcs.yaml"), kind_name="sell_out",
        owner="Ann", server=Server(type="local", path="x/*.csv", format="csv"), mappings=(),
        expectations=expectations,
    )  # fmt: skip


def _line(
    home: Home, number: int, week: str, units: float, label: str | None = "x", line_class: str = "accepted"
) -> None:
    """A line as it was sent, and as staging knows it: in base units, which expectations do not judge."""
    folder = home.settings.lake / "raw" / "sell_out" / f"d-{number}"
    folder.mkdir(parents=True)
    home.execute(
        f"""
        copy (select 'd{number}' as delivery_id, 'r' as reading_hash, {number} as line_number,
            cast({units} as decimal(18, 4)) as units, cast($label as varchar) as label, date '{week}' as period_start)
        to '{folder}/lines_0.parquet' (format parquet);
        create schema if not exists staging;
        create table if not exists staging.stg_deliveries (
            delivery_id varchar, stored_delivery_id varchar, reading_hash varchar
        );
        create table if not exists staging.stg_sell_out (
            contract_id varchar, delivery_id varchar, line_number bigint, file_name varchar, partner_id varchar,
            week_start date, line_class varchar, units decimal(18, 4)
        );
        insert into staging.stg_deliveries values ('d{number}', 'd{number}', 'r');
        insert into staging.stg_sell_out values (
            '{CONTRACT_ID}', 'd{number}', {number}, 'a.csv', 'pharma_plus', date '{week}', '{line_class}', {units} * 12
        );
        """.replace("$label", "null" if label is None else f"'{label}'")
    )


def _verdicts(home: Home, *expectations: PartnerExpectation) -> list[tuple[Any, ...]]:
    home.stated(_contract(*expectations))
    home.run()
    return home.execute(
        "select period_start::varchar, severity, outcome, observed, reason from gates.gate_verdicts "
        "where suite = 'contract' order by all"
    )


def _most(value: int, severity: str = "warning", **more: Any) -> PartnerExpectation:
    kwargs = {"column": "units", "max_value": value, **more}
    return PartnerExpectation(type="expect_column_values_to_be_between", kwargs=kwargs, severity=severity)


def test_failing_slices_are_named_with_counts_and_a_line(home: Home) -> None:
    for number, (week, units) in enumerate([("2025-02-10", 5), ("2025-02-10", 2000), ("2025-02-17", 7)], start=1):
        _line(home, number, week, units)
    assert _verdicts(home, _most(999)) == [
        (
            "2025-02-10", "warning", "failed", "1 of 2 lines",
            "pharma_plus sell_out 2025-02-10 to 2025-02-16: 1 of 2 lines: units at most 999, first: a.csv line 2",
        ),
        ("2025-02-17", "warning", "passed", "0 of 1 lines", None),
    ]  # fmt: skip
    assert home.held() == []


def test_a_critical_one_holds_its_slice_only(home: Home) -> None:
    _line(home, 1, "2025-02-10", 2000)
    _line(home, 2, "2025-02-17", 7)
    _verdicts(home, _most(999, "critical"))
    assert [(partner, kind, str(week)) for partner, kind, week in home.held()] == [
        ("pharma_plus", "sell_out", "2025-02-10")
    ]


def test_only_accepted_lines_are_judged(home: Home) -> None:
    _line(home, 1, "2025-02-10", 5)
    _line(home, 2, "2025-02-10", 2000, line_class="superseded")
    assert [row[2:4] for row in _verdicts(home, _most(999))] == [("passed", "0 of 1 lines")]


@pytest.mark.parametrize(("mostly", "outcome"), [(0.75, "passed"), (0.76, "failed")])
def test_mostly_is_a_share_of_lines_and_not_of_values(home: Home, mostly: float, outcome: str) -> None:
    for number, units in enumerate([5, 5, 5, 2000], start=1):
        _line(home, number, "2025-02-10", units)
    assert [row[2:4] for row in _verdicts(home, _most(999, mostly=mostly))] == [(outcome, "1 of 4 lines")]


def test_a_null_is_not_judged_but_by_what_asks_for_it(home: Home) -> None:
    _line(home, 1, "2025-02-10", 5, label=None)
    _line(home, 2, "2025-02-10", 5, label="abc")
    asked = PartnerExpectation(type="expect_column_values_to_not_be_null", kwargs={"column": "label"})
    length = PartnerExpectation(type="expect_column_value_lengths_to_equal", kwargs={"column": "label", "value": 3})
    found = {row[3]: row[2] for row in _verdicts(home, asked, length)}
    assert found == {"1 of 2 lines": "failed", "0 of 1 lines": "passed"}


def test_figures_of_a_slice(home: Home) -> None:
    for number, units in enumerate([10, 20], start=1):
        _line(home, number, "2025-02-10", units)
    kwargs = {"column": "units", "min_value": 16}
    mean = PartnerExpectation(type="expect_column_mean_to_be_between", kwargs=kwargs)
    count = PartnerExpectation(type="expect_table_row_count_to_be_between", kwargs={"min_value": 2})
    found = {row[3]: row[2] for row in _verdicts(home, mean, count)}
    assert found == {"15.0": "failed", "2.0": "passed"}


def test_one_that_cannot_be_judged_is_errored_and_names_the_contract(home: Home) -> None:
    _line(home, 1, "2025-02-10", 5)
    wrong = PartnerExpectation(type="expect_column_values_to_match_regex", kwargs={"column": "label", "regex": "("})
    ((_, _, outcome, _, reason),) = _verdicts(home, wrong)
    assert outcome == "errored"
    assert reason.startswith(f"{CONTRACT_ID} could not be judged by its own expect_column_values_to_match_regex")


def test_a_feed_without_lines_has_nothing_to_judge(home: Home) -> None:
    _line(home, 1, "2025-02-10", 5, line_class="unmatched")
    ((_, _, outcome, _, reason),) = _verdicts(home, _most(999))
    assert (outcome, reason) == ("passed", f"{CONTRACT_ID} has no accepted lines, so there is nothing to judge")


def test_every_type_that_a_contract_may_state_is_one_of_great_expectations() -> None:
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    assert {*OF_VALUES, *OF_SLICES} <= set(list_registered_expectation_implementations())
    assert set(get_args(PartnerExpectation.model_fields["severity"].annotation)) == {"critical", "warning", "info"}
