select
    lines.partner_id,
    lines.key_number,
    lines.scope_number,
    lines.period_start,
    lines.period_end,
    lines.week_start,
    cast(sum(lines.units) as decimal(18, 4)) as units,
    count(*) as lines
from {{ lines_of_stock_keys('sell_out') }} as lines
group by
    lines.partner_id, lines.key_number, lines.scope_number, lines.period_start, lines.period_end, lines.week_start
