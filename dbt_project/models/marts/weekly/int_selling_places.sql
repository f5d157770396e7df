{{ config(contract={'enforced': false}) }}

select distinct partner_id, location_id
from {{ ref('int_weekly_sell_out') }}
where location_id is not null
