"""A market of any size to measure on: dirty weekly sell-out of twelve partners, with stock, sell-in and master data.

Belongs here: what the files hold, drawn by DuckDB from hashes, so that a size and a seed always give the same bytes.
Does not belong here: the demo market, whose defects have a known truth (`orchestration/demo`).

A partner has 200 products and as many locations as the size asks for; a location lists half of the products. Twelve
weekly feeds, 52 weeks: a file is a partner x week. Of every hundred lines one comes twice; of every thousand one has no
number for its units, and one a code that nobody knows. Every file ends with a total. Some files come again with the
same bytes, some with other figures, one never. The first three partners report stock and sell-in by location, the
others as a whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.contracts import write_contracts

PARTNERS: Final = 12
BY_LOCATION: Final = 3
PRODUCTS: Final = 200
WEEKS: Final = 52
FIRST_MONDAY: Final = date(2025, 1, 6)
#: sold lines that a location sends a week: half of the products, four of five of them sold
_LINES_OF_LOCATION: Final = PRODUCTS / 2 * 0.8
OPENING_UNITS: Final = 40


@dataclass(frozen=True)
class Market:
    """Where a market lies, and its size: lines of sell-out over all weeks, near enough."""

    folder: Path
    lines: int
    seed: int = 1

    @property
    def landing(self) -> Path:
        """The files as they are sent."""
        return self.folder / "landing"

    @property
    def contracts(self) -> Path:
        """What is promised of them."""
        return self.folder / "contracts"

    @property
    def locations(self) -> int:
        """Locations of a partner."""
        return max(1, round(self.lines / (PARTNERS * WEEKS * _LINES_OF_LOCATION)))


def partner_id(number: int) -> str:
    """Key of a partner."""
    return f"p{number:02}"


def draw(market: Market, weeks: range = range(WEEKS), partners: Collection[int] = range(PARTNERS)) -> None:
    """Write what some partners and the brand send for some weeks, and master data where the first is among them."""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = true")
        _macros(connection, market)
        if 0 in weeks:
            by_location = {partner_id(number): number < BY_LOCATION for number in range(PARTNERS)}
            write_contracts(market.contracts, by_location, FIRST_MONDAY)
            _master_data(connection, market)
        for number in partners:
            _stock(connection, market, number, weeks)
            for week in weeks:
                sell_out_file(connection, market, number, week)
        for week in weeks:
            _sell_in(connection, market, week)


def _macros(connection: duckdb.DuckDBPyConnection, market: Market) -> None:
    # the hash decides all: whole numbers from 0 to `n` - 1, one independent draw a name
    connection.execute(
        f"""
        create macro drawn(name, n, partner, location, product, week) as
            hash(name, {market.seed}, partner, location, product, week) % n;
        create macro is_listed(partner, location, product) as drawn('listed', 2, partner, location, product, 0) = 0;
        create macro sold(partner, location, product, week) as
            drawn('sold', 5, partner, location, product, week)::integer;
        create macro bought(partner, location, product, week) as
            case when (week + location + product) % 4 = 0 then 8 else 0 end;
        create macro monday(week) as date '{FIRST_MONDAY}' + 7 * week;
        create macro location_code(partner, location) as printf('L%02d%05d', partner, location);
        create macro product_code(product) as printf('A%04d', product);
        create macro price(product) as 500 + 7 * product;
        """
    )


def _write(connection: duckdb.DuckDBPyConnection, path: Path, query: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"copy ({query}) to '{path}' (format csv, header, delimiter ',')")


def received(week: int, days: int = 1) -> str:
    """Stamp of a file that tells of a week: it comes on the Tuesday after, or some days later."""
    return f"{FIRST_MONDAY + timedelta(days=7 * week + 7 + days):%Y%m%d}"


def sell_out_file(connection: duckdb.DuckDBPyConnection, market: Market, partner: int, week: int) -> None:
    """Write what a partner sends for a week: once, again with the same bytes, again with other figures, or never."""
    folder = market.landing / partner_id(partner) / "sell_out"
    if (partner, week) == (7, 8):
        return
    first = folder / f"sold_{received(week)}.csv"
    _write(connection, first, _sold_lines(market, partner, week, "sold"))
    if partner % 4 == 1 and week % 13 == 5:
        shutil.copyfile(first, folder / f"sold_{received(week, 3)}.csv")
    if partner % 3 == 0 and week % 10 == 3:
        _write(connection, folder / f"sold_{received(week, 4)}.csv", _sold_lines(market, partner, week, "restated"))


def restate(market: Market, landing: Path, partner: int, week: int) -> None:
    """Write into `landing` what a partner sends when it tells a week again, nine days after its first file."""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = true")
        _macros(connection, market)
        path = landing / partner_id(partner) / "sell_out" / f"sold_{received(week, 9)}.csv"
        _write(connection, path, _sold_lines(market, partner, week, "restated"))


def _sold_lines(market: Market, partner: int, week: int, edition: str) -> str:
    units = f"sold({partner}, location, product, {week})"
    if edition == "restated":
        units += f" + (drawn('restated', 20, {partner}, location, product, {week}) = 0)::integer"
    return f"""
        with cells as (
            select location, product, {units} as units,
                drawn('code', 1000, {partner}, location, product, {week}) = 0 as is_unknown,
                drawn('text', 1000, {partner}, location, product, {week}) = 0 as is_unreadable,
                1 + (drawn('twice', 100, {partner}, location, product, {week}) = 0)::integer as times
            from range({market.locations}) as locations(location), range({PRODUCTS}) as products(product)
            where is_listed({partner}, location, product)
        ),
        lines as (
            select
                location_code({partner}, location) as store,
                case when is_unknown then 'X' || product_code(product) else product_code(product) end as item,
                monday({week})::varchar as week,
                case when is_unreadable then 'n/a' else units::varchar end as quantity,
                (units * price(product) / 100.0)::decimal(18, 2)::varchar as value
            from cells, range(times)
            where units <> 0
        )
        select * exclude (is_total)
        from (
            select *, false as is_total from lines
            union all
            select 'TOTAL', '', '', sum(try_cast(quantity as integer))::varchar,
                sum(value::decimal(18, 2))::varchar, true
            from lines
        )
        -- two threads would write the same lines in another order each time: other bytes, and another delivery
        order by is_total, item, store
    """


def _place(partner: int) -> str:
    """What names a place in stock and sell-in of a partner: a location, or nothing."""
    return f"location_code({partner}, location)" if partner < BY_LOCATION else "null"


def _stock(connection: duckdb.DuckDBPyConnection, market: Market, partner: int, weeks: range) -> None:
    """Units on hand on the Sunday of each week: what was bought and not sold, a miscount here and there."""
    connection.execute(
        f"""
        create or replace temp table balances as
        with moved as (
            select {_place(partner)} as store, product, week,
                sum(bought({partner}, location, product, week) - sold({partner}, location, product, week)) as units,
                count(*) * {OPENING_UNITS} as opening_units
            from range({market.locations}) as locations(location), range({PRODUCTS}) as products(product),
                range({weeks.stop}) as weeks(week)
            where is_listed({partner}, location, product)
            group by all
        )
        select store, product, week,
            opening_units + sum(units) over (partition by store, product order by week)
                - (hash('counted', {market.seed}, store, product, week) % 200 = 0)::integer as on_hand
        from moved
        order by week, store, product
        """
    )
    for week in weeks:
        _write(
            connection,
            market.landing / partner_id(partner) / "stock" / f"stock_{received(week)}.csv",
            f"select {'store, ' * (partner < BY_LOCATION)}product_code(product) as item, "
            f"(monday({week}) + 6)::varchar as day, on_hand from balances where week = {week}",
        )


def _sell_in(connection: duckdb.DuckDBPyConnection, market: Market, week: int) -> None:
    """The brand's invoices of a week over all partners, received on the day of the document."""
    parts = []
    for partner in range(PARTNERS):
        parts.append(
            f"""
            select '{partner_id(partner)}-{week}' as document, {_place(partner)} as store, product,
                '{partner_id(partner)}' as partner, sum(bought({partner}, location, product, {week})) as units
            from range({market.locations}) as locations(location), range({PRODUCTS}) as products(product)
            where is_listed({partner}, location, product)
                and bought({partner}, location, product, {week}) > 0
            group by all
            """
        )
    _write(
        connection,
        market.landing / "brand" / "sell_in" / f"invoices_{received(week, -5)}.csv",
        f"""
        select document, row_number() over (partition by document order by store, product) as line, partner, store,
            product_code(product) as item, (monday({week}) + 1)::varchar as day, units,
            (units * price(product) * 60 / 10000.0)::decimal(18, 2) as net
        from ({" union all ".join(parts)})
        order by document, store, product
        """,
    )


def _master_data(connection: duckdb.DuckDBPyConnection, market: Market) -> None:
    brand, stamp = market.landing / "brand", received(-2)
    _write(
        connection,
        brand / "products" / f"products_{stamp}.csv",
        f"select product_code(product) as item, 'Product ' || product as name, (price(product) / 100.0) as list_price "
        f"from range({PRODUCTS}) as products(product)",
    )
    _write(
        connection,
        brand / "partners" / f"partners_{stamp}.csv",
        f"select printf('p%02d', partner) as partner, 'Partner ' || partner as name, 'retailer' as type, "
        f"'FR' as country from range({PARTNERS}) as partners(partner)",
    )
    _write(
        connection,
        brand / "locations" / f"locations_{stamp}.csv",
        f"select location_code(partner, location) as store, printf('p%02d', partner) as partner, "
        f"'Store ' || location as name from range({PARTNERS}) as partners(partner), "
        f"range({market.locations}) as locations(location)",
    )
