select
    product_id,
    cast(row_number() over (order by product_id) as integer) as product_number
from {{ ref('stg_products') }}
