{{ config(contract={'enforced': false}) }}

select distinct partner_id, location_id
from {{ ref('int_weekly_place_sell_out') }}
