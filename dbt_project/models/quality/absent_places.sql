select
    places.contract_id,
    places.partner_id,
    places.location_id,
    places.place_number,
    places.period_start,
    places.period_end,
    places.delivered_number,
    places.trailing_periods,
    places.trailing_units as expected_units
from {{ ref('place_reports') }} as places
left join {{ ref('absent_partners') }} as partners
    on
        places.contract_id = partners.contract_id
        and places.partner_id = partners.partner_id
        and places.period_start = partners.period_start
where places.is_expected and not places.is_reported and partners.contract_id is null
