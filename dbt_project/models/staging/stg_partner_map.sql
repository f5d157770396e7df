with codes as (
    select distinct
        contract_id,
        partner_code
    from {{ ref('stg_codes_met') }}
    where feed_partner_id is null and partner_code is not null
)

select
    codes.contract_id,
    codes.partner_code,
    coalesce(max(own.partner_id), max(shared.partner_id), max(partners.partner_id)) as partner_id
from codes
left join {{ ref('stg_partner_codes') }} as own
    on codes.contract_id = own.contract_id and codes.partner_code = own.code
left join {{ ref('stg_partner_codes') }} as shared
    on shared.contract_id is null and codes.partner_code = shared.code
left join {{ ref('stg_partners') }} as partners
    on codes.partner_code = partners.partner_id
group by codes.contract_id, codes.partner_code
