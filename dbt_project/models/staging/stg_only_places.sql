select
    contracts.contract_id,
    contracts.partner_id,
    locations.location_id
from {{ ref('stg_contracts') }} as contracts
inner join {{ ref('stg_feed_locations') }} as locations
    on
        contracts.contract_id = locations.contract_id
        and contracts.partner_id = locations.partner_id
        and contracts.default_location_code = locations.location_code
