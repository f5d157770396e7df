{{ config(contract={'enforced': false}) }}

with counts as (
    select
        partner_id,
        location_id,
        week_start,
        max(snapshot_on) as counted_on
    from {{ ref('int_stock_snapshot_days') }}
    where is_last
    group by partner_id, location_id, week_start
),

-- a count on the last day of its week leaves nothing after it
partner_counts as (
    select
        partner_id,
        week_start,
        max(counted_on) as counted_on
    from counts
    group by partner_id, week_start
    having min(counted_on) < {{ add_days('week_start', 6) }}
),

weeks as (
{%- for week in range(0, longest_spread_weeks() + 1) %}
    select {{ 7 * week }} as days_on
    {{ 'union all' if not loop.last }}
{%- endfor %}
),

over_weeks as (
    select
        partner_id,
        location_id,
        product_id,
        period_start,
        period_end,
        units,
        {{ add_days('week_start', 'weeks.days_on') }} as week_start
    from {{ ref('fct_sell_out') }}
    inner join weeks
        on period_end >= {{ add_days('week_start', 'weeks.days_on') }}
    where {{ days_between('period_start', 'period_end') }} < {{ longest_spread_days() }}
),

flows as (
    select
        partner_id,
        location_id,
        product_id,
        week_start,
        period_start as first_day,
        period_end as last_day,
        units as sell_out_units,
        0 as received_units,
        0 as returned_units
    from over_weeks
    union all
    select
        lines.partner_id,
        lines.location_id,
        lines.product_id,
        lines.week_start,
        {{ receipt_day('lines', 'feeds', 'partners') }} as first_day,
        {{ receipt_day('lines', 'feeds', 'partners') }} as last_day,
        0 as sell_out_units,
        {{ units_in('lines') }} as received_units,
        {{ units_back('lines') }} as returned_units
    from {{ ref('fct_sell_in') }} as lines
    left join {{ ref('dim_partners') }} as partners
        on lines.partner_id = partners.partner_id
    left join {{ ref('stg_deliveries') }} as deliveries
        on lines.delivery_id = deliveries.delivery_id
    left join {{ ref('stg_contracts') }} as feeds
        on deliveries.contract_id = feeds.contract_id
),

-- what names no location, or one that counts nothing, goes by the last count of its partner
dated as (
    select
        flows.*,
        {{ add_days('coalesce(counts.counted_on, partner_counts.counted_on)', 1) }} as first_day_after,
        {{ add_days('flows.week_start', 6) }} as week_end
    from flows
    inner join partner_counts
        on flows.partner_id = partner_counts.partner_id and flows.week_start = partner_counts.week_start
    left join counts
        on
            flows.partner_id = counts.partner_id
            and flows.location_id = counts.location_id
            and flows.week_start = counts.week_start
),

shared as (
    select
        dated.*,
        cast({{ days_between(
            'case when first_day > first_day_after then first_day else first_day_after end',
            'case when last_day < week_end then last_day else week_end end'
        ) }} + 1 as double) / ({{ days_between('first_day', 'last_day') }} + 1) as share_after
    from dated
    where last_day >= first_day_after and first_day_after <= week_end
)

select
    partner_id,
    location_id,
    product_id,
    week_start,
    cast(sum(sell_out_units * share_after) as decimal(18, 4)) as sell_out_units,
    cast(sum(received_units * share_after) as decimal(18, 4)) as received_units,
    cast(sum(returned_units * share_after) as decimal(18, 4)) as returned_units
from shared
group by partner_id, location_id, product_id, week_start
