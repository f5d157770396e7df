"""Carried lines: those of held slices, from the release that is current, and no others."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from gate_home import Home, write_parquet

from orchestration.gates.errors import GateInputError
from orchestration.publish.tables import FACTS

MISSING = {"status": "'missing'"}


@pytest.fixture(autouse=True)
def _delays_alone(home: Home) -> None:
    home.only("delays")


def _release(home: Home, name: str = "r1") -> None:
    folder = home.settings.releases / name
    line = (
        "select '{partner}' as partner_id, 'P' as product_id, date '{week}' as week_start, "
        "date '{week}' as period_start, cast({units} as decimal(18, 4)) as units, "
        "'{name}' as delivery_id, cast(1 as bigint) as line_number"
    )
    for month, partner, week, units in (
        ("2025-02", "pharma_plus", "2025-02-10", 5),
        ("2025-03", "pharma_plus", "2025-03-03", 6),
        ("2025-02", "other", "2025-02-10", 7),
    ):
        select = line.format(partner=partner, week=week, units=units, name=name)
        write_parquet(folder / "fct_sell_out" / f"month={month}" / f"{partner}.parquet", select)
    stock = "select 'pharma_plus' as partner_id, date '2025-02-10' as week_start, 3 as on_hand_units"
    write_parquet(folder / "fct_stock" / "stock.parquet", stock)
    home.settings.current.unlink(missing_ok=True)
    home.settings.current.symlink_to(name)


def _carried(home: Home, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        path = str(home.settings.carried / f"{table}.parquet")
        return connection.execute(f"select {columns} from read_parquet(?)", [path]).fetchall()


def test_a_held_slice_keeps_its_published_lines(home: Home) -> None:
    _release(home)
    home.evidence("evidence_delays", MISSING)
    report = home.run()
    assert _carried(home, "fct_sell_out", "partner_id, cast(week_start as varchar), units, delivery_id") == [
        ("pharma_plus", "2025-02-10", 5, "r1")
    ]
    assert report.carried == {"fct_sell_in": 0, "fct_sell_out": 1, "fct_stock": 0}, "the kind is part of the slice"


def test_the_release_is_the_one_that_current_points_to(home: Home) -> None:
    _release(home, "r2")
    _release(home, "r1")
    home.evidence("evidence_delays", MISSING)
    home.run()
    assert _carried(home, "fct_sell_out", "delivery_id") == [("r1",)]


def test_nothing_carried_survives_a_mended_slice(home: Home) -> None:
    _release(home)
    home.evidence("evidence_delays", MISSING)
    home.run()
    home.evidence("evidence_delays", {})
    home.run()
    assert _carried(home, "fct_sell_out") == []


def test_what_carried_lines_name_keeps_what_the_release_says_of_it(home: Home) -> None:
    _release(home)
    listed = "select * from (values ('P', 'Cream'), ('Q', 'Soap')) as listed (product_id, product_name)"
    write_parquet(home.settings.releases / "r1" / "dim_products.parquet", listed)
    home.evidence("evidence_delays", MISSING)
    home.run()
    assert _carried(home, "dim_products", "product_id, product_name, brand") == [("P", "Cream", None)]
    assert _carried(home, "dim_locations") == _carried(home, "dim_partners") == []


@pytest.mark.parametrize("has_release", [False, True])
def test_carried_lines_have_the_columns_of_their_fact(home: Home, has_release: bool) -> None:
    if has_release:
        _release(home)
    home.evidence("evidence_delays", MISSING)
    home.run()
    for fact in FACTS.values():
        with duckdb.connect() as connection:
            path = str(home.settings.carried / f"{fact.name}.parquet")
            described = connection.execute("describe select * from read_parquet(?)", [path]).fetchall()
        assert {name: type_ for name, type_, *_ in described} == fact.columns


def test_a_link_to_a_release_that_is_gone_is_not_taken_for_no_release(home: Home) -> None:
    home.settings.releases.mkdir()
    home.settings.current.symlink_to("r9")
    with pytest.raises(GateInputError, match="points to r9, which is not there"):
        home.run()
