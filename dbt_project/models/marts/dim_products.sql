with listed as (
    select
        product_id, product_name, gtin, category, units_per_case, list_price, launched_on, discontinued_on, brand,
        currency
    from {{ ref('stg_products') }}
),

carried as (
    select
        product_id, product_name, gtin, category, units_per_case, list_price, launched_on, discontinued_on, brand,
        currency
    from {{ source('carried', 'dim_products') }}
    where product_id not in (select product_id from listed)
),

sold as (
    select product_id from {{ ref('fct_sell_in') }}
    union
    select product_id from {{ ref('fct_sell_out') }}
    union
    select product_id from {{ ref('fct_stock') }}
)

select * from listed
union all
-- carried lines may name a product that the list has since dropped
select * from carried
union all
-- and a list of codes one that it never had
select
    product_id,
    product_id as product_name,
    cast(null as {{ dbt.type_string() }}) as gtin,
    cast(null as {{ dbt.type_string() }}) as category,
    cast(null as decimal(18, 4)) as units_per_case,
    cast(null as decimal(18, 6)) as list_price,
    cast(null as date) as launched_on,
    cast(null as date) as discontinued_on,
    cast(null as {{ dbt.type_string() }}) as brand,
    cast(null as {{ dbt.type_string() }}) as currency
from sold
where
    product_id not in (select product_id from listed)
    and product_id not in (select product_id from carried)
