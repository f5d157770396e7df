with fed as (
    select
        product_id,
        product_name,
        {{ gtin14('gtin') }} as gtin,
        brand,
        category,
        units_per_case,
        list_price,
        currency,
        launched_on,
        discontinued_on
    from ({{ current_master('products', 'product_id') }}) as lines
),

unmapped as (
    select distinct codes.product_code
    from {{ ref('stg_partner_product_codes') }} as codes
    left join {{ ref('stg_product_codes') }} as mapped
        on
            codes.product_code = mapped.code
            -- what another partner means by the code says nothing of this one
            and (mapped.partner_id is null or mapped.partner_id = codes.partner_id)
    where mapped.code is null
),

met as (
    select
        unmapped.product_code as product_id,
        max(codes.label) as product_name
    from unmapped
    inner join {{ ref('stg_codes_met') }} as codes
        on unmapped.product_code = codes.product_code
    group by unmapped.product_code
),

named as (
    select product_id, product_name from met
    union all
    select distinct product_id, product_id as product_name
    from {{ ref('stg_product_codes') }}
    where product_id not in (select product_id from met)
)

select * from fed
union all
select
    product_id,
    coalesce(product_name, product_id) as product_name,
    {{ gtin14('product_id') }} as gtin,
    cast(null as varchar) as brand,
    cast(null as varchar) as category,
    cast(null as decimal(18, 4)) as units_per_case,
    cast(null as decimal(18, 6)) as list_price,
    cast(null as varchar) as currency,
    cast(null as date) as launched_on,
    cast(null as date) as discontinued_on
from named
where not {{ has_feed('products') }}
