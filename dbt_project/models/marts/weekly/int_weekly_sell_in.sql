{{ config(contract={'enforced': false}) }}

select
    partner_id,
    location_id,
    product_id,
    week_start,
    cast(sum(units) as decimal(18, 4)) as units,
    cast(sum({{ units_in('lines') }}) as decimal(18, 4)) as received_units,
    cast(sum({{ units_back('lines') }}) as decimal(18, 4)) as returned_units
from {{ ref('fct_sell_in') }} as lines
group by partner_id, location_id, product_id, week_start
