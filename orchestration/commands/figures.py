"""The ten figures a brand manager asks first, read from a release.

Belongs here: one query a figure. What is not known is not shown as 0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
from rich.table import Table

from orchestration.publish.files import DATABASE
from orchestration.publish.sql import text

_LAST_WEEKS: Final = "week_start > (select max(week_start) from weekly) - 7 * 12"

FIGURES: Final[dict[str, str]] = {
    "sell-in, units received by partners": "select sum(sell_in_units) from weekly",
    "sell-out, units sold to consumers": "select sum(sell_out_units) from weekly",
    "sell-out to sell-in where both are known, %": """
        select 100 * sum(sell_out_units) / sum(sell_in_units) from weekly
        where sell_out_units is not null and sell_in_units is not null""",
    "stock at partners, units, last known week": """
        select sum(closing_stock_units) from (
            select *, row_number() over (partition by partner_id, product_id order by week_start desc) as place
            from weekly where closing_stock_units is not null
        ) where place = 1""",
    "weeks of cover, last 12 weeks": f"""
        select avg(trailing_weeks_of_cover) from weekly where {_LAST_WEEKS}""",
    "best selling product, last 12 weeks": f"""
        select any_value(product_name) from (
            select product_id, sum(sell_out_units) as units from weekly where {_LAST_WEEKS}
            group by product_id order by units desc nulls last limit 1
        ) inner join products using (product_id)""",
    "strongest partner, last 12 weeks": f"""
        select any_value(partner_name) from (
            select partner_id, sum(sell_out_units) as units from weekly where {_LAST_WEEKS}
            group by partner_id order by units desc nulls last limit 1
        ) inner join partners using (partner_id)""",
    "partner weeks without a complete sell-out": """
        select count(distinct (partner_id, week_start)) from weekly where sell_out_status in ('missing', 'partial')""",
    "stock variance that nothing explains, units": """
        select sum(abs(variance_units)) from reconciliation where cause = 'unexplained'""",
    "codes that no mapping knows": "select count(*) from unmatched_codes",
}

_VIEWS: Final = {
    "weekly": "sell_through_weekly",
    "products": "dim_products",
    "partners": "dim_partners",
    "reconciliation": "reconciliation",
    "unmatched_codes": "unmatched_codes",
}


def brand_figures(release: Path) -> Table:
    """A table of the figures of a release."""
    table = Table(title="What a brand manager asks first", title_justify="left", header_style="bold")
    table.add_column("figure")
    table.add_column("value", justify="right")
    with duckdb.connect() as connection:
        connection.execute(f"attach {text(release / DATABASE)} as release (read_only)")
        for view, name in _VIEWS.items():
            connection.execute(f"create view {view} as from release.main.{name}")
        for figure, query in FIGURES.items():
            table.add_row(figure, _shown(connection.execute(query).fetchall()[0][0]))
    return table


def _shown(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, str):
        return value
    number = float(str(value))
    return f"{number:,.0f}" if abs(number) >= 1000 or number.is_integer() else f"{number:,.1f}"
