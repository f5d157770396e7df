"""What a feed's asset is told of deliveries: one materialisation for each period that they speak of.

Belongs here: which periods are told, and what the UI shows of one. The step that looks into the landing zone logs it
(`ingest/assets`): an asset that was materialised by looking alone would seem fresh when nothing came.
Does not belong here: which periods a feed has (`periods`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from orchestration.contracts.model import Contract
from orchestration.landing.assets import feed_key
from orchestration.landing.ledger import LedgerEntry, ledger, withdrawals
from orchestration.landing.periods import feed_partitions, is_in_period, is_partitioned, periods_filled
from orchestration.settings import Settings

_SHOWN_DELIVERIES = 20


def arrivals(
    settings: Settings, instance: dg.DagsterInstance, contract: Contract, new: Sequence[LedgerEntry]
) -> Iterator[dg.AssetMaterialization]:
    """What is to be told of a feed after it was looked at; `new` are the deliveries that came.

    A period is told when a new delivery speaks of it, and when it stands empty though the ledger knows its delivery: a
    run may have been killed between the two. A delivery that was withdrawn leaves its periods empty.
    """
    told_of: set[str] = set()
    if is_partitioned(contract):
        came = {entry.delivery_id for entry in new}
        filled, before = _now_and_before(settings, instance, contract)
        for key, entries in filled.items():
            brought = [entry for entry in entries if entry.delivery_id in came]
            told_of |= {entry.delivery_id for entry in brought}
            if brought or key not in before:
                yield arrival(contract, brought or entries, key)
    if rest := [entry for entry in new if entry.delivery_id not in told_of]:
        yield arrival(contract, rest)


def _now_and_before(
    settings: Settings, instance: dg.DagsterInstance, contract: Contract
) -> tuple[dict[str, list[LedgerEntry]], set[str]]:
    """The periods that deliveries fill by the ledger, and those that the instance was told of."""
    withdrawn = withdrawals(settings)
    counted = [entry for entry in ledger(settings, contract.id).values() if entry.delivery_id not in withdrawn]
    expected, filled = periods_filled(contract, counted, datetime.now(UTC).date())
    before = instance.get_materialized_partitions(feed_key(contract))
    if before - filled.keys():
        # the instance's storage cannot empty single partitions
        instance.wipe_assets([feed_key(contract)])
        before = set()
    _name_periods(instance, contract, expected)
    return filled, before


def _name_periods(instance: dg.DagsterInstance, contract: Contract, expected: Sequence[str]) -> None:
    """Tell the instance the periods of a feed whose partitions no schedule tells."""
    partitions = feed_partitions(contract)
    if not isinstance(partitions, dg.DynamicPartitionsDefinition) or partitions.name is None:
        return
    known = set(instance.get_dynamic_partitions(partitions.name))
    instance.add_dynamic_partitions(partitions.name, [key for key in expected if key not in known])
    for key in known - set(expected):
        instance.delete_dynamic_partition(partitions.name, key)


def _note(entry: LedgerEntry) -> str:
    note = entry.rejected_reason or "; ".join(["resent"] * bool(entry.resent_of) + list(entry.remarked))
    return note.replace("|", "\\|")


def arrival(contract: Contract, entries: Sequence[LedgerEntry], key: str | None = None) -> dg.AssetMaterialization:
    """Deliveries as the UI shows them; `key` is the period that is told of, and whose lines are counted."""
    newest = sorted(entries, key=lambda entry: entry.received_at)[-_SHOWN_DELIVERIES:]
    rows = "\n".join(
        f"| {entry.file_name} | {entry.received_at:%Y-%m-%d %H:%M} | {entry.lines_read} | {entry.lines_quarantined} "
        f"| {_note(entry)} |"
        for entry in newest
    )
    counts = [_lines(contract, entry, key) for entry in entries]
    return dg.AssetMaterialization(
        feed_key(contract),
        partition=key,
        metadata={
            "deliveries": len(entries),
            "dagster/row_count": sum(read for read, _ in counts),
            "quarantined_lines": sum(quarantined for _, quarantined in counts),
            "newest": dg.MetadataValue.md(
                f"| file | received (UTC) | lines | quarantined | note |\n| --- | --- | --- | --- | --- |\n{rows}"
            ),
        },
    )


def _lines(contract: Contract, entry: LedgerEntry, key: str | None) -> tuple[int, int]:
    """Lines read and quarantined, of the whole delivery or of one period that it speaks of."""
    if key is None:
        return entry.lines_read, entry.lines_quarantined
    of_period = [line for line in entry.dates if line.line_date and is_in_period(contract, line.line_date, key)]
    quarantined = sum(line.quarantined_lines for line in of_period)
    return sum(line.lines for line in of_period) + quarantined, quarantined
