{{ config(contract={'enforced': false}) }}

select
    lines.partner_id,
    lines.location_id,
    lines.product_id,
    days.week_start,
    cast(sum(lines.on_hand_units) as decimal(18, 4)) as on_hand_units
from {{ ref('fct_stock') }} as lines
inner join {{ ref('int_stock_snapshot_days') }} as days
    on
        lines.delivery_id = days.delivery_id
        and lines.partner_id = days.partner_id
        and coalesce(lines.location_id, '') = coalesce(days.location_id, '')
        and lines.snapshot_date = days.snapshot_date
where days.is_last
group by lines.partner_id, lines.location_id, lines.product_id, days.week_start
