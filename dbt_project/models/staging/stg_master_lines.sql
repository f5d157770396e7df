{%- for kind in master_kinds() %}
select
    '{{ kind }}' as kind,
    delivery_id,
    case line_state when 'current' then 'accepted' else line_state end as line_class,
    count(*) as lines,
    cast(sum(case when is_conflict then 1 else 0 end) as bigint) as conflicts,
    cast(sum(case when is_restatement then 1 else 0 end) as bigint) as restatements
from ({{ current_lines(kind, 'rate_date' if kind == 'exchange_rates') }}) as lines
group by delivery_id, line_state
{{ 'union all' if not loop.last }}
{%- endfor %}
