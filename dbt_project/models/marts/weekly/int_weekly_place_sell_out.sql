{{ config(contract={'enforced': false}) }}

select
    partner_id,
    location_id,
    week_start,
    sum(units) as units,
    case when count(*) = count(amount_reporting) then sum(amount_reporting) end as amount_reporting
from {{ ref('int_weekly_sell_out') }}
where location_id is not null
group by partner_id, location_id, week_start
