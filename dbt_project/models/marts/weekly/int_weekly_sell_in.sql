{{ config(contract={'enforced': false}) }}

select
    partner_id,
    location_id,
    product_id,
    week_start,
    cast(sum(units) as decimal(18, 4)) as units,
    cast(
        sum(case when units > 0 then units else 0 end) + sum(case when free_units > 0 then free_units else 0 end)
        as decimal(18, 4)
    ) as received_units,
    cast(
        -sum(case when units < 0 then units else 0 end) - sum(case when free_units < 0 then free_units else 0 end)
        as decimal(18, 4)
    ) as returned_units
from {{ ref('fct_sell_in') }}
group by partner_id, location_id, product_id, week_start
