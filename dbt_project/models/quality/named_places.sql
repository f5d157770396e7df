select
    contract_id,
    partner_id,
    location_id,
    max(case when is_accepted then 1 else 0 end) = 1 as is_accepted
from {{ ref('named_places_by_week') }}
group by contract_id, partner_id, location_id
