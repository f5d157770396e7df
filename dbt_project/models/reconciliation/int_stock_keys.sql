select
    row_number() over (
        order by keys.partner_id, keys.product_id, coalesce(keys.location_id, '')
    ) as key_number,
    dense_rank() over (
        order by
            keys.partner_id, coalesce(keys.location_id, ''), keys.level, keys.first_contract_id, keys.last_contract_id
    ) as scope_number,
    keys.partner_id,
    keys.location_id,
    keys.product_id,
    keys.level,
    keys.first_contract_id,
    keys.last_contract_id,
    coalesce(partners.parent_partner_id, keys.partner_id) as family_id,
    products.units_per_case
from {{ ref('int_reported_stocks') }} as keys
left join {{ ref('stg_partners') }} as partners
    on keys.partner_id = partners.partner_id
left join {{ ref('stg_products') }} as products
    on keys.product_id = products.product_id
