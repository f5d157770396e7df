"""Real data of others, with totals that they published or that plain SQL gives."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.settings import CHECKOUT
from tests.pipeline.conftest import DATA, Release, selltrace


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    path = DATA / "EXPECTED.json"
    if not path.exists():
        pytest.skip(f"the expected totals are not at {path}")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_every_interval_of_the_depot_balances(adventureworks: Release) -> None:
    rows = adventureworks.rows(
        "select partner_id, location_id, cause, count(*), sum(variance_units) from reconciliation group by all"
    )
    assert rows == [("depot", None, "balanced", 775_680, Decimal(0))]


def test_sell_out_of_the_depot_is_both_channels_to_the_cent(adventureworks: Release, expected: dict[str, Any]) -> None:
    totals = expected["adventureworks"]
    [(units, amount)] = adventureworks.rows("select sum(units), sum(amount) from fct_sell_out")
    assert units == totals["reseller_units"] + totals["internet_units"] == 274_776
    by_channel = adventureworks.rows(
        """
        select contract_id, round(sum(amount), 2), sum(units), min(currency) from fct_sell_out
        inner join delivery_ledger using (delivery_id) group by contract_id order by contract_id
        """
    )
    assert by_channel == [
        ("depot.sell_out_internet", Decimal(str(totals["internet_sales_amount_usd"])), totals["internet_units"], "USD"),
        ("depot.sell_out_reseller", Decimal(str(totals["reseller_sales_amount_usd"])), totals["reseller_units"], "USD"),
    ]
    assert adventureworks.value("select sum(amount_reporting) from fct_sell_out") == amount


def test_negative_balances_are_kept_and_named_by_a_warning(adventureworks: Release, expected: dict[str, Any]) -> None:
    negative = expected["adventureworks"]["negative_balances"]
    assert adventureworks.value("select count(*) from fct_stock where on_hand_units < 0") == negative
    assert adventureworks.rows(
        """
        select severity, sum(observed::int) from gate_verdicts
        where expectation = 'no_negative_stock' and outcome = 'failed' group by severity
        """
    ) == [("warning", negative)]


def test_resellers_bought_and_their_sell_out_is_not_shared_never_zero(adventureworks: Release) -> None:
    assert adventureworks.rows(
        """
        select count(distinct partner_id), sum(sell_in_units), count(sell_out_units), min(sell_out_status),
            max(sell_out_status)
        from sell_through_weekly where partner_id <> 'depot'
        """
    ) == [(635, Decimal(214_378), 0, "not_shared", "not_shared")]
    assert adventureworks.value("select count(*) from dim_partners") == 702


def test_every_line_of_the_shop_is_in_one_class(online_retail: Release, expected: dict[str, Any]) -> None:
    rows = expected["online_retail"]["rows"]
    assert online_retail.rows(
        """
        select
            count(*), sum(lines_read), sum(accepted + duplicate + superseded + unmatched + out_of_scope + quarantined),
            sum(duplicate), sum(out_of_scope)
        from delivery_ledger
        """
    ) == [(expected["online_retail"]["files"], rows, rows, 0, 2_995)]


def test_amounts_of_all_lines_add_up(online_retail: Release, expected: dict[str, Any]) -> None:
    """Accepted lines as published, and those out of scope read from the files by plain SQL."""
    published = online_retail.value("select sum(amount) from fct_sell_out")
    pattern = online_retail.settings.landing / "online_retail" / "*.csv"
    with duckdb.connect() as connection:
        [(outside,)] = connection.execute(
            f"""
            select sum(Quantity::decimal(18, 4) * UnitPrice::decimal(18, 6))
            from read_csv('{pattern}', all_varchar = true)
            where not regexp_matches(StockCode, '^[0-9]{{5}}')
            """
        ).fetchall()
    assert round(published + outside, 2) == Decimal(str(expected["online_retail"]["total_gbp"]))


def test_repeated_till_lines_are_kept(online_retail: Release) -> None:
    line = "transaction_id = '536412' and product_id = '22327'"
    assert online_retail.value(f"select count(*) from fct_sell_out where {line}") > 1


def test_no_day_is_called_missing_on_which_the_shop_was_shut(online_retail: Release) -> None:
    assert online_retail.rows("select status, count(*) from delivery_calendar group by status") == [("on_time", 305)]
    days = {day for (day,) in online_retail.rows("select period_start from delivery_calendar")}
    assert days.isdisjoint({date(2010, 12, 25), date(2011, 4, 25), date(2011, 8, 29), date(2011, 1, 8)})


def test_a_figure_is_explained_by_its_lines(online_retail: Release) -> None:
    [(week, figure)] = online_retail.rows(
        """
        select week_start::varchar, sell_out_units from sell_through_weekly
        where product_id = '85123A' order by sell_out_units desc limit 1
        """
    )
    where = {"partner_id": "online_retail", "product_id": "85123A", "week_start": week}
    key = [part for name, value in where.items() for part in ("--where", f"{name}={value}")]
    contracts = CHECKOUT / "examples" / "online_retail" / "contracts"
    told = selltrace(
        online_retail.settings.home, "explain", "sell_through_weekly", *key, "--column", "sell_out_units", "--json",
        contracts=contracts,
    )  # fmt: skip
    found = json.loads(told)
    assert float(found["total"]) == float(found["published"]) == float(figure)
    assert all(",85123A," in line["raw_text"] for line in found["lines"])
