{{ config(contract={'enforced': false}) }}

select
    partner_id,
    product_id,
    week_start,
    sum(on_hand_units) as on_hand_units
from {{ ref('int_weekly_stock') }}
group by partner_id, product_id, week_start
