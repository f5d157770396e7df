with feed_partners as (
    select distinct
        contract_id,
        partner_id
    from {{ ref('delivery_lines') }}
    where partner_id is not null
),

placed as (
    select
        calendar.*,
        coalesce(calendar.partner_id, feed_partners.partner_id) as slice_partner_id,
        calendar.kind in ('sell_in', 'sell_out', 'stock')
        and coalesce(calendar.partner_id, feed_partners.partner_id) is not null as has_slice
    from {{ ref('delivery_calendar') }} as calendar
    -- a feed whose lines name the partner fails all partners that it ever spoke of
    left join feed_partners
        on calendar.contract_id = feed_partners.contract_id and calendar.partner_id is null
)

select
    contract_id,
    slice_partner_id as partner_id,
    kind,
    period_start,
    period_end,
    owner,
    case when has_slice then status end as status,
    coalesce(days_late, 0) as days_late,
    case when not has_slice and status = 'missing' then 1 else 0 end as overdue_without_slice
from placed
