"""Orders of web shops, read by the example contracts: sales on the day of the order, refunds on their own."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contracts.load import load_contracts
from orchestration.contracts.model import Contract
from orchestration.settings import CHECKOUT, Settings
from tests.unit.ingest.feeds import deliver, lines, take_in

SEEDS = Path(os.environ.get("SELLTRACE_DATA", CHECKOUT.parent / "shared" / "data")) / "shopify_seeds"
CONTRACTS = CHECKOUT / "examples" / "shop_orders" / "contracts"

#: the tables of the export; its refunds and refunded lines are of different orders, and are dealt to each other in
#: the order of the files
TABLES = """
    create view orders as
        select id, created_at::timestamp as created_at, currency, test from read_csv('{seeds}/shopify_order_data.csv');
    create view lines as select * from read_csv('{seeds}/shopify_order_line_data.csv', all_varchar = true);
    create view refunds as
        select *, row_number() over () as place from read_csv('{seeds}/shopify_refund_data.csv');
    create view refund_lines as
        select *, row_number() over () as place
        from read_csv('{seeds}/shopify_order_line_refund_data.csv', all_varchar = true);
"""

#: the tables as orders.json of the Admin REST API gives them; of a refund's order only the id is known, not the day
ORDERS = """
    with moments as (
        select
            r.order_id, r.id, strftime(r.created_at, '%Y-%m-%dT%H:%M:%S+00:00') as created_at, r.note,
            [{{
                id: l.id::bigint, line_item_id: l.order_line_id::bigint, quantity: l.quantity::integer,
                restock_type: l.restock_type, subtotal: l.subtotal::double,
                line_item: {{id: l.order_line_id::bigint, sku: 'line-' || l.order_line_id, variant_id: null}}
            }}] as refund_line_items
        from refunds as r inner join refund_lines as l using (place)
    ),
    all_orders as (
        select id, created_at, currency, test from orders
        union all
        select order_id, created_at::timestamp - interval 9 day, 'USD', false from refunds
    )
    select to_json({{orders: list({{
        id: o.id, created_at: strftime(o.created_at, '%Y-%m-%dT%H:%M:%S+00:00'), currency: o.currency, test: o.test,
        customer: null,
        line_items: coalesce((
            select list({{
                id: l.id::bigint, sku: l.sku, variant_id: l.variant_id::bigint, name: l.name,
                quantity: l.quantity::integer, price: l.price, total_discount: l.total_discount
            }}) from lines as l where l.order_id::bigint = o.id
        ), []),
        refunds: coalesce((
            select list({{
                id: m.id, order_id: m.order_id, created_at: m.created_at, note: m.note,
                refund_line_items: m.refund_line_items
            }}) from moments as m where m.order_id = o.id
        ), [])
    }})}}) from all_orders as o
"""
DAY = "timezone('Europe/London', timezone('UTC', {moment}))::date"
SALES_BY_DAY = f"""
    select {DAY.format(moment="o.created_at")} as day, sum(quantity::integer),
        sum(price::decimal(18, 6) * quantity::integer - total_discount::decimal(18, 6))
    from lines inner join orders as o on o.id = order_id::bigint group by day order by day
"""
REFUNDS_BY_DAY = f"""
    select {DAY.format(moment="r.created_at::timestamp")} as day, sum(quantity::integer), -sum(subtotal::decimal(18, 6))
    from refund_lines inner join refunds as r using (place) group by day order by day
"""


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    """The example contracts by the last part of their id."""
    loaded = load_contracts(CONTRACTS)
    assert loaded.problems == ()
    return {contract.id.partition(".")[2]: contract for contract in loaded.contracts}


@pytest.fixture(scope="module")
def seeds() -> Any:
    """The export's tables, and their orders as the API gives them."""
    if not SEEDS.exists():
        pytest.skip(f"the tables are not at {SEEDS}")
    with duckdb.connect() as connection:
        connection.execute(TABLES.format(seeds=SEEDS))
        yield connection


def by_day(settings: Settings, units: str) -> list[tuple[Any, ...]]:
    """Units and amount of accepted lines by day."""
    days: dict[date, list[Decimal]] = {}
    for day, count, amount in lines(settings, f"period_start, {units}, amount"):
        total = days.setdefault(day, [Decimal(0), Decimal(0)])
        total[0], total[1] = total[0] + count, total[1] + amount
    return [(day, *days[day]) for day in sorted(days)]


def test_shopify_sales_by_day_are_those_of_the_tables(
    settings: Settings, contracts: dict[str, Contract], seeds: duckdb.DuckDBPyConnection
) -> None:
    [(orders,)] = seeds.execute(ORDERS.format()).fetchall()
    deliver(settings, "web_shop/shopify/page.json", orders)
    [entry] = take_in(settings, contracts["shopify_sales"])
    wanted = seeds.execute(SALES_BY_DAY).fetchall()
    assert (entry.lines_read, entry.lines_parsed) == (3, 3)
    assert by_day(settings, "units") == wanted
    assert [day for day, *_ in wanted] == [date(2020, 9, 9), date(2020, 9, 10), date(2020, 9, 11)]


def test_shopify_refunds_fall_on_their_own_day(
    settings: Settings, contracts: dict[str, Contract], seeds: duckdb.DuckDBPyConnection
) -> None:
    [(orders,)] = seeds.execute(ORDERS.format()).fetchall()
    deliver(settings, "web_shop/shopify/page.json", orders)
    [entry] = take_in(settings, contracts["shopify_refunds"])
    assert (entry.lines_read, entry.lines_parsed) == (5, 5)
    assert by_day(settings, "returned_units") == seeds.execute(REFUNDS_BY_DAY).fetchall()
    assert set(lines(settings, "units")) == {(Decimal(0),)}


def test_orders_without_refunds_are_a_file_of_no_refunds(settings: Settings, contracts: dict[str, Contract]) -> None:
    deliver(settings, "web_shop/shopify/page.json", json.dumps({"orders": [{"id": 1, "test": False, "refunds": []}]}))
    [entry] = take_in(settings, contracts["shopify_refunds"])
    assert (entry.lines_read, entry.rejected_reason) == (0, None)


def shopify_order(quantity: int, **words: Any) -> dict[str, Any]:
    """An order of one line item of 10.00 a piece."""
    item = {"id": 11, "sku": "A", "variant_id": 5, "name": "a", "price": "10.00", "total_discount": "1.50"}
    order = {"id": 1, "created_at": "2025-01-06T23:30:00-05:00", "currency": "GBP", "test": False, "refunds": []}
    return {**order, "line_items": [{**item, "quantity": quantity}], **words}


def test_an_order_that_is_exported_again_restates_its_lines_by_id(
    settings: Settings, contracts: dict[str, Contract]
) -> None:
    contract = contracts["shopify_sales"]
    for page, quantity in enumerate((2, 3, 3)):
        orders = [shopify_order(quantity, note=page)]
        deliver(settings, f"web_shop/shopify/{page}.json", json.dumps({"orders": orders}))
        take_in(settings, contract)
    found = lines(settings, "line_key, units, amount")
    assert len({key for key, *_ in found}) == 1
    assert sorted((units, amount) for _, units, amount in found) == [
        (2, Decimal("18.5")),
        *2 * [(3, Decimal("28.5"))],
    ]


def test_test_orders_are_out_of_scope_and_days_are_those_of_the_shop(
    settings: Settings, contracts: dict[str, Contract]
) -> None:
    orders = [shopify_order(2), shopify_order(5, test=True)]
    deliver(settings, "web_shop/shopify/page.json", json.dumps({"orders": orders}))
    [entry] = take_in(settings, contracts["shopify_sales"])
    assert entry.lines_out_of_scope == 1
    assert lines(settings, "period_start, units, currency") == [(date(2025, 1, 7), 2, "GBP")]


def woocommerce_order(number: int, status: str, **item: Any) -> dict[str, Any]:
    """An order of REST API v3 with one line item."""
    line = {"id": number * 10, "name": "a", "product_id": 93, "variation_id": 0, "quantity": 2, "subtotal": "6.00"}
    line |= {"total": "5.40", "total_tax": "0.00", "taxes": [], "meta_data": [], "sku": "A", "price": 2.7}
    refunds = [{"id": 726, "reason": "", "total": "-2.70"}]
    order = {"id": number, "status": status, "currency": "EUR", "date_created": "2025-03-22T16:28:02"}
    return {**order, "date_created_gmt": "2025-03-22T15:28:02", "line_items": [{**line, **item}], "refunds": refunds}


def test_woocommerce_orders_count_once_sold_and_are_taken_back_when_cancelled(
    settings: Settings, contracts: dict[str, Contract]
) -> None:
    orders = [
        woocommerce_order(1, "processing"),
        woocommerce_order(2, "pending"),
        woocommerce_order(3, "refunded", sku=""),
        woocommerce_order(4, "cancelled"),
    ]
    deliver(settings, "web_shop/woocommerce/orders/page.json", json.dumps(orders))
    [entry] = take_in(settings, contracts["woocommerce_sales"])
    assert (entry.lines_parsed, entry.lines_out_of_scope) == (3, 1)
    day, amount = date(2025, 3, 22), Decimal("5.4")
    assert lines(settings, "transaction_id, product_code, period_start, units, amount, currency, deleted") == [
        ("10", "A", day, 2, amount, "EUR", False),
        ("30", "93", day, 2, amount, "EUR", False),
        ("40", "A", day, 2, amount, "EUR", True),
    ]


def test_woocommerce_refunds_are_negative_on_their_own_day(settings: Settings, contracts: dict[str, Contract]) -> None:
    item = {"id": 314, "name": "a", "product_id": 93, "quantity": -1, "total": "-2.70", "sku": "A", "price": 2.7}
    refund = {"id": 726, "parent_id": 1, "date_created": "2025-04-02T10:00:00", "amount": "2.70", "reason": ""}
    refunds = [{**refund, "line_items": [item]}, {**refund, "id": 727, "amount": "1.00", "line_items": []}]
    deliver(settings, "web_shop/woocommerce/refunds/page.json", json.dumps(refunds))
    [entry] = take_in(settings, contracts["woocommerce_refunds"])
    assert entry.lines_read == 1
    found = lines(settings, "transaction_id, product_code, period_start, units, amount")
    assert found == [("314", "A", date(2025, 4, 2), -1, Decimal("-2.7"))]
