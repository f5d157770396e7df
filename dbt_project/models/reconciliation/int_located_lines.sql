{%- for kind in sales_kinds() %}
select
    partner_id,
    product_id,
    week_start,
    '{{ kind }}' as kind,
    count(*) as lines,
    count(location_id) as located_lines
from {{ ref('stg_' ~ kind) }}
where line_class = 'accepted'
group by partner_id, product_id, week_start
{{ 'union all' if not loop.last }}
{%- endfor %}
