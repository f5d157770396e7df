"""Blank, 0 and absent: three different things in a file, and three different results in the marts.

Two chains, each of two points of sale. The feeds of `whole` promise that what they leave out is 0, those of `some` do
not. For three weeks all of them sold and stocked 5 of everything; the fourth tells blank, 0 and absent apart. A shop
on the web, which its contract names, sold 5, and sends a file without lines in the fourth week.
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
id: {partner}.{kind}
version: 1.0.0
status: active
servers:
  - {{server: landing, type: local, path: "{partner}/{kind}/*.csv", format: csv}}
schema:
  - name: {kind}
    properties:
      - {{name: location_code, physicalName: place, logicalType: string, primaryKey: true}}
      - {{name: product_code, physicalName: code, logicalType: string, primaryKey: true}}
      - {{name: {day}, physicalName: day, logicalType: date, primaryKey: true}}
      - {{name: {units}, physicalName: units, logicalType: integer}}
      - {{name: {optional}, physicalName: more, logicalType: number}}
slaProperties:
  - {{property: frequency, value: 1, unit: w}}
  - {{property: latency, value: 3, unit: d}}
customProperties:
  - {{property: partner, value: {partner}}}
  - {{property: delivery, value: keyed}}
  - {{property: period, value: {period}}}
  - {{property: currency, value: EUR}}
  - {{property: coverage, value: {coverage}}}
  - {{property: startsOn, value: "2025-01-06"}}
  - {{property: receivedAt, value: "filename:%Y-%m-%d*.csv"}}
"""
_KINDS = {
    "sell_out": {"day": "period_start", "units": "units", "optional": "amount", "period": "week"},
    "stock": {"day": "snapshot_date", "units": "on_hand_units", "optional": "in_transit_units", "period": "day"},
}
_SELL_IN = """\
apiVersion: v3.1.0
kind: DataContract
id: whole.sell_in
version: 1.0.0
status: active
servers:
  - {server: landing, type: local, path: "whole/sell_in/*.csv", format: csv}
schema:
  - name: sell_in
    properties:
      - {name: document_id, physicalName: document, logicalType: string, primaryKey: true}
      - {name: location_code, physicalName: place, logicalType: string}
      - {name: product_code, physicalName: code, logicalType: string, primaryKey: true}
      - {name: document_date, physicalName: day, logicalType: date}
      - {name: units, physicalName: units, logicalType: integer}
      - {name: free_units, physicalName: free, logicalType: integer}
customProperties:
  - {property: partner, value: whole}
  - {property: delivery, value: keyed}
  - {property: receivedAt, value: "filename:%Y-%m-%d*.csv"}
"""
_ONE_PLACE = """\
apiVersion: v3.1.0
kind: DataContract
id: web.sell_out
version: 1.0.0
status: active
servers:
  - {server: landing, type: local, path: "web/sell_out/*.csv", format: csv}
schema:
  - name: sell_out
    properties:
      - {name: product_code, physicalName: code, logicalType: string, primaryKey: true}
      - {name: period_start, physicalName: day, logicalType: date, primaryKey: true}
      - {name: units, physicalName: units, logicalType: integer}
slaProperties:
  - {property: frequency, value: 1, unit: w}
  - {property: latency, value: 3, unit: d}
customProperties:
  - {property: partner, value: web}
  - {property: delivery, value: keyed}
  - {property: period, value: week}
  - {property: coverage, value: complete}
  - {property: startsOn, value: "2025-01-06"}
  - {property: periodFrom, value: "filename:week_of_%Y-%m-%d*.csv"}
  - {property: receivedAt, value: "filename:*_sent_%Y-%m-%d.csv"}
  - {property: defaults, value: {location_code: shop}}
"""
_DOCUMENTS = """\
document,place,code,day,units,free
D1,one,A,2025-01-06,5,
D1,one,B,2025-01-06,5,0
D1,one,C,2025-01-06,5,
D1,one,D,2025-01-06,5,
D2,one,A,2025-01-28,,
D2,one,B,2025-01-28,0,
"""
_PARTNERS = {"whole": "complete", "some": "partial"}
#: the fourth week at the first place: product A is blank, B is 0, and C is not there
_LAST_WEEK = ["one,A,{day},,7", "one,B,{day},0,", "one,D,{day},5,0", *(f"two,{code},{{day}},5,7" for code in "ABCD")]
_ORDINARY = [f"{place},{code},{{day}},5,7" for place in ("one", "two") for code in "ABCD"]


def _write(home: Path) -> Path:
    contracts = home / "contracts"
    contracts.mkdir()
    (contracts / "whole_sell_in.odcs.yaml").write_text(_SELL_IN, encoding="utf-8")
    deliver(home, "whole/sell_in/2025-02-03.csv", _DOCUMENTS)
    (contracts / "web.odcs.yaml").write_text(_ONE_PLACE, encoding="utf-8")
    for week in range(4):
        day = date(2025, 1, 6) + timedelta(days=7 * week)
        lines = f"A,{day},5\n" if week < 3 else ""
        name = f"web/sell_out/week_of_{day}_sent_{day + timedelta(days=7)}.csv"
        deliver(home, name, "code,day,units\n" + lines)
    for partner, coverage in _PARTNERS.items():
        for kind, words in _KINDS.items():
            text = _CONTRACT.format(partner=partner, kind=kind, coverage=coverage, **words)
            (contracts / f"{partner}_{kind}.odcs.yaml").write_text(text, encoding="utf-8")
            for week in range(4):
                day = date(2025, 1, 6) + timedelta(days=7 * week + (6 if kind == "stock" else 0))
                rows = _LAST_WEEK if week == 3 else _ORDINARY
                lines = "\n".join(["place,code,day,units,more", *(row.format(day=day) for row in rows)])
                received = date(2025, 1, 13) + timedelta(days=7 * week)
                deliver(home, f"{partner}/{kind}/{received}.csv", lines + "\n")
    return contracts


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    home = tmp_path_factory.mktemp("three_results")
    selltrace(home, "run", "--as-of", "2025-02-04", contracts=_write(home))
    release = Release(Settings(home=home))
    yield release
    release.close()


def _week_of(release: Release, product: str, columns: str, partner: str) -> tuple[object, ...]:
    return release.rows(
        f"select {columns} from sell_through_location_weekly "
        "where week_start = '2025-01-27' and location_id = ? and product_id = ?",
        [f"{partner}:one", product],
    )[0]


@pytest.mark.parametrize(
    ("partner", "product", "units", "status", "lines"),
    [
        ("whole", "A", None, "missing", 0),
        ("whole", "B", 0, "reported", 1),
        ("whole", "C", 0, "reported", 0),
        ("some", "A", None, "missing", 0),
        ("some", "B", 0, "reported", 1),
        ("some", "C", None, "missing", 0),
    ],
)
def test_blank_zero_and_absent_sales_give_three_results(
    release: Release, partner: str, product: str, units: int | None, status: str, lines: int
) -> None:
    """Unknown, a 0 that a line says, and a 0 that no line says but the promise of a complete report."""
    measures = "sell_out_units, sell_out_status, selling_locations, completeness, completeness_by_count"
    known = units is not None
    assert _week_of(release, product, measures, partner) == (units, status, 0 if known else None, known, known)
    said = "select units from fct_sell_out where period_start = '2025-01-27' and location_id = ? and product_id = ?"
    assert release.rows(said, [f"{partner}:one", product]) == [(0,)] * lines


@pytest.mark.parametrize(
    ("partner", "product", "units"),
    [
        ("whole", "A", None),
        ("whole", "B", 0),
        ("whole", "C", 0),
        ("some", "A", None),
        ("some", "B", 0),
        ("some", "C", None),
    ],
)
def test_blank_zero_and_absent_stock_give_three_results(
    release: Release, partner: str, product: str, units: int | None
) -> None:
    status = "unknown" if units is None else "reported"
    columns = "closing_stock_units, stock_status, trailing_weeks_of_cover"
    cover = None if units is None else 0
    assert _week_of(release, product, columns, partner) == (units, status, cover)
    interval = (
        "select reported_closing_units, variance_units is null, cause = 'closing_unknown' from reconciliation "
        "where closing_date = '2025-02-02' and location_id = ? and product_id = ?"
    )
    assert release.rows(interval, [f"{partner}:one", product]) == [(units, units is None, units is None)]


@pytest.mark.parametrize(
    ("partner", "product", "days"),
    [
        ("whole", "A", [(0, 0, None, None)]),
        ("whole", "B", [(1, 1, 1, 5)]),
        ("whole", "C", [(1, 1, 1, 5)]),
        ("some", "A", [(0, 0, None, None)]),
        ("some", "B", [(1, 1, 1, 5)]),
        ("some", "C", []),
    ],
)
def test_a_blank_count_is_no_empty_shelf(
    release: Release, partner: str, product: str, days: list[tuple[object, ...]]
) -> None:
    """A shelf that nobody spoke of has no row, one of which a line could not be read is unknown."""
    measures = "known_days, out_of_stock_days, out_of_stock_rate, lost_sales_units"
    at_the_place = f"select {measures} from availability_location_weekly where location_id = ? and product_id = ?"
    week = " and week_start = '2025-01-27'"
    assert release.rows(at_the_place + week, [f"{partner}:one", product]) == days
    of_the_partner = "select known_days, out_of_stock_days, out_of_stock_locations from availability "
    of_the_partner += "where period = 'week' and period_start = '2025-01-27' and partner_id = ? and product_id = ?"
    empty = days[0][1] if days else 0
    known = sum(1 for row in days if row[0]) + 1
    assert release.rows(of_the_partner, [partner, product]) == [(known, empty, empty)]


@pytest.mark.parametrize(("product", "units"), [("A", None), ("B", 0), ("C", 0)])
def test_a_blank_document_is_not_known_to_be_nothing(release: Release, product: str, units: int | None) -> None:
    columns = "sell_in_units, received_units, returned_units"
    assert _week_of(release, product, columns, "whole") == (units,) * 3


@pytest.mark.parametrize("partner", ["whole", "some"])
def test_a_blank_is_quarantined_and_leaves_its_partner_with_a_part(release: Release, partner: str) -> None:
    weekly = "select product_id, sell_out_units, sell_out_status from sell_through_weekly "
    weekly += "where week_start = '2025-01-27' and partner_id = ? order by product_id"
    assert release.rows(weekly, [partner]) == [
        ("A", 5, "partial"),
        ("B", 5, "reported"),
        ("C", 5, "reported"),
        ("D", 10, "reported"),
    ]
    aside = "select kind, reason_code, location_code, product_code from quarantine where partner_id = ? order by kind"
    kinds = ("sell_in", "sell_out", "stock") if partner == "whole" else ("sell_out", "stock")
    assert release.rows(aside, [partner]) == [(kind, "missing_value", "one", "A") for kind in kinds]


@pytest.mark.parametrize("partner", ["whole", "some"])
def test_only_what_nothing_is_known_of_is_missing(release: Release, partner: str) -> None:
    """A blank, and a product left out of a report that is not complete; a 0 and a promised 0 are not missing."""
    missing = (
        "select location_id, product_id, level, expected_units from missing_sell_out where partner_id = ? order by 2"
    )
    expected = [(f"{partner}:one", product, "product", 5) for product in ("AC" if partner == "some" else "A")]
    assert release.rows(missing, [partner]) == expected


@pytest.mark.parametrize(
    ("table", "column", "day"),
    [("fct_sell_out", "amount", "period_start"), ("fct_stock", "in_transit_units", "snapshot_date")],
)
def test_a_blank_in_an_optional_column_stays_null_and_a_zero_zero(
    release: Release, table: str, column: str, day: str
) -> None:
    last = f"{day} = (select max({day}) from {table})"
    query = f"select product_id, {column} from {table} where location_id = 'whole:one' and {last} order by product_id"
    assert release.rows(query) == [("B", None), ("D", 0)]


def test_a_price_of_which_nothing_is_known_is_null_and_one_of_nothing_is_zero(release: Release) -> None:
    prices = [_week_of(release, product, "average_selling_price", "whole") for product in "BD"]
    assert prices == [(None,), (0,)]


def test_a_file_without_lines_tells_that_the_one_place_of_its_feed_sold_nothing(release: Release) -> None:
    weekly = "select sell_out_units, sell_out_status, completeness from {} where partner_id = 'web' order by week_start"
    for table in ("sell_through_weekly", "sell_through_location_weekly"):
        assert release.rows(weekly.format(table)) == [(5, "reported", 1)] * 3 + [(0, "reported", 1)]
    assert release.rows("select * from missing_sell_out where partner_id = 'web'") == []
