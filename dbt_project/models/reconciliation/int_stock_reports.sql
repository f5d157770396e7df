select
    lines.partner_id,
    lines.key_number,
    lines.scope_number,
    lines.snapshot_on,
    lines.week_start,
    {{ week_start('lines.snapshot_on') }} as closing_week,
    lines.contract_id,
    cast(sum(lines.on_hand_units) as decimal(18, 4)) as on_hand_units,
    cast(sum(coalesce(lines.adjustment_units, 0)) as decimal(18, 4)) as adjustment_units
from {{ lines_of_stock_keys('stock') }} as lines
group by
    lines.partner_id, lines.key_number, lines.scope_number, lines.snapshot_on, lines.week_start, lines.contract_id
