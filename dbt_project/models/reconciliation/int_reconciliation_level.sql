select
    partner_id,
    product_id,
    case when sum(lines) = sum(located_lines) then 'location' else 'partner' end as level
from {{ ref('int_located_lines') }}
group by partner_id, product_id
having sum(case when kind = 'stock' then lines else 0 end) > 0
