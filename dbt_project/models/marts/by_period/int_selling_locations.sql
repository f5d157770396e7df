{{ config(contract={'enforced': false}) }}

with by_month as (
    select
        {{ period_of_week('month', 'week_start') }} as period_start,
        partner_id,
        product_id,
        location_id,
        sum(units) as units
    from {{ ref('int_weekly_sell_out') }}
    where location_id is not null
    group by {{ period_of_week('month', 'week_start') }}, partner_id, product_id, location_id
),

by_quarter as (
    select
        cast({{ dbt.date_trunc('quarter', 'period_start') }} as date) as period_start,
        partner_id,
        sum(units) as units
    from by_month
    group by cast({{ dbt.date_trunc('quarter', 'period_start') }} as date), partner_id, product_id, location_id
),

selling as (
    select 'week' as period, partner_id, {{ period_of_week('quarter', 'week_start') }} as quarter_start
    from {{ ref('int_weekly_sell_out') }}
    where location_id is not null and units > 0
    union all
    select 'month' as period, partner_id, cast({{ dbt.date_trunc('quarter', 'period_start') }} as date) as quarter_start
    from by_month
    where units > 0
    union all
    select 'quarter' as period, partner_id, period_start as quarter_start
    from by_quarter
    where units > 0
)

select
    partner_id,
    quarter_start,
    period,
    count(*) as selling_locations
from selling
group by partner_id, quarter_start, period
