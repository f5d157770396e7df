with lengths as (
    {{ lengths_of_periods() }}
),

reported as (
    select
        reports.contract_id,
        reports.place_number,
        reports.delivered_number,
        reports.period_start,
        reports.period_end,
        lengths.days
    from {{ ref('place_reports') }} as reports
    inner join lengths
        on reports.contract_id = lengths.contract_id and reports.period_start = lengths.period_start
    where reports.is_reported
),

sold_by_place as (
    select
        place_number,
        sum(units) as units
    from {{ ref('sell_out_by_place') }}
    group by place_number
),

-- what a place sells in a day: places that do not report take no part of the season with them
place_rates as (
    select
        reported.place_number,
        greatest(coalesce(max(sold_by_place.units), 0), 0) / sum(reported.days) as units_a_day
    from reported
    left join sold_by_place
        on reported.place_number = sold_by_place.place_number
    group by reported.place_number
),

reach as (
    select
        reported.period_start,
        reported.period_end,
        sum(place_rates.units_a_day * reported.days) as units
    from reported
    inner join place_rates
        on reported.place_number = place_rates.place_number
    group by reported.period_start, reported.period_end
),

sold as (
    select
        lines.product_number,
        periods.period_start,
        periods.period_end,
        sum(lines.units) as units
    from {{ ref('sell_out_by_partner') }} as lines
    inner join {{ ref('sell_out_periods') }} as periods
        on lines.contract_id = periods.contract_id and lines.delivered_number = periods.delivered_number
    where lines.product_number is not null
    group by lines.product_number, periods.period_start, periods.period_end
),

weekly_reach as (
    select week_start, sum(units) as units
    from ({{ spread_over_weeks('reach', [], [('units', 'decimal(18, 4)')]) }}) as spread
    group by week_start
    having sum(units) > 0
),

weekly_sold as (
    select product_number, week_start, sum(units) as units
    from ({{ spread_over_weeks('sold', ['product_number'], [('units', 'decimal(18, 4)')]) }}) as spread
    group by product_number, week_start
),

sold_in_all as (
    select
        product_number,
        cast(sum(units) as double) as units
    from weekly_sold
    group by product_number
    having sum(units) > 0
),

reach_in_all as (
    select cast(sum(units) as double) as units
    from weekly_reach
),

products as (
    select
        sold_in_all.product_number,
        sold_in_all.units / reach_in_all.units as share_of_reach
    from sold_in_all
    cross join reach_in_all
),

seen as (
    select
        products.product_number,
        weekly_reach.week_start,
        greatest(coalesce(cast(weekly_sold.units as double), 0), 0) + {{ seasonal_prior_units() }} as seen_units,
        (greatest(coalesce(cast(weekly_sold.units as double), 0), 0) + {{ seasonal_prior_units() }})
        / (products.share_of_reach * cast(weekly_reach.units as double) + {{ seasonal_prior_units() }}) as season
    from products
    cross join weekly_reach
    left join weekly_sold
        on
            products.product_number = weekly_sold.product_number
            and weekly_reach.week_start = weekly_sold.week_start
),

unseen_weeks as (
    select distinct spread.week_start
    from ({{ spread_over_weeks(
        '(select period_start, period_end, 1 as periods from ' ~ ref('sell_out_periods') ~ ') as all_periods',
        [],
        [('periods', 'decimal(18, 4)')]
    ) }}) as spread
    left join weekly_reach
        on spread.week_start = weekly_reach.week_start
    where weekly_reach.week_start is null
)

select
    product_number,
    week_start,
    season,
    1 / seen_units as relative_variance,
    'market' as basis
from seen
union all
select
    seen.product_number,
    unseen_weeks.week_start,
    seen.season,
    1 / seen.seen_units as relative_variance,
    'last_year' as basis
from unseen_weeks
inner join seen
    on unseen_weeks.week_start = {{ add_days('seen.week_start', 364) }}
