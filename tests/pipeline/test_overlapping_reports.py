"""Two reports of one partner tell of the same days: one counts, and of days that are left over the marts say so.

A chain sends its weeks, and its months. May is told whole by its weeks. The last days of June are not, so that June
counts, and the week that reaches into May gives way to it with six days of May.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.pipeline.conftest import Release, selltrace
from tests.pipeline.small_market import deliver

_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: chain.sell_out.{period}
version: 1.0.0
status: active
servers:
  - {{server: landing, type: local, path: "{period}/*.csv", format: csv}}
schema:
  - name: sell_out
    properties:
      - {{name: location_code, physicalName: place, logicalType: string, primaryKey: true}}
      - {{name: product_code, physicalName: code, logicalType: string, primaryKey: true}}
      - {{name: period_start, physicalName: day, logicalType: date, primaryKey: true}}
      - {{name: units, physicalName: units, logicalType: integer}}
customProperties:
  - {{property: partner, value: chain}}
  - {{property: delivery, value: keyed}}
  - {{property: period, value: {period}}}
  - {{property: coverage, value: complete}}
  - {{property: receivedAt, value: "filename:%Y-%m-%d*.csv"}}
"""
_WEEKS = [date(2025, 4, 28) + timedelta(days=7 * week) for week in range(9)]


def _write(home: Path) -> Path:
    contracts = home / "contracts"
    contracts.mkdir()
    for period in ("week", "month"):
        (contracts / f"{period}.odcs.yaml").write_text(_CONTRACT.format(period=period), encoding="utf-8")
    for week in _WEEKS:
        lines = f"place,code,day,units\nNorth,A,{week},7\nSouth,A,{week},14\n"
        deliver(home, f"week/{week + timedelta(days=7)}.csv", lines)
    deliver(home, "month/2025-06-02.csv", "place,code,day,units\nNorth,A,2025-05-01,31\n")
    deliver(home, "month/2025-07-02.csv", "place,code,day,units\nNorth,A,2025-06-01,30\n")
    return contracts


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    home = tmp_path_factory.mktemp("overlapping_reports")
    selltrace(home, "run", "--as-of", "2025-07-03", contracts=_write(home))
    release = Release(Settings(home=home))
    yield release
    release.close()


def test_a_day_counts_once_and_a_week_says_of_how_many_days_it_is_told(release: Release) -> None:
    weeks = release.rows(
        "select week_start, sell_out_units, sell_out_status, round(completeness, 4) from sell_through_location_weekly "
        "where location_id = 'chain:North' and week_start between '2025-05-19' and '2025-06-09' order by 1"
    )
    assert weeks == [
        (date(2025, 5, 19), 7, "reported", 1),
        # of the week that gave way to June there is the first of June alone
        (date(2025, 5, 26), 1, "partial", 0.1429),
        (date(2025, 6, 2), 7, "allocated", 1),
        (date(2025, 6, 9), 7, "allocated", 1),
    ]


def test_a_place_whose_reports_do_not_overlap_is_told_whole(release: Release) -> None:
    weeks = release.rows(
        "select distinct sell_out_units, sell_out_status, completeness from sell_through_location_weekly "
        "where location_id = 'chain:South' and week_start between '2025-04-28' and '2025-06-23'"
    )
    assert weeks == [(14, "reported", 1)]


def test_the_partner_lacks_what_one_of_its_places_lacks(release: Release) -> None:
    weeks = release.rows(
        "select sell_out_units, sell_out_status, round(completeness, 4) from sell_through_weekly "
        "where week_start = '2025-05-26'"
    )
    assert weeks == [(15, "partial", 0.5714)]


def test_the_units_of_what_gave_way_are_named(release: Release) -> None:
    units = release.rows(
        "select sum(units) from duplicates where class = 'overlapping_period' and contract_id = 'chain.sell_out.week'"
    )
    # the weeks from 26 May to 23 June at North
    assert units == [(35,)]
