{#- The line itself, or another line of its key: a restatement that moved to a week that is not held. -#}
with
{%- for kind in sales_kinds() %}
carried_keys_of_{{ kind }} as (
    select distinct
        former.contract_id,
        former.line_key
    from {{ keyed_lines(kind) }} as former
    inner join {{ source('carried', 'fct_' ~ kind) }} as carried
        on former.delivery_id = carried.delivery_id and former.line_number = carried.line_number
){{ ',' if not loop.last }}
{% endfor %}
{%- for kind in sales_kinds() %}
select
    '{{ kind }}' as kind,
    lines.delivery_id,
    lines.line_number
from {{ keyed_lines(kind) }} as lines
inner join carried_keys_of_{{ kind }} as keys
    on lines.contract_id = keys.contract_id and lines.line_key = keys.line_key
union
select
    '{{ kind }}' as kind,
    delivery_id,
    line_number
from {{ source('carried', 'fct_' ~ kind) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
