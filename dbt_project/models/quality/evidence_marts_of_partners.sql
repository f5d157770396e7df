{{ config(tags=['after_marts'], meta={'reach': {'int_weekly_sell_through': [0, cohort_ages() | max]}}) }}

{%- for table, invariant, balances in invariants_of_partners() %}
select
    partner_id,
    week_start,
    '{{ table }}' as table_name,
    '{{ invariant }}' as invariant,
    sum(balance) as balance
from (
    {{ balances }}
) as balances
group by partner_id, week_start
having sum(balance) <> 0
{{ 'union all' if not loop.last }}
{%- endfor %}
