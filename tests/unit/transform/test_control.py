"""The control tables: what of contracts and ledger a run sees at its moment."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.contracts.model import Waiver
from orchestration.moment import parse_moment
from orchestration.settings import Settings
from orchestration.transform.control import inputs_fingerprint, write_control
from tests.unit.ingest.feeds import deliver, sell_out_contract, take_in

HEADER = "Code;Jour;Qté;CA\n"
RECEIVED = {"received_at": "filename:%Y-%m-%d.csv"}


def _rows(settings: Settings, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(settings.control / f"{table}.parquet").to_pylist()
    return rows


def test_deliveries_received_later_are_not_there_yet(settings: Settings) -> None:
    contract = sell_out_contract(**RECEIVED)
    deliver(settings, "shop/2025-01-06.csv", f"{HEADER}A;06/01/2025;1;1\n")
    deliver(settings, "shop/2025-01-07.csv", f"{HEADER}A;07/01/2025;1;1\nB;x;1;1\n")
    take_in(settings, contract)
    write_control(settings, [contract], parse_moment("2025-01-06"))
    assert [row["file_name"] for row in _rows(settings, "deliveries")] == ["shop/2025-01-06.csv"]
    write_control(settings, [contract], parse_moment("2025-01-07"))
    assert len(_rows(settings, "deliveries")) == 2
    dates = [(row["line_date"], row["lines"], row["quarantined_lines"]) for row in _rows(settings, "delivery_dates")]
    assert sorted(dates, key=str) == [(None, 0, 1), (date(2025, 1, 6), 1, 0), (date(2025, 1, 7), 1, 0)]


def test_closed_days_are_holidays_of_the_region_and_dates_of_the_contract(settings: Settings) -> None:
    contract = sell_out_contract(holidays="GB-ENG", closed_dates=(date(2011, 1, 2),), starts_on=date(2010, 12, 1))
    write_control(settings, [contract], parse_moment("2011-12-09"))
    closed = {row["closed_on"] for row in _rows(settings, "closed_days")}
    assert {date(2011, 4, 25), date(2011, 8, 29), date(2011, 1, 2)} <= closed
    assert date(2011, 1, 4) not in closed


def test_waivers_and_promises_reach_the_tables(settings: Settings) -> None:
    waiver = Waiver(period_start=date(2025, 1, 6), reason="strike", by="sales", until=date(2025, 2, 1))
    write_control(settings, [sell_out_contract(waivers=(waiver,), lead_time_days=5)], parse_moment("2025-01-06"))
    assert _rows(settings, "contract_waivers") == [
        {
            "contract_id": "shop.sell_out",
            "period_start": date(2025, 1, 6),
            "reason": "strike",
            "waived_by": "sales",
            "until": date(2025, 2, 1),
        }
    ]
    [contract] = _rows(settings, "contracts")
    assert (contract["lead_time_days"], contract["has_amount"], contract["has_location"]) == (5, True, False)
    assert contract["has_currency"] is False


def test_drafts_and_retired_feeds_are_not_seen(settings: Settings) -> None:
    for status in ("draft", "retired"):
        write_control(settings, [sell_out_contract(status=status)], parse_moment("2025-01-06"))
        assert _rows(settings, "contracts") == []


@pytest.mark.parametrize(
    "change", [{"where": "Code <> 'X'"}, {"version": "2.0.0"}, {"stock_tolerance": 0.5}, {"delivery": "append"}]
)
def test_any_change_of_a_contract_is_news(settings: Settings, change: dict[str, Any]) -> None:
    before = inputs_fingerprint(settings, [sell_out_contract()], [])
    assert inputs_fingerprint(settings, [sell_out_contract(**change)], []) != before


def test_where_a_contract_lies_is_no_news(settings: Settings) -> None:
    moved = sell_out_contract(file=Path("elsewhere.odcs.yaml"))
    assert inputs_fingerprint(settings, [moved], []) == inputs_fingerprint(settings, [sell_out_contract()], [])


def test_a_bare_date_means_its_last_second() -> None:
    assert parse_moment("2025-01-06") == datetime(2025, 1, 6, 23, 59, 59, tzinfo=UTC)
    assert parse_moment("2025-01-06T12:00:00+01:00") == datetime(2025, 1, 6, 11, tzinfo=UTC)
    with pytest.raises(ValueError, match="write 2025-01-06"):
        parse_moment("06/01/2025")
