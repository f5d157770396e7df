{{ config(contract={'enforced': false}) }}

select
    partner_id,
    product_id,
    week_start,
    sum(units) as units,
    sum(received_units) as received_units,
    sum(returned_units) as returned_units
from {{ ref('int_weekly_sell_in') }}
group by partner_id, product_id, week_start
