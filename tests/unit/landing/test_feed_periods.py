"""A feed's periods as partitions: which there are, and which of them deliveries fill in a real instance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.contracts.cadence import expected_periods
from orchestration.contracts.model import Cadence, Contract
from orchestration.landing.assets import feed_key
from orchestration.landing.ledger import Withdrawal, ledger, restore, withdraw
from orchestration.landing.periods import feed_partitions
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, sell_out_contract
from tests.unit.landing.dagster_runs import take_in_by_dagster

HEADER = "Code;Jour;Qté;CA\n"
NOW = datetime(2025, 6, 18, 12, tzinfo=UTC)
WEEKLY: dict[str, Any] = {"frequency": Cadence(value=1, unit="w"), "starts_on": date(2025, 1, 8)}
FORTNIGHTLY: dict[str, Any] = {"frequency": Cadence(value=2, unit="w"), "starts_on": date(2025, 1, 6)}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def _filled(instance: dg.DagsterInstance, contract: Contract) -> list[str]:
    return sorted(instance.get_materialized_partitions(feed_key(contract)))


def _told(instance: dg.DagsterInstance, contract: Contract, key: str | None) -> int:
    """How many materialisations the feed has for a partition."""
    events = instance.fetch_materializations(feed_key(contract), limit=100).records
    return sum(1 for event in events if event.partition_key == key)


@pytest.mark.parametrize(
    ("words", "first", "last", "count"),
    [
        ({"frequency": Cadence(value=1, unit="d")}, "2025-01-08", "2025-06-18", 162),
        ({"frequency": Cadence(value=1, unit="d"), "closed_weekdays": (6, 7)}, "2025-01-08", "2025-06-18", 116),
        (
            {"frequency": Cadence(value=1, unit="d"), "closed_weekdays": (7,), "holidays": "FR"},
            "2025-01-08",
            "2025-06-18",
            134,
        ),
        ({"frequency": Cadence(value=1, unit="w"), "closed_weekdays": (1,)}, "2025-01-06", "2025-06-16", 24),
        ({"frequency": Cadence(value=1, unit="w"), "ends_on": date(2025, 1, 22)}, "2025-01-06", "2025-01-20", 3),
        ({"frequency": Cadence(value=1, unit="w"), "period": "week"}, "2025-01-08", "2025-06-18", 24),
        ({"frequency": Cadence(value=1, unit="m"), "timezone": "Europe/Paris"}, "2025-01-01", "2025-06-01", 6),
        ({"frequency": Cadence(value=3, unit="m"), "ends_on": date(2025, 5, 31)}, "2025-01-01", "2025-04-01", 2),
    ],
)
def test_partitions_are_the_periods_that_the_contract_promises(
    words: dict[str, Any], first: str, last: str, count: int
) -> None:
    contract = sell_out_contract(starts_on=date(2025, 1, 8), **words)
    partitions = feed_partitions(contract)
    assert isinstance(partitions, dg.TimeWindowPartitionsDefinition)
    keys = list(partitions.get_partition_keys(current_time=NOW))
    assert (keys[0], keys[-1], len(keys)) == (first, last, count)
    assert keys == [day.isoformat() for day in expected_periods(contract, date(2025, 1, 8), NOW.date())]


@pytest.mark.parametrize("words", [{}, {**WEEKLY, "status": "deprecated"}])
def test_a_feed_that_owes_nothing_has_no_partitions(words: dict[str, Any]) -> None:
    assert feed_partitions(sell_out_contract(**words)) is None


def test_a_delivery_fills_the_periods_that_it_speaks_of(settings: Settings, instance: dg.DagsterInstance) -> None:
    contract = sell_out_contract(**WEEKLY)
    deliver(settings, "shop/1.csv", f"{HEADER}A;31/12/2024;1;1\nA;08/01/2025;1;1\nA;14/01/2025;1;1\nB;15/01/2025;x;1\n")
    deliver(settings, "shop/2.csv", f"{HEADER}A;29/01/2025;1;1\n")
    take_in_by_dagster(settings, instance, contract)
    # the week of the 20th was not delivered; the one of 30 December is older than the feed
    assert _filled(instance, contract) == ["2025-01-06", "2025-01-13", "2025-01-27"]
    partitions = feed_partitions(contract)
    assert partitions
    status = instance.get_status_by_partition(feed_key(contract), ["2025-01-20", "2025-01-27"], partitions)
    assert status and status["2025-01-20"] is None and status["2025-01-27"] is not None
    [event] = instance.fetch_materializations(
        dg.AssetRecordsFilter(feed_key(contract), asset_partitions=["2025-01-13"]), limit=9
    ).records
    assert event.asset_materialization
    metadata = event.asset_materialization.metadata
    assert (metadata["dagster/row_count"].value, metadata["quarantined_lines"].value) == (2, 1)
    take_in_by_dagster(settings, instance, contract)
    assert _told(instance, contract, "2025-01-13") == 1, "nothing came: nothing is told"


def test_a_restated_period_is_told_again_and_no_other(settings: Settings, instance: dg.DagsterInstance) -> None:
    contract = sell_out_contract(**WEEKLY)
    deliver(settings, "shop/1.csv", f"{HEADER}A;08/01/2025;1;1\nA;14/01/2025;1;1\n")
    take_in_by_dagster(settings, instance, contract)
    deliver(settings, "shop/2.csv", f"{HEADER}A;14/01/2025;2;1\n")
    take_in_by_dagster(settings, instance, contract)
    assert (_told(instance, contract, "2025-01-06"), _told(instance, contract, "2025-01-13")) == (1, 2)


def test_a_withdrawn_delivery_leaves_its_periods_empty_until_it_is_restored(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    contract = sell_out_contract(**WEEKLY)
    deliver(settings, "shop/1.csv", f"{HEADER}A;08/01/2025;1;1\nA;14/01/2025;1;1\n")
    deliver(settings, "shop/2.csv", f"{HEADER}A;14/01/2025;2;1\nA;21/01/2025;2;1\n")
    take_in_by_dagster(settings, instance, contract)
    [second] = [one.delivery_id for one in ledger(settings).values() if one.file_name == "shop/2.csv"]
    withdraw(settings, Withdrawal(delivery_id=second, reason="wrong week", withdrawn_at=NOW))
    take_in_by_dagster(settings, instance, contract)
    assert _filled(instance, contract) == ["2025-01-06", "2025-01-13"]
    restore(settings, second)
    take_in_by_dagster(settings, instance, contract)
    assert _filled(instance, contract) == ["2025-01-06", "2025-01-13", "2025-01-20"]


def test_what_a_killed_run_entered_and_did_not_tell_is_told_by_the_next(
    settings: Settings, instance: dg.DagsterInstance, tmp_path_factory: pytest.TempPathFactory
) -> None:
    contract = sell_out_contract(**WEEKLY)
    deliver(settings, "shop/1.csv", f"{HEADER}A;08/01/2025;1;1\n")
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("killed"))) as killed:
        take_in_by_dagster(settings, killed, contract)
    take_in_by_dagster(settings, instance, contract)
    assert _filled(instance, contract) == ["2025-01-06"]


@pytest.mark.parametrize("words", [FORTNIGHTLY, {"frequency": Cadence(value=1, unit="w")}])
def test_periods_that_no_schedule_tells_are_named_by_the_run(
    settings: Settings, instance: dg.DagsterInstance, words: dict[str, Any]
) -> None:
    contract = sell_out_contract(**words)
    deliver(settings, "shop/1.csv", f"{HEADER}A;08/01/2025;1;1\nA;05/02/2025;1;1\n")
    take_in_by_dagster(settings, instance, contract)
    partitions = feed_partitions(contract)
    assert isinstance(partitions, dg.DynamicPartitionsDefinition)
    named = partitions.get_partition_keys(dynamic_partitions_store=instance)
    today = datetime.now(UTC).date()
    assert list(named) == [day.isoformat() for day in expected_periods(contract, date(2025, 1, 6), today)]
    assert _filled(instance, contract) == ["2025-01-06", "2025-02-03"]


def test_a_delivery_of_any_month_fills_its_quarter(settings: Settings, instance: dg.DagsterInstance) -> None:
    contract = sell_out_contract(frequency=Cadence(value=3, unit="m"), starts_on=date(2024, 11, 1))
    deliver(settings, "shop/1.csv", f"{HEADER}A;31/01/2025;1;1\nA;01/05/2025;1;1\n")
    take_in_by_dagster(settings, instance, contract)
    assert _filled(instance, contract) == ["2024-11-01", "2025-05-01"]


def test_a_file_that_fills_no_period_is_told_all_the_same(settings: Settings, instance: dg.DagsterInstance) -> None:
    contract = sell_out_contract(**WEEKLY)
    deliver(settings, "shop/1.csv", f"{HEADER}A;someday;1;1\n")
    take_in_by_dagster(settings, instance, contract)
    assert (_filled(instance, contract), _told(instance, contract, None)) == ([], 1)
