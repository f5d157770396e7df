with listed as (
    select
        lines.*,
        {{ code_digits('gtin') }} as gtin_digits
    from ({{ current_master('products', 'product_id') }}) as lines
),

fed as (
    select
        product_id,
        product_name,
        coalesce(
            {{ gtin14_as_written('gtin_digits') }},
            -- 7 digits in a product list are a CIP7 or an ACL7: no GTIN-8 on sale begins with a zero
            case when length(gtin_digits) > 7 then {{ gtin14_without_zeros('gtin_digits') }} end
        ) as gtin,
        gtin as gtin_as_sent,
        brand,
        category,
        units_per_case,
        list_price,
        currency,
        launched_on,
        discontinued_on
    from listed
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
),

named_with_gtin as (
    select
        product_id,
        product_name,
        {{ gtin14_as_written(code_digits('product_id')) }} as gtin
    from named
)

select * from fed
union all
select
    product_id,
    coalesce(product_name, product_id) as product_name,
    -- nobody said that the code is a GTIN: only its check digit can
    case when {{ has_gs1_check_digit('gtin') }} then gtin end as gtin,
    cast(null as {{ dbt.type_string() }}) as gtin_as_sent,
    cast(null as {{ dbt.type_string() }}) as brand,
    cast(null as {{ dbt.type_string() }}) as category,
    cast(null as decimal(18, 4)) as units_per_case,
    cast(null as decimal(18, 6)) as list_price,
    cast(null as {{ dbt.type_string() }}) as currency,
    cast(null as date) as launched_on,
    cast(null as date) as discontinued_on
from named_with_gtin
where not {{ has_feed('products') }}
