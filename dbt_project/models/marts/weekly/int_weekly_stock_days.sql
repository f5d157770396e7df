{{ config(contract={'enforced': false}) }}

with lines as (
    select
        partner_id,
        location_id,
        product_id,
        snapshot_date,
        on_hand_units
    from {{ ref('fct_stock') }}
    where location_id is not null
    union all
    -- a line that was set aside speaks of the product, and nobody knows what it says
    select
        partner_id,
        location_id,
        product_id,
        snapshot_date,
        null as on_hand_units
    from {{ ref('int_unread_stock_days') }}
    where product_id is not null
),

named as (
    select
        partner_id,
        location_id,
        product_id,
        snapshot_date,
        sum(on_hand_units) as on_hand_units
    from lines
    group by partner_id, location_id, product_id, snapshot_date
)

select
    days.partner_id,
    days.location_id,
    named.product_id,
    days.week_start,
    count(named.on_hand_units) as counted_days,
    count(*) - count(named.on_hand_units) as unread_days,
    sum(case when named.on_hand_units <= 0 then 1 else 0 end) as empty_days,
    sum(case when days.is_whole then 1 else 0 end) as whole_days
from named
inner join {{ ref('int_stock_open_days') }} as days
    on
        named.partner_id = days.partner_id
        and named.location_id = days.location_id
        and named.snapshot_date = days.snapshot_date
group by days.partner_id, days.location_id, named.product_id, days.week_start
