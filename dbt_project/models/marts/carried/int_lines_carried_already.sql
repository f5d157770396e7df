{%- for kind in sales_kinds() %}
select
    '{{ kind }}' as kind,
    lines.delivery_id,
    lines.line_number
from {{ keyed_lines(kind) }} as lines
inner join (
    select distinct
        former.contract_id,
        former.line_key
    from {{ keyed_lines(kind) }} as former
    inner join {{ source('carried', 'fct_' ~ kind) }} as carried
        on former.delivery_id = carried.delivery_id and former.line_number = carried.line_number
) as keys
    on lines.contract_id = keys.contract_id and lines.line_key = keys.line_key
union
select
    '{{ kind }}' as kind,
    delivery_id,
    line_number
from {{ source('carried', 'fct_' ~ kind) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
