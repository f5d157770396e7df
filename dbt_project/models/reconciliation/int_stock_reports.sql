select
    keys.key_number,
    keys.scope_number,
    lines.snapshot_on,
    lines.contract_id,
    cast(sum(lines.on_hand_units) as decimal(18, 4)) as on_hand_units,
    cast(sum(coalesce(lines.adjustment_units, 0)) as decimal(18, 4)) as adjustment_units
from {{ ref('stg_stock') }} as lines
{{ join_stock_keys() }}
where lines.line_class = 'accepted'
group by keys.key_number, keys.scope_number, lines.snapshot_on, lines.contract_id
