select distinct
    coalesce(codes.feed_partner_id, partners.partner_id) as partner_id,
    codes.location_code
from {{ ref('stg_codes_met') }} as codes
left join {{ ref('stg_partner_map') }} as partners
    on
        codes.feed_partner_id is null
        and codes.contract_id = partners.contract_id
        and codes.partner_code = partners.partner_code
where codes.location_code is not null
