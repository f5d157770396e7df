"""What the flow found in the demo market against what was planted: all of it, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.pipeline.conftest import Release


@pytest.fixture(scope="module")
def truth(demo: Release) -> dict[str, list[dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = json.loads((demo.settings.home / "demo_truth.json").read_text())["tables"]
    return tables


def _planted(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row[column] for column in columns) for row in rows), key=repr)


def _found(demo: Release, query: str) -> list[tuple[Any, ...]]:
    return sorted(demo.rows(query), key=repr)


CLASSES = ("lines_read", "accepted", "duplicate", "superseded", "unmatched", "out_of_scope", "quarantined")


def test_every_line_went_where_the_truth_says(demo: Release, truth: dict[str, list[dict[str, Any]]]) -> None:
    columns = ("file_name", *CLASSES)
    assert _found(demo, f"select {', '.join(columns)} from delivery_ledger") == _planted(
        truth["delivery_ledger"], *columns
    )


def test_duplicates_and_restatements(demo: Release, truth: dict[str, list[dict[str, Any]]]) -> None:
    found = _found(
        demo,
        """
        select file_name, class, lines, conflicts from duplicates inner join delivery_ledger using (delivery_id)
        """,
    )
    assert found == _planted(truth["duplicates"], "file_name", "class", "lines", "conflicts")


def test_late_and_missing_deliveries(demo: Release, truth: dict[str, list[dict[str, Any]]]) -> None:
    found = _found(
        demo,
        """
        select contract_id, period_start::varchar, period_end::varchar, status, coalesce(days_late, 0)
        from delivery_calendar where status in ('late', 'missing')
        """,
    )
    planted = [{**row, "days_late": row["days_late"] or 0} for row in truth["delivery_calendar"]]
    assert found == _planted(planted, "contract_id", "period_start", "period_end", "status", "days_late")


def test_missing_sell_out_at_partner_location_and_product_level(
    demo: Release, truth: dict[str, list[dict[str, Any]]]
) -> None:
    found = _found(
        demo,
        """
        select partner_id, location_id, product_id, period_start::varchar, period_end::varchar, level
        from missing_sell_out
        """,
    )
    columns = ("partner_id", "location_id", "product_id", "period_start", "period_end", "level")
    assert found == _planted(truth["missing_sell_out"], *columns)


def test_quarantined_lines_by_file_line_and_reason(demo: Release, truth: dict[str, list[dict[str, Any]]]) -> None:
    found = _found(
        demo,
        """
        select file_name, line_number, reason_code from quarantine inner join delivery_ledger using (delivery_id)
        """,
    )
    assert found == _planted(truth["quarantine"], "file_name", "line_number", "reason_code")


def test_unmatched_codes(demo: Release, truth: dict[str, list[dict[str, Any]]]) -> None:
    found = _found(demo, "select partner_id, code, lines, units::double from unmatched_codes")
    assert found == _planted(truth["unmatched_codes"], "partner_id", "code", "lines", "units")


def test_held_slices_and_no_others(demo: Release, truth: dict[str, list[dict[str, Any]]]) -> None:
    manifest = json.loads((demo.folder / "manifest.json").read_text())
    held = [one for one in manifest["slices"] if one["status"] == "held"]
    assert _planted(held, "partner_id", "kind", "week_start", "suites") == _planted(
        [{**row, "suites": row["suite"]} for row in truth["held_slices"]], "partner_id", "kind", "week_start", "suites"
    )
    held_rows = demo.value(
        "select count(*) from sell_through_weekly where is_held and held_reason like '%sell_out%' "
        "and sell_out_units is not null and sell_out_status not in ('partial', 'allocated')"
    )
    assert held_rows == 0


def test_stock_balances_wherever_nothing_was_planted(demo: Release, truth: dict[str, list[dict[str, Any]]]) -> None:
    key = ("partner_id", "location_id", "product_id", "opening_date", "closing_date", "variance_units")
    found = _found(
        demo,
        """
        select partner_id, location_id, product_id, opening_date::varchar, closing_date::varchar, variance_units::double
        from reconciliation where variance_units <> 0
        """,
    )
    assert found == _planted(truth["reconciliation"], *key)


def test_unknown_snapshots_are_said_and_not_computed(demo: Release, truth: dict[str, list[dict[str, Any]]]) -> None:
    key = ("partner_id", "location_id", "product_id", "opening_date", "closing_date", "cause")
    found = _found(
        demo,
        """
        select partner_id, location_id, product_id, opening_date::varchar, closing_date::varchar, cause
        from reconciliation where cause in ('opening_unknown', 'closing_unknown')
        """,
    )
    planted = set(_planted(truth["reconciliation_unknown"], *key))
    assert planted <= set(found)
    unknown = demo.value(
        "select count(*) from reconciliation where cause like '%unknown' and variance_units is not null"
    )
    assert unknown == 0


def test_accepted_lines_and_units_by_partner(demo: Release, truth: dict[str, list[dict[str, Any]]]) -> None:
    """Candidates of all slices, held ones included: the ledger of units."""
    found = _found(
        demo,
        "select partner_id, kind, sum(accepted)::bigint from delivery_ledger where kind = 'sell_out' group by all",
    )
    planted = [row for row in truth["accepted"] if row["kind"] == "sell_out"]
    assert found == _planted(planted, "partner_id", "kind", "lines")
