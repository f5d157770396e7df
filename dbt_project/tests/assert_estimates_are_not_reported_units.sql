-- Sell-out that is missing stays unknown in the column of what was reported, whatever is estimated of it.
select
    partner_id,
    product_id,
    week_start
from {{ ref('sell_through_weekly') }}
where sell_out_status = 'missing' and sell_out_units is not null
union all
select
    partner_id,
    product_id,
    week_start
from {{ ref('sell_through_location_weekly') }}
where sell_out_status = 'missing' and sell_out_units is not null
