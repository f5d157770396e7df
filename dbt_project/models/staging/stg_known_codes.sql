{%- set first_day = "cast('0001-01-01' as date)" -%}
{#- one day before the last that engines know: the day after it must still be a date -#}
{%- set last_day = "cast('9999-12-30' as date)" -%}
with mapped as (
    select
        mapped.partner_id,
        mapped.code,
        mapped.product_id,
        mapped.units_per_code,
        coalesce(mapped.valid_from, {{ first_day }}) as valid_from,
        case when mapped.valid_to < {{ last_day }} then mapped.valid_to else {{ last_day }} end as valid_to
    from {{ ref('stg_product_codes') }} as mapped
    inner join {{ ref('stg_products') }} as products
        on mapped.product_id = products.product_id
),

products as (
    select
        product_id,
        gtin,
        gtin_as_sent,
        {{ code_digits('gtin_as_sent') }} as gtin_digits
    from {{ ref('stg_products') }}
),

known as (
    {%- for spelling, code in [('as_sent', 'code'), ('zeros_eaten', digits_left('code'))] %}
    select
        partner_id,
        '{{ spelling }}' as spelling,
        {{ code }} as code,
        case when partner_id is null then 2 else 1 end as preference,
        product_id,
        units_per_code,
        valid_from,
        valid_to
    from mapped
    union all
    {%- endfor %}
    {%- for spelling, code, preference in [
        ('gtin', 'gtin', 3),
        ('as_sent', 'case when gtin is null then gtin_as_sent end', 3),
        ('cip7', cip7_of_gtin('gtin'), 4),
        ('cip7', "case when length(gtin_digits) = 7 then gtin_digits end", 4),
        ('as_sent', 'product_id', 5),
        ('zeros_eaten', digits_left('product_id'), 5),
    ] %}
    select
        cast(null as {{ dbt.type_string() }}) as partner_id,
        '{{ spelling }}' as spelling,
        {{ code }} as code,
        {{ preference }} as preference,
        product_id,
        cast(null as decimal(18, 4)) as units_per_code,
        {{ first_day }} as valid_from,
        {{ last_day }} as valid_to
    from products
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from known
where code is not null
