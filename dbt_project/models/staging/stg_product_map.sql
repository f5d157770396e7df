with codes as (
    select
        partner_id,
        product_code,
        {{ gtin14('product_code') }} as gtin
    from {{ ref('stg_partner_product_codes') }}
),

candidates as (
    select
        codes.partner_id,
        codes.product_code,
        case when mapped.partner_id is null then 2 else 1 end as preference,
        mapped.product_id,
        mapped.units_per_code,
        coalesce(mapped.valid_from, cast('0001-01-01' as date)) as valid_from,
        coalesce(mapped.valid_to, cast('9999-12-30' as date)) as valid_to
    from codes
    inner join {{ ref('stg_product_codes') }} as mapped
        on
            codes.product_code = mapped.code
            and (mapped.partner_id is null or mapped.partner_id = codes.partner_id)
    inner join {{ ref('stg_products') }} as products
        on mapped.product_id = products.product_id
    union all
    select
        codes.partner_id,
        codes.product_code,
        3 as preference,
        products.product_id,
        cast(null as decimal(18, 4)) as units_per_code,
        cast('0001-01-01' as date) as valid_from,
        cast('9999-12-30' as date) as valid_to
    from codes
    inner join {{ ref('stg_products') }} as products
        on codes.gtin = products.gtin
    union all
    select
        codes.partner_id,
        codes.product_code,
        4 as preference,
        products.product_id,
        cast(null as decimal(18, 4)) as units_per_code,
        cast('0001-01-01' as date) as valid_from,
        cast('9999-12-30' as date) as valid_to
    from codes
    inner join {{ ref('stg_products') }} as products
        on codes.product_code = products.product_id
),

turning_points as (
    select partner_id, product_code, valid_from as starts_on from candidates
    union
    select partner_id, product_code, {{ add_days('valid_to', 1) }} as starts_on from candidates
),

stretches as (
    select
        partner_id,
        product_code,
        starts_on,
        lead(starts_on) over (partition by partner_id, product_code order by starts_on) as next_starts_on
    from turning_points
),

ranked as (
    select
        stretches.partner_id,
        stretches.product_code,
        stretches.starts_on as valid_from,
        {{ add_days('stretches.next_starts_on', -1) }} as valid_to,
        candidates.product_id,
        candidates.units_per_code,
        row_number() over (
            partition by stretches.partner_id, stretches.product_code, stretches.starts_on
            order by candidates.preference asc, candidates.valid_from desc, candidates.product_id asc
        ) as place
    from stretches
    inner join candidates
        on
            stretches.partner_id is not distinct from candidates.partner_id
            and stretches.product_code = candidates.product_code
            and stretches.starts_on between candidates.valid_from and candidates.valid_to
    where stretches.next_starts_on is not null
)

select
    ranked.partner_id,
    ranked.product_code,
    ranked.valid_from,
    ranked.valid_to,
    ranked.product_id,
    ranked.units_per_code,
    products.units_per_case
from ranked
inner join {{ ref('stg_products') }} as products
    on ranked.product_id = products.product_id
where ranked.place = 1
