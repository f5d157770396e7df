{{ config(contract={'enforced': false}) }}

{%- set sold_by_week -%}
(
        select week_start as period_start, partner_id, location_id, product_id, units
        from {{ ref('int_weekly_sell_out') }}
    )
{%- endset -%}
{%- set sold_by_period = {'week': sold_by_week, 'month': 'sold_by_month', 'quarter': 'sold_by_quarter'} %}

-- of a week there is one row a point of sale and product already
with sold_by_month as (
    select
        {{ period_of_week('month', 'week_start') }} as period_start,
        partner_id,
        location_id,
        product_id,
        sum(units) as units
    from {{ ref('int_weekly_sell_out') }}
    group by {{ period_of_week('month', 'week_start') }}, partner_id, location_id, product_id
),

sold_by_quarter as (
    select
        cast({{ dbt.date_trunc('quarter', 'period_start') }} as date) as period_start,
        partner_id,
        location_id,
        product_id,
        sum(units) as units
    from sold_by_month
    group by cast({{ dbt.date_trunc('quarter', 'period_start') }} as date), partner_id, location_id, product_id
),

stock_by_week as (
    select
        week_start as period_start,
        partner_id,
        location_id,
        product_id,
        on_hand_units,
        0 as is_unread
    from {{ ref('int_weekly_stock') }}
    union all
    select
        week_start as period_start,
        partner_id,
        location_id,
        product_id,
        null as on_hand_units,
        1 as is_unread
    from {{ ref('int_unread_stock') }}
),

stock_by_month as (
    select
        {{ period_of_week('month', 'period_start') }} as period_start,
        partner_id,
        location_id,
        product_id,
        max(on_hand_units) as on_hand_units,
        max(is_unread) as is_unread
    from stock_by_week
    group by {{ period_of_week('month', 'period_start') }}, partner_id, location_id, product_id
),

stock_by_quarter as (
    select
        cast({{ dbt.date_trunc('quarter', 'period_start') }} as date) as period_start,
        partner_id,
        location_id,
        product_id,
        max(on_hand_units) as on_hand_units,
        max(is_unread) as is_unread
    from stock_by_month
    group by cast({{ dbt.date_trunc('quarter', 'period_start') }} as date), partner_id, location_id, product_id
),

-- only what is of the universe: a depot that never sells stocks for none
placed as (
    {%- for period, sold in sold_by_period.items() %}
    select
        places.quarter_start,
        places.period,
        places.period_start,
        places.partner_id,
        sold.product_id,
        sum(sold.units) as units,
        sum(case when sold.units > 0 then 1 else 0 end) as selling_locations,
        sum(case when sold.units > 0 then places.turnover_units end) as selling_turnover_units,
        sum(case when sold.units > 0 then places.turnover_amount end) as selling_turnover_amount,
        0 as stock_reports,
        0 as stocking_locations,
        0 as unknown_stocks
    from {{ sold }} as sold
    inner join {{ ref('int_distribution_places') }} as places
        on {{ same_keys('sold', 'places', ['period_start', 'partner_id', 'location_id']) }}
    where places.period = '{{ period }}'
    group by places.quarter_start, places.period, places.period_start, places.partner_id, sold.product_id
    union all
    select
        places.quarter_start,
        places.period,
        places.period_start,
        places.partner_id,
        stock.product_id,
        null as units,
        0 as selling_locations,
        null as selling_turnover_units,
        null as selling_turnover_amount,
        count(stock.on_hand_units) as stock_reports,
        sum(case when stock.on_hand_units > 0 then 1 else 0 end) as stocking_locations,
        -- what could not be read decides nothing of a place that stocks in another week
        sum(case when stock.on_hand_units > 0 then 0 else stock.is_unread end) as unknown_stocks
    from stock_by_{{ period }} as stock
    inner join {{ ref('int_distribution_places') }} as places
        on {{ same_keys('stock', 'places', ['period_start', 'partner_id', 'location_id']) }}
    where places.period = '{{ period }}'
    group by places.quarter_start, places.period, places.period_start, places.partner_id, stock.product_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    quarter_start,
    period,
    period_start,
    partner_id,
    product_id,
    sum(units) as units,
    sum(selling_locations) as selling_locations,
    sum(stock_reports) as stock_reports,
    sum(stocking_locations) as stocking_locations,
    sum(unknown_stocks) as unknown_stocks,
    coalesce(sum(selling_turnover_units), 0) as selling_turnover_units,
    coalesce(sum(selling_turnover_amount), 0) as selling_turnover_amount
from placed
group by quarter_start, period, period_start, partner_id, product_id
