{{ config(contract={'enforced': false}) }}

with counted as (
    select
        partner_id,
        location_id,
        product_id,
        snapshot_date,
        sum(on_hand_units) as on_hand_units
    from {{ ref('fct_stock') }}
    where location_id is not null
    group by partner_id, location_id, product_id, snapshot_date
)

select
    days.partner_id,
    days.location_id,
    counted.product_id,
    days.week_start,
    count(*) as counted_days,
    sum(case when counted.on_hand_units > 0 then 0 else 1 end) as empty_days,
    sum(case when days.is_whole then 1 else 0 end) as whole_days
from counted
inner join {{ ref('int_stock_open_days') }} as days
    on
        counted.partner_id = days.partner_id
        and counted.location_id = days.location_id
        and counted.snapshot_date = days.snapshot_date
group by days.partner_id, days.location_id, counted.product_id, days.week_start
