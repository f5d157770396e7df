"""Parquet: typed cells as text, and files that are none."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.contracts.model import Contract, Mapping
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, lines, quarantine, sell_out_contract, take_in

MAPPINGS = (
    Mapping(name="product_code", physical_name="code", required=True),
    Mapping(name="period_start", physical_name="day", required=True),
    Mapping(name="units", physical_name="units", required=True),
    Mapping(name="label", physical_name="label"),
)
DAY = date(2025, 6, 2)


def parquet(**columns: Any) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table({"label": ["x"] * len(columns["code"])} | columns), content)
    return content.getvalue()


def contract(**words: Any) -> Contract:
    server = {"path": "shop/*.parquet", "format": "parquet"}
    return sell_out_contract(server, mappings=MAPPINGS, delivery="append", **words)


def test_codes_that_a_data_frame_kept_as_floats_have_no_point_and_nan_is_blank(settings: Settings) -> None:
    codes = [3400930000014.0, float("nan"), 3.5]
    deliver(settings, "shop/a.parquet", parquet(code=codes, day=[DAY] * 3, units=[1.0, 2.0, 0.5]))
    take_in(settings, contract())
    assert lines(settings, "product_code, units::double") == [("3400930000014", 1), ("3.5", 0.5)]
    assert quarantine(settings) == [(2, "missing_value")]


def test_a_code_whose_digits_single_precision_lost_is_spoilt(settings: Settings) -> None:
    codes = pa.array([3400930000014.0], pa.float32())
    deliver(settings, "shop/a.parquet", parquet(code=codes, day=[DAY], units=[1]))
    take_in(settings, contract())
    assert quarantine(settings) == [(1, "spoilt_code")]


@pytest.mark.parametrize(("words", "day"), [({}, date(2025, 6, 1)), ({"timezone": "Europe/Paris"}, date(2025, 6, 2))])
def test_a_moment_in_utc_is_of_the_day_in_the_contracts_time_zone(
    settings: Settings, words: dict[str, Any], day: date
) -> None:
    moments = pa.array([datetime(2025, 6, 1, 23, 30, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    deliver(settings, "shop/a.parquet", parquet(code=["A"], day=moments, units=[1]))
    take_in(settings, contract(**words))
    assert lines(settings, "period_start") == [(day,)]


def test_a_broken_file_is_told_by_its_name_and_not_by_where_it_lies(settings: Settings) -> None:
    deliver(settings, "shop/a.parquet", parquet(code=["A"], day=[DAY], units=[1])[:-40])
    [entry] = take_in(settings, contract())
    assert entry.rejected_reason
    assert "a.parquet" in entry.rejected_reason
    assert str(settings.home) not in entry.rejected_reason


def test_a_file_without_a_mapped_column_is_rejected_with_the_cure(settings: Settings) -> None:
    content = io.BytesIO()
    pq.write_table(pa.table({"Code": ["A"], "day": [DAY], "units": [1], "label": ["x"]}), content)
    deliver(settings, "shop/a.parquet", content.getvalue())
    [entry] = take_in(settings, contract())
    assert entry.rejected_reason == (
        "the file lacks code; it has: Code, day, units, label; "
        "correct `physicalName` in the contract, or ask the partner to send it again"
    )
