{{ config(contract={'enforced': false}) }}

select
    partner_id,
    location_id,
    product_id,
    min(week_start) as first_week_start
from (
{%- for kind in sales_kinds() %}
    select
        lines.partner_id,
        lines.location_id,
        lines.product_id,
        lines.week_start
    from {{ ref('stg_' ~ kind) }} as lines
    inner join {{ source('gates', 'held_slices') }} as held
        on
            held.kind = '{{ kind }}'
            and lines.partner_id = held.partner_id
            and lines.week_start = held.week_start
    where lines.line_class = 'accepted'
    {{ 'union all' if not loop.last }}
{%- endfor %}
) as held_lines
group by partner_id, location_id, product_id
