{%- set units_of = {'sell_in': 'units', 'sell_out': 'units', 'stock': 'on_hand_units'} -%}

{%- for kind in sales_kinds() %}
select
    '{{ kind }}' as kind,
    contract_id,
    delivery_id,
    partner_id,
    week_start,
    line_class,
    count(*) as lines,
    cast(sum({{ units_of[kind] }}) as decimal(38, 4)) as units,
    cast(sum(abs({{ units_of[kind] }})) as decimal(38, 4)) as absolute_units,
    cast(sum(case when is_conflict then 1 else 0 end) as bigint) as conflict_lines,
    {%- set is_overlapped = 'is_overlapped' if kind == 'sell_out' else 'false' %}
    cast(sum(case when {{ is_overlapped }} then 1 else 0 end) as bigint) as overlapped_lines,
    cast(sum(case when {{ is_overlapped }} then {{ units_of[kind] }} else 0 end) as decimal(38, 4)) as overlapped_units,
    cast(sum(case when is_restatement then 1 else 0 end) as bigint) as restatement_lines,
    cast(sum(case when is_restatement then {{ units_of[kind] }} else 0 end) as decimal(38, 4)) as restatement_units
from {{ ref('stg_' ~ kind) }}
group by contract_id, delivery_id, partner_id, week_start, line_class
{{ 'union all' if not loop.last }}
{%- endfor %}
