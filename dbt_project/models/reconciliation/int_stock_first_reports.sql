select
    partner_id,
    key_number,
    scope_number,
    min(snapshot_on) as snapshot_on
from {{ ref('int_stock_reports') }}
group by partner_id, key_number, scope_number
