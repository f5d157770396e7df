{{ config(contract={'enforced': false}) }}

select distinct
    lines.kind,
    lines.partner_id,
    lines.location_id,
    lines.product_id,
    lines.has_location,
    weeks.week_start
from {{ ref('unread_lines') }} as lines
inner join {{ ref('int_weekly_slices') }} as weeks
    on
        lines.partner_id = weeks.partner_id
        and weeks.week_start <= lines.period_end
        and {{ add_days('weeks.week_start', 6) }} >= lines.period_start
where lines.kind <> 'stock'
union all
-- a week ends with its last count, whatever could not be read of those before
select distinct
    lines.kind,
    lines.partner_id,
    lines.location_id,
    lines.product_id,
    lines.has_location,
    days.week_start
from {{ ref('unread_lines') }} as lines
inner join {{ ref('int_stock_snapshot_days') }} as days
    on
        lines.contract_id = days.contract_id
        and lines.partner_id = days.partner_id
        and days.snapshot_on between lines.period_start and lines.period_end
where lines.kind = 'stock' and days.is_last
