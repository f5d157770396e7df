{{ config(tags=['after_marts']) }}

with weekly as (
    select partner_id, product_id, week_start, units as sell_out_units, 0 as closing_stock_units
    from {{ ref('int_weekly_sell_out') }}
    union all
    select partner_id, product_id, week_start, 0 as sell_out_units, on_hand_units as closing_stock_units
    from {{ ref('int_weekly_stock') }}
)

select
    partner_id,
    product_id,
    week_start,
    sum(sell_out_units) as sell_out_units,
    sum(closing_stock_units) as closing_stock_units
from weekly
group by partner_id, product_id, week_start
