with
{%- for kind in sales_kinds() %}
carried_keys_of_{{ kind }} as (
    select distinct
        former.contract_id,
        former.line_key
    from {{ keyed_lines(kind) }} as former
    inner join {{ source('carried', 'fct_' ~ kind) }} as carried
        on former.delivery_id = carried.delivery_id and former.line_number = carried.line_number
),

-- the line itself, or another line of its key: a restatement that moved to a week that is not held
carried_{{ kind }} as (
    select
        lines.delivery_id,
        lines.line_number
    from {{ keyed_lines(kind) }} as lines
    inner join carried_keys_of_{{ kind }} as keys
        on lines.contract_id = keys.contract_id and lines.line_key = keys.line_key
    union
    select
        delivery_id,
        line_number
    from {{ source('carried', 'fct_' ~ kind) }}
){{ ',' if not loop.last }}
{% endfor %}
{#- by the partner of the line, so that a held slice is news to the facts of that partner, and of no other -#}
{%- for kind in sales_kinds() %}
select
    '{{ kind }}' as kind,
    lines.partner_id,
    lines.delivery_id,
    lines.line_number
from {{ ref('stg_' ~ kind) }} as lines
inner join carried_{{ kind }} as carried
    on lines.delivery_id = carried.delivery_id and lines.line_number = carried.line_number
where lines.partner_id is not null
{{ 'union all' if not loop.last }}
{%- endfor %}
