-- Nothing is missing below a partner or a location that is itself missing in the period.
select
    missing.contract_id,
    missing.partner_id,
    missing.location_id,
    missing.product_id,
    missing.period_start,
    missing.level
from {{ ref('missing_sell_out') }} as missing
inner join {{ ref('absent_partners') }} as partners
    on
        missing.contract_id = partners.contract_id
        and missing.partner_id = partners.partner_id
        and missing.period_start = partners.period_start
where missing.level <> 'partner'
union all
select
    missing.contract_id,
    missing.partner_id,
    missing.location_id,
    missing.product_id,
    missing.period_start,
    missing.level
from {{ ref('missing_sell_out') }} as missing
inner join {{ ref('absent_places') }} as places
    on
        missing.contract_id = places.contract_id
        and missing.partner_id = places.partner_id
        and missing.location_id = places.location_id
        and missing.period_start = places.period_start
where missing.level = 'product'
