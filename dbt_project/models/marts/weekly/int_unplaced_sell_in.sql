{{ config(contract={'enforced': false}) }}

select distinct
    partner_id,
    product_id
from {{ ref('int_weekly_sell_in') }}
where location_id is null
