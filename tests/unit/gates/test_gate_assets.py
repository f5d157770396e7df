"""The gates in Dagster: what stops what is downstream, what does not, and what a failed check shows."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import dagster as dg
import pytest
from gate_home import Home

from orchestration.gates.assets import HELD_SLICES_KEY, gate_assets

MART = dg.AssetKey(["marts", "fct_sell_out"])


def _materialize(home: Home) -> dg.ExecuteInProcessResult:
    @dg.asset(key=MART, deps=[HELD_SLICES_KEY])
    def fact() -> None:
        """Stand for everything downstream."""

    @dg.asset(key=["quality", "evidence_marts"], deps=[MART])
    def evidence_marts() -> None:
        """Stand for the evidence on the marts."""

    assets: list[Any] = [*gate_assets(home.settings, ()), fact, evidence_marts]
    lock = dg.ResourceDefinition.none_resource()
    return dg.materialize(assets, resources={"home_lock": lock}, raise_on_error=False)


def _checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {check.check_name: check for check in result.get_asset_check_evaluations()}


def _materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    events = result.get_asset_materialization_events()
    return {event.step_materialization_data.materialization.asset_key.to_user_string() for event in events}


def test_keys_checks_and_dependencies(home: Home) -> None:
    slices, marts = gate_assets(home.settings, ())
    assert {key.to_user_string() for key in slices.keys} == {
        "gates/acceptance",
        "gates/conservation",
        "gates/delays",
        "gates/duplicates",
        "gates/held_slices",
        "gates/missing_sell_out",
        "gates/reconciliation",
        "gates/stability",
    }
    assert {key.to_user_string() for key in marts.keys} == {"gates/marts", "gates/gate_verdicts"}
    specs = {spec.key.to_user_string(): spec for spec in (*slices.specs, *marts.specs)}
    assert [dep.asset_key.to_user_string() for dep in specs["gates/delays"].deps] == ["quality/evidence_delays"]
    assert [dep.asset_key.to_user_string() for dep in specs["gates/marts"].deps] == ["quality/evidence_marts"]
    assert len(list(specs["gates/held_slices"].deps)) == 7
    checks = [*slices.check_specs, *marts.check_specs]
    assert len(checks) == 22
    assert all(check.blocking for check in checks)
    described = {check.name: check.description or "" for check in checks}
    assert described["few_conflicts"].startswith("Critical: a failure holds the slice. Where the same line came twice")
    assert described["few_conflicts"].endswith("Since 2026-11-23: at most 1%, critical. The default.")
    assert {spec.group_name for spec in specs.values()} == {"gates", "publish"}
    assert slices.op.pool == marts.op.pool == "warehouse"
    assert slices.op.required_resource_keys == marts.op.required_resource_keys == {"home_lock"}


def test_all_good_passes(home: Home) -> None:
    result = _materialize(home)
    assert result.success and all(check.passed for check in _checks(result).values())


def test_a_held_slice_warns_and_what_is_downstream_goes_on(home: Home) -> None:
    home.evidence("evidence_delays", {"status": "'missing'"}, {})
    result = _materialize(home)
    check = _checks(result)["not_missing"]
    assert result.success and {"marts/fct_sell_out", "gates/marts"} <= _materialized(result)
    assert not check.passed and check.severity == dg.AssetCheckSeverity.WARN
    assert check.description == (
        "2 judged: 1 failed. First: pharma_plus sell_out 2025-02-10 to 2025-02-16: "
        "the expected delivery is missing (must not be missing)"
    )


def test_a_failed_check_shows_rows_count_query_and_owner(home: Home) -> None:
    home.evidence("evidence_delays", {"status": "'missing'", "owner": "'Ann | Ben'"}, {})
    metadata = {name: value.value for name, value in _checks(_materialize(home))["not_missing"].metadata.items()}
    assert (metadata["verdicts"], metadata["failed"], metadata["errored"], metadata["waived"]) == (2, 1, 0, 0)
    assert metadata["threshold"] == "must not be missing"
    assert metadata["owners"] == "Ann | Ben"
    assert metadata["failing_slices"] == (
        "1 in all\n\n"
        "| partner | kind | period | observed | owner | reason |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| pharma_plus | sell_out | 2025-02-10 to 2025-02-16 | missing | Ann \\| Ben | pharma_plus sell_out 2025-02-10 "
        "to 2025-02-16: the expected delivery is missing (must not be missing) |"
    )
    query = str(metadata["query"]).removeprefix("```sql\n").removesuffix("\n```")
    assert len(home.execute(query)) == 1


def _stopped(home: Home, check_name: str, outcome: str) -> None:
    result = _materialize(home)
    check = _checks(result)[check_name]
    assert not result.success
    assert not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    assert len(_checks(result)) == 21, "every check of the stage is shown"
    assert "marts/fct_sell_out" not in _materialized(result)
    assert home.execute("select outcome from gates.gate_verdicts where expectation = ?", [check_name]) == [(outcome,)]


def test_a_failed_invariant_stops_what_is_downstream_and_is_recorded(home: Home) -> None:
    home.evidence("evidence_conservation", {"unaccounted_lines": "1"})
    _stopped(home, "every_line_accounted_for", "failed")


def test_an_errored_expectation_stops_what_is_downstream_and_is_recorded(home: Home) -> None:
    home.execute("drop table quality.evidence_stability")
    _stopped(home, "published_units_stand", "errored")


def test_a_failed_invariant_of_the_marts_is_shown_and_recorded(home: Home) -> None:
    home.evidence("evidence_marts", {"offending_rows": "1"})
    result = _materialize(home)
    assert not result.success and "marts/fct_sell_out" in _materialized(result)
    assert _checks(result)["no_offending_rows"].severity == dg.AssetCheckSeverity.ERROR
    assert home.outcomes("marts", "no_offending_rows") == ["failed"]


def test_great_expectations_is_not_imported_for_the_definitions() -> None:
    code = "import sys, orchestration.gates.assets; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("rows", [0, 51])
def test_held_slices_are_listed_with_their_total(home: Home, rows: int) -> None:
    weeks = ({"status": "'missing'", "partner_id": f"'p{i:02}'"} for i in range(rows))
    home.evidence("evidence_delays", *weeks)
    result = _materialize(home)
    events = [event.step_materialization_data for event in result.get_asset_materialization_events()]
    (materialization,) = [
        event.materialization for event in events if event.materialization.asset_key == HELD_SLICES_KEY
    ]
    assert materialization.metadata["dagster/row_count"].value == rows
    expected = "First 50 of 51\n" if rows else "0 in all\n"
    assert str(materialization.metadata["held_slices"].value).startswith(expected)
