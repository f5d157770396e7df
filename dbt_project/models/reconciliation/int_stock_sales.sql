select
    keys.key_number,
    keys.scope_number,
    lines.period_start,
    lines.period_end,
    cast(sum(lines.units) as decimal(18, 4)) as units,
    count(*) as lines
from {{ ref('stg_sell_out') }} as lines
{{ join_stock_keys() }}
where lines.line_class = 'accepted'
group by keys.key_number, keys.scope_number, lines.period_start, lines.period_end
