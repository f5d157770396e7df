{{ config(contract={'enforced': false}) }}

select
    partner_id,
    product_id,
    week_start,
    cast(sum(units) as decimal(18, 4)) as units,
    case
        when min(first_currency) = max(last_currency) or max(last_currency) is null then sum(amount)
    end as amount,
    sum(priced_units) as priced_units,
    max(case when is_spread then 1 else 0 end) = 1 as is_spread,
    case
        when count(location_id) > 0 then sum(case when location_id is not null and units > 0 then 1 else 0 end)
    end as selling_locations
from {{ ref('int_weekly_sell_out') }}
group by partner_id, product_id, week_start
