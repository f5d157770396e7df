{{ config(contract={'enforced': false}) }}

select sell_through.*
from {{ ref('int_weekly_sell_through') }} as sell_through
inner join {{ ref('int_weekly_estimates') }} as estimates
    on {{ same_keys('sell_through', 'estimates', ['partner_id', 'location_id', 'product_id', 'week_start']) }}
