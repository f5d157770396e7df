"""What the UI shows of every feed of the demo: its periods, filled as the delivery calendar says."""

from __future__ import annotations

from datetime import UTC, datetime, time

import dagster as dg
import pytest

from orchestration.contracts.load import require_contracts
from orchestration.landing.assets import feed_key
from orchestration.landing.periods import feed_partitions
from orchestration.settings import CHECKOUT
from tests.pipeline.conftest import Release


def test_the_filled_partitions_are_the_periods_that_the_calendar_has_as_received(
    demo: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(demo.settings.dagster_home))
    as_of = datetime.combine(demo.value("select max(period_start) from delivery_calendar"), time(23), UTC)
    missing = 0
    with dg.DagsterInstance.from_config(str(demo.settings.dagster_home)) as instance:
        for contract in require_contracts(CHECKOUT / "contracts"):
            calendar = demo.rows(
                "select cast(period_start as varchar), received_at is not null from delivery_calendar "
                "where contract_id = ? order by period_start",
                [contract.id],
            )
            partitions = feed_partitions(contract)
            keys = (
                list(partitions.get_partition_keys(current_time=as_of, dynamic_partitions_store=instance))
                if partitions
                else []
            )
            assert keys[: len(calendar)] == [start for start, _ in calendar], contract.id
            filled = instance.get_materialized_partitions(feed_key(contract))
            assert filled & set(keys[: len(calendar)]) == {start for start, came in calendar if came}, contract.id
            missing += sum(1 for _, came in calendar if not came)
    assert missing, "the demo has gaps to be seen"
