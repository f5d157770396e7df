{%- for kind in sales_kinds() %}
select
    '{{ kind }}' as kind,
    contract_id,
    delivery_id,
    line_number,
    location_code,
    product_code,
    week_start,
    count(*) as lines
from {{ ref('stg_' ~ kind) }}
where line_class = 'accepted'
-- one segment of an EDI message holds several places
group by contract_id, delivery_id, line_number, location_code, product_code, week_start
having count(*) > 1
{{ 'union all' if not loop.last }}
{%- endfor %}
