with counted as (
{%- for kind in sales_kinds() %}
    select
        partner_id,
        product_id,
        count(*) as lines,
        count(location_id) as located_lines,
        {{ 'count(*)' if kind == 'stock' else '0' }} as stock_lines
    from {{ ref('stg_' ~ kind) }}
    where line_class = 'accepted'
    group by partner_id, product_id
    {{ 'union all' if not loop.last }}
{%- endfor %}
)

select
    partner_id,
    product_id,
    case when sum(lines) = sum(located_lines) then 'location' else 'partner' end as level
from counted
group by partner_id, product_id
having sum(stock_lines) > 0
