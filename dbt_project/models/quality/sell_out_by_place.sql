select
    contract_id,
    place_number,
    product_number,
    sum(units) as units
from {{ ref('sell_out_by_period') }}
group by contract_id, place_number, product_number
