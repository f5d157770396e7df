"""A feed whose weeks run from Sunday to Saturday: seven days each, due after their Saturday, spread over ISO weeks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from orchestration.settings import Settings
from tests.pipeline.conftest import Release, selltrace
from tests.pipeline.small_market import deliver

_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: vendor.sell_out
version: 1.0.0
status: active
servers:
  - {server: landing, type: local, path: "*.csv", format: csv}
schema:
  - name: sell_out
    properties:
      - {name: product_code, physicalName: code, logicalType: string, primaryKey: true}
      - {name: period_start, physicalName: week, logicalType: date, primaryKey: true}
      - {name: units, physicalName: units, logicalType: integer}
slaProperties:
  - {property: frequency, value: 1, unit: w}
  - {property: latency, value: 1, unit: d}
customProperties:
  - {property: partner, value: vendor}
  - {property: delivery, value: replace_period}
  - {property: period, value: week}
  - {property: coverage, value: complete}
  - {property: startsOn, value: "2025-06-01"}
  - {property: receivedAt, value: "filename:%Y-%m-%d*.csv"}
"""
_SUNDAYS = [date(2025, 6, 1) + timedelta(days=7 * week) for week in range(3)]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    home = tmp_path_factory.mktemp("weeks_from_sunday")
    contracts = home / "contracts"
    contracts.mkdir()
    (contracts / "vendor.odcs.yaml").write_text(_CONTRACT, encoding="utf-8")
    for sunday in _SUNDAYS:
        deliver(home, f"{sunday + timedelta(days=7)}.csv", f"code,week,units\nA,{sunday},7\nB,{sunday},14\n")
    # the second week again, without B
    deliver(home, "2025-06-16.csv", f"code,week,units\nA,{_SUNDAYS[1]},70\n")
    selltrace(home, "run", "--as-of", "2025-06-23", contracts=contracts)
    release = Release(Settings(home=home))
    yield release
    release.close()


def test_each_week_is_due_after_its_saturday(release: Release) -> None:
    calendar = release.rows(
        "select period_start, period_end, status from delivery_calendar "
        "where period_start < '2025-06-22' order by period_start"
    )
    assert calendar == [(sunday, sunday + timedelta(days=6), "on_time") for sunday in _SUNDAYS]


def test_a_week_has_seven_days_which_lie_in_two_iso_weeks(release: Release) -> None:
    weeks = release.rows(
        "select week_start, sell_out_units, sell_out_status, round(completeness, 4) from sell_through_weekly "
        "where product_id = 'A' and week_start <= '2025-06-16' order by week_start"
    )
    assert weeks == [
        (date(2025, 5, 26), 1, "allocated", 1),
        (date(2025, 6, 2), 6 + 10, "allocated", 1),
        (date(2025, 6, 9), 60 + 1, "allocated", 1),
        # its Sunday is of a week that has not come
        (date(2025, 6, 16), 6, "partial", 0.8571),
    ]


def test_a_week_is_replaced_whole_and_no_other(release: Release) -> None:
    lines = release.rows("select product_id, period_start, period_end, units from fct_sell_out order by all")
    saturdays = [sunday + timedelta(days=6) for sunday in _SUNDAYS]
    assert lines == [
        ("A", _SUNDAYS[0], saturdays[0], 7),
        ("A", _SUNDAYS[1], saturdays[1], 70),
        ("A", _SUNDAYS[2], saturdays[2], 7),
        ("B", _SUNDAYS[0], saturdays[0], 14),
        ("B", _SUNDAYS[2], saturdays[2], 14),
    ]
    assert release.rows("select * from missing_sell_out") == []
