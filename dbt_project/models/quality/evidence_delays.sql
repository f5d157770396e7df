select
    contract_id,
    partner_id,
    kind,
    period_start,
    period_end,
    owner,
    status,
    coalesce(days_late, 0) as days_late
from {{ ref('delivery_calendar') }}
