-- An estimate stands for a report that is missing now, and lies between its bounds.
select estimates.*
from {{ ref('sell_out_estimates') }} as estimates
left join {{ ref('missing_sell_out') }} as missing
    on
        estimates.contract_id = missing.contract_id
        and estimates.partner_id = missing.partner_id
        and coalesce(estimates.location_id, '') = coalesce(missing.location_id, '')
        and estimates.product_id = coalesce(missing.product_id, estimates.product_id)
        and estimates.period_start = missing.period_start
where
    missing.contract_id is null
    or estimates.units < estimates.lower_units
    or estimates.units > estimates.upper_units
