{{ config(tags=['after_marts']) }}

{%- for table, invariant, offending in invariants_of_partners() %}
select
    partner_id,
    '{{ table }}' as table_name,
    '{{ invariant }}' as invariant,
    count(*) as offending_rows
from (
    {{ offending }}
) as offending
group by partner_id
{{ 'union all' if not loop.last }}
{%- endfor %}
