"""What a release holds: one row a published table, with its grain, its key, and its columns in order.

Belongs here: names, types and where the warehouse keeps them; the one declaration that publishing, explaining and the
drift test against the dbt models read. Does not belong here: how a table is computed, or how it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEXT: Final = "VARCHAR"
DATE: Final = "DATE"
MOMENT: Final = "TIMESTAMP"
UNITS: Final = "DECIMAL(18,4)"
AMOUNT: Final = "DECIMAL(18,6)"
COUNT: Final = "BIGINT"
RATE: Final = "DOUBLE"
FLAG: Final = "BOOLEAN"


@dataclass(frozen=True)
class Table:
    """A published table.

    `columns` are the ones users build on, in order, with their DuckDB types; what else the warehouse relation carries
    is published behind them, except in facts, which hold these columns and no other. A large table is a folder of
    Parquet, partitioned by the month of `month_of`, and what changed in it is told by parts of its months; facts have a
    day in every row.
    `estimate` is the column that is filled where a row tells an estimate, `shows` the relation whose rows a view shows
    that joins estimates to them, and `estimated` the one that holds the rows of the view that tell one. `built_week` is
    the week, in SQL, by which the warehouse keeps a partner's rows. Rows may be equal where not `is_unique`. A table
    with a `kind` is a fact, sliced by (partner, `week_start`).
    """

    name: str
    relation: str
    grain: str
    key: tuple[str, ...]
    columns: dict[str, str]
    kind: str | None = None
    month_of: str | None = None
    estimate: str | None = None
    shows: str | None = None
    estimated: str | None = None
    built_week: str | None = None
    is_unique: bool = True

    @property
    def relations(self) -> list[str]:
        """What a release reads of the warehouse for it."""
        return [self.relation] + ([self.estimated] if self.estimated else [])

    @property
    def is_fact(self) -> bool:
        """Whether lines of a record kind are published here."""
        return self.kind is not None

    @property
    def sums(self) -> list[str]:
        """Columns that a release totals as a control figure: units and amounts, not prices or limits of estimates."""
        return [name for name, type_ in self.columns.items() if type_ in (UNITS, AMOUNT) and _is_measure(name)]


def _is_measure(name: str) -> bool:
    stem = name.removesuffix("_reporting")
    return any(stem == word or stem.endswith(f"_{word}") for word in ("units", "amount"))


_WEEKLY_MEASURES: Final = dict(
    week_start=DATE,
    sell_in_units=UNITS,
    received_units=UNITS,
    returned_units=UNITS,
    sell_out_units=UNITS,
    sell_out_status=TEXT,
    estimated_sell_out_units=UNITS,
    completeness=RATE,
    completeness_by_count=RATE,
    trailing_sell_out_units=RATE,
    opening_stock_units=UNITS,
    closing_stock_units=UNITS,
    stock_status=TEXT,
    opening_stock_status=TEXT,
    sell_through_rate=RATE,
    sell_through_rate_on_closing_stock=RATE,
    sell_through_rate_gap=RATE,
    sell_out_to_sell_in_ratio=RATE,
    trailing_weeks_of_cover=RATE,
    forward_weeks_of_cover=RATE,
    selling_locations=COUNT,
    velocity=RATE,
    average_selling_price=RATE,
    is_held=FLAG,
    held_reason=TEXT,
    warnings=TEXT,
)

_COHORT_MEASURES: Final = dict(
    week_start=DATE,
    weeks_after=COUNT,
    received_units=UNITS,
    sold_units=UNITS,
    returned_units=UNITS,
    left_units=UNITS,
    unaccounted_units=UNITS,
    stock_status=TEXT,
    cohort_sell_through_rate=RATE,
    completeness=RATE,
    completeness_by_count=RATE,
    warnings=TEXT,
)

_LINE_KEY: Final = ("delivery_id", "line_number")
_PERIOD_KEY: Final = ("period", "period_start", "partner_id", "product_id")

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        Table(
            name="dim_products",
            relation="marts.dim_products",
            grain="a product of the brand",
            key=("product_id",),
            columns=dict(
                product_id=TEXT,
                product_name=TEXT,
                gtin=TEXT,
                category=TEXT,
                units_per_case=UNITS,
                list_price=AMOUNT,
                launched_on=DATE,
                discontinued_on=DATE,
            ),
        ),
        Table(
            name="dim_partners",
            relation="marts.dim_partners",
            grain="a partner, also one that only a contract names",
            key=("partner_id",),
            columns=dict(
                partner_id=TEXT,
                partner_name=TEXT,
                partner_type=TEXT,
                country=TEXT,
                currency=TEXT,
                parent_partner_id=TEXT,
                lead_time_days=COUNT,
            ),
        ),
        Table(
            name="dim_locations",
            relation="marts.dim_locations",
            grain="a point of sale or depot",
            key=("location_id",),
            columns=dict(
                location_id=TEXT,
                partner_id=TEXT,
                location_code=TEXT,
                location_name=TEXT,
                region=TEXT,
                opened_on=DATE,
                closed_on=DATE,
            ),
        ),
        Table(
            name="dim_campaigns",
            relation="marts.dim_campaigns",
            grain="a campaign or animation",
            key=("campaign_id",),
            columns=dict(
                campaign_id=TEXT,
                campaign_name=TEXT,
                campaign_type=TEXT,
                starts_on=DATE,
                ends_on=DATE,
                partner_id=TEXT,
                location_id=TEXT,
                product_id=TEXT,
                cost=AMOUNT,
                currency=TEXT,
            ),
        ),
        Table(
            name="fct_sell_in",
            relation="marts.fct_sell_in",
            grain="an accepted sell-in line",
            key=_LINE_KEY,
            kind="sell_in",
            month_of="document_date",
            built_week="week_start",
            columns=dict(
                partner_id=TEXT,
                location_id=TEXT,
                product_id=TEXT,
                document_id=TEXT,
                document_line=TEXT,
                document_type=TEXT,
                document_date=DATE,
                received_on=DATE,
                units=UNITS,
                free_units=UNITS,
                net_amount=AMOUNT,
                currency=TEXT,
                net_amount_reporting=AMOUNT,
                delivery_id=TEXT,
                line_number=COUNT,
                week_start=DATE,
            ),
        ),
        Table(
            name="fct_sell_out",
            relation="marts.fct_sell_out",
            grain="an accepted sell-out line",
            key=_LINE_KEY,
            kind="sell_out",
            month_of="period_start",
            built_week="week_start",
            columns=dict(
                partner_id=TEXT,
                location_id=TEXT,
                product_id=TEXT,
                period_start=DATE,
                period_end=DATE,
                units=UNITS,
                amount=AMOUNT,
                currency=TEXT,
                amount_reporting=AMOUNT,
                transaction_id=TEXT,
                campaign_code=TEXT,
                delivery_id=TEXT,
                line_number=COUNT,
                week_start=DATE,
            ),
        ),
        Table(
            name="fct_stock",
            relation="marts.fct_stock",
            grain="an accepted stock line",
            key=_LINE_KEY,
            kind="stock",
            month_of="snapshot_date",
            built_week="week_start",
            columns=dict(
                partner_id=TEXT,
                location_id=TEXT,
                product_id=TEXT,
                snapshot_date=DATE,
                on_hand_units=UNITS,
                in_transit_units=UNITS,
                on_order_units=UNITS,
                adjustment_units=UNITS,
                delivery_id=TEXT,
                line_number=COUNT,
                week_start=DATE,
            ),
        ),
        Table(
            name="reconciliation",
            relation="reconciliation.reconciliation",
            grain="the interval between two stock snapshots of a partner x location level x product",
            key=("partner_id", "location_id", "product_id", "opening_date", "closing_date"),
            month_of="closing_date",
            built_week="closing_week",
            columns=dict(
                partner_id=TEXT,
                location_id=TEXT,
                product_id=TEXT,
                opening_date=DATE,
                closing_date=DATE,
                opening_units=UNITS,
                received_units=UNITS,
                returned_units=UNITS,
                sell_out_units=UNITS,
                adjustment_units=UNITS,
                expected_closing_units=UNITS,
                reported_closing_units=UNITS,
                variance_units=UNITS,
                cause=TEXT,
                confidence=RATE,
                evidence=TEXT,
            ),
        ),
        Table(
            name="sell_through_weekly",
            relation="marts.sell_through_weekly",
            grain="a partner x product x ISO week",
            key=("partner_id", "product_id", "week_start"),
            columns=dict(partner_id=TEXT, product_id=TEXT) | _WEEKLY_MEASURES,
        ),
        Table(
            name="sell_through_location_weekly",
            relation="marts.sell_through_location_weekly",
            grain="a partner x location x product x ISO week",
            key=("partner_id", "location_id", "product_id", "week_start"),
            month_of="week_start",
            estimate="estimated_sell_out_units",
            shows="marts.int_weekly_sell_through",
            estimated="marts.int_estimated_sell_through",
            built_week="week_start",
            columns=dict(partner_id=TEXT, location_id=TEXT, product_id=TEXT) | _WEEKLY_MEASURES,
        ),
        Table(
            name="sell_through_cohorts",
            relation="marts.sell_through_cohorts",
            grain="a partner x product x ISO week of receipt x age",
            key=("partner_id", "product_id", "week_start", "weeks_after"),
            columns=dict(partner_id=TEXT, product_id=TEXT) | _COHORT_MEASURES,
        ),
        Table(
            name="sell_through_location_cohorts",
            relation="marts.sell_through_location_cohorts",
            grain="a partner x location x product x ISO week of receipt x age",
            key=("partner_id", "location_id", "product_id", "week_start", "weeks_after"),
            month_of="week_start",
            built_week="week_start + cast(7 * weeks_after as integer)",
            columns=dict(partner_id=TEXT, location_id=TEXT, product_id=TEXT) | _COHORT_MEASURES,
        ),
        Table(
            name="availability_location_weekly",
            relation="marts.availability_location_weekly",
            grain="a partner x location x product x ISO week with a day of known or unreadable stock",
            key=("partner_id", "location_id", "product_id", "week_start"),
            month_of="week_start",
            built_week="week_start",
            columns=dict(
                partner_id=TEXT,
                location_id=TEXT,
                product_id=TEXT,
                week_start=DATE,
                known_days=COUNT,
                out_of_stock_days=COUNT,
                out_of_stock_rate=RATE,
                sell_out_units=UNITS,
                stocked_siblings=COUNT,
                sibling_rate=RATE,
                lost_sales_units=UNITS,
                completeness=RATE,
                completeness_by_count=RATE,
                trailing_sell_out_units=RATE,
                is_held=FLAG,
                held_reason=TEXT,
                warnings=TEXT,
            ),
        ),
        Table(
            name="availability",
            relation="marts.availability",
            grain="a period x partner (or all partners) x product with a day of known or unreadable stock",
            key=_PERIOD_KEY,
            columns=dict(
                period=TEXT,
                period_start=DATE,
                scope=TEXT,
                partner_id=TEXT,
                product_id=TEXT,
                authorised_locations=COUNT,
                out_of_stock_locations=COUNT,
                known_days=COUNT,
                out_of_stock_days=COUNT,
                out_of_stock_rate=RATE,
                lost_sales_units=UNITS,
                out_of_stock_days_without_loss=COUNT,
                completeness=RATE,
                completeness_by_count=RATE,
                warnings=TEXT,
            ),
        ),
        Table(
            name="distribution",
            relation="marts.distribution",
            grain="a period x partner (or all partners) x product",
            key=_PERIOD_KEY,
            columns=dict(
                period=TEXT,
                period_start=DATE,
                scope=TEXT,
                partner_id=TEXT,
                product_id=TEXT,
                weeks=COUNT,
                universe_locations=COUNT,
                reporting_locations=COUNT,
                selling_locations=COUNT,
                stocking_locations=COUNT,
                sell_out_units=UNITS,
                numeric_distribution=RATE,
                numeric_distribution_stocking=RATE,
                weighted_distribution=RATE,
                weighted_distribution_by_units=RATE,
                is_weighted_distribution_low=FLAG,
                velocity=RATE,
                completeness=RATE,
                completeness_by_count=RATE,
                warnings=TEXT,
            ),
        ),
        Table(
            name="pressure_index",
            relation="marts.pressure_index",
            grain="a period x partner (or all partners) x product whose stock and sell-out are known",
            key=_PERIOD_KEY,
            columns=dict(
                period=TEXT,
                period_start=DATE,
                scope=TEXT,
                partner_id=TEXT,
                product_id=TEXT,
                sell_out_units=UNITS,
                closing_stock_units=UNITS,
                stock_status=TEXT,
                share_of_stock=RATE,
                share_of_market=RATE,
                pressure_index=RATE,
                completeness=RATE,
                completeness_by_count=RATE,
                warnings=TEXT,
            ),
        ),
        Table(
            name="sell_out_estimates",
            relation="reconciliation.sell_out_estimates",
            grain="an imputed slice",
            key=("partner_id", "location_id", "product_id", "period_start", "period_end"),
            columns=dict(
                partner_id=TEXT,
                location_id=TEXT,
                product_id=TEXT,
                period_start=DATE,
                period_end=DATE,
                units=UNITS,
                lower_units=UNITS,
                upper_units=UNITS,
                method=TEXT,
            ),
        ),
        Table(
            name="delivery_ledger",
            relation="quality.delivery_ledger",
            grain="a delivery",
            key=("delivery_id",),
            columns=dict(
                delivery_id=TEXT,
                contract_id=TEXT,
                partner_id=TEXT,
                kind=TEXT,
                file_name=TEXT,
                sha256=TEXT,
                received_at=MOMENT,
                period_start=DATE,
                period_end=DATE,
                lines_read=COUNT,
                accepted=COUNT,
                duplicate=COUNT,
                superseded=COUNT,
                unmatched=COUNT,
                out_of_scope=COUNT,
                quarantined=COUNT,
                contract_version=TEXT,
                lead_time_days=COUNT,
                is_counted_before_opening=FLAG,
                is_withdrawn=FLAG,
                withdrawn_reason=TEXT,
            ),
        ),
        Table(
            name="quarantine",
            relation="quality.quarantine",
            grain="a line set aside",
            key=_LINE_KEY,
            columns=dict(
                delivery_id=TEXT,
                contract_id=TEXT,
                line_number=COUNT,
                reason_code=TEXT,
                reason=TEXT,
                raw_line=TEXT,
            ),
        ),
        Table(
            name="left_out_lines",
            relation="marts.left_out_lines",
            grain="a line that no figure counts, or a delivery where only the number of such lines is known",
            key=("partner_id", "product_id", "first_day", "kind", "delivery_id", "line_number"),
            month_of="first_day",
            is_unique=False,
            columns=dict(
                kind=TEXT,
                delivery_id=TEXT,
                line_number=COUNT,
                lines=COUNT,
                partner_id=TEXT,
                location_id=TEXT,
                product_id=TEXT,
                first_day=DATE,
                last_day=DATE,
                units=UNITS,
                free_units=UNITS,
                adjustment_units=UNITS,
                line_class=TEXT,
                reason=TEXT,
                raw_line=TEXT,
            ),
        ),
        Table(
            name="unmatched_codes",
            relation="quality.unmatched_codes",
            grain="a code that no mapping knows",
            key=("partner_id", "code", "code_type"),
            columns=dict(
                partner_id=TEXT,
                code=TEXT,
                label=TEXT,
                lines=COUNT,
                units=UNITS,
                first_seen=DATE,
                suggested_product_id=TEXT,
                suggestion_score=RATE,
                code_type=TEXT,
            ),
        ),
        Table(
            name="duplicates",
            relation="quality.duplicates",
            grain="a delivery x class of duplicate",
            key=("delivery_id", "class"),
            columns={
                "delivery_id": TEXT,
                "contract_id": TEXT,
                "partner_id": TEXT,
                "kind": TEXT,
                "class": TEXT,
                "lines": COUNT,
                "conflicts": COUNT,
                "units": UNITS,
            },
        ),
        Table(
            name="delivery_calendar",
            relation="quality.delivery_calendar",
            grain="an expected delivery",
            key=("contract_id", "period_start", "period_end"),
            columns=dict(
                contract_id=TEXT,
                partner_id=TEXT,
                kind=TEXT,
                period_start=DATE,
                period_end=DATE,
                due_at=MOMENT,
                received_at=MOMENT,
                status=TEXT,
                days_late=COUNT,
            ),
        ),
        Table(
            name="missing_sell_out",
            relation="quality.missing_sell_out",
            grain="an expected report that is not there",
            key=("partner_id", "location_id", "product_id", "period_start", "period_end", "level"),
            columns=dict(
                partner_id=TEXT,
                location_id=TEXT,
                product_id=TEXT,
                period_start=DATE,
                period_end=DATE,
                level=TEXT,
                expected_units=UNITS,
            ),
        ),
        Table(
            name="gate_verdicts",
            relation="gates.gate_verdicts",
            grain="an expectation x slice",
            key=("suite", "expectation", "partner_id", "period_start"),
            columns=dict(
                release_id=TEXT,
                suite=TEXT,
                expectation=TEXT,
                severity=TEXT,
                partner_id=TEXT,
                period_start=DATE,
                outcome=TEXT,
                observed=TEXT,
                threshold=TEXT,
                reason=TEXT,
            ),
        ),
    )
}

FACTS: Final[dict[str, Table]] = {name: table for name, table in TABLES.items() if table.is_fact}
