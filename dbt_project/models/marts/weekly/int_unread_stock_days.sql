{{ config(contract={'enforced': false}) }}

-- a line whose place cannot be told may be of any that its feed counted that day
select distinct
    days.partner_id,
    days.location_id,
    lines.product_id,
    days.snapshot_date
from {{ ref('unread_lines') }} as lines
inner join {{ ref('int_stock_snapshot_days') }} as days
    on
        lines.contract_id = days.contract_id
        and lines.partner_id = days.partner_id
        and coalesce(lines.location_id, days.location_id) = days.location_id
        and days.snapshot_on between lines.period_start and lines.period_end
where lines.kind = 'stock' and lines.has_location
