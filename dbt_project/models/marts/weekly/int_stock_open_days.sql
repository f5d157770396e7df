{{ config(contract={'enforced': false}) }}

with feed_days as (
    select
        days.partner_id,
        days.location_id,
        days.snapshot_date,
        {{ week_start('days.snapshot_date') }} as week_start,
        days.contract_id,
        days.is_complete,
        days.location_feeds,
        closed_days.contract_id is null
        and not coalesce({{ is_closed_weekday('days.snapshot_date', 'contracts.closed_weekdays') }}, false) as is_open
    from {{ ref('int_stock_snapshot_days') }} as days
    left join {{ ref('stg_contracts') }} as contracts
        on days.contract_id = contracts.contract_id
    left join {{ source('control', 'closed_days') }} as closed_days
        on days.contract_id = closed_days.contract_id and days.snapshot_date = closed_days.closed_on
    where days.location_id is not null
)

select
    feed_days.partner_id,
    feed_days.location_id,
    feed_days.snapshot_date,
    feed_days.week_start,
    min(case when feed_days.is_complete then 1 else 0 end) = 1
    and count(distinct feed_days.contract_id) = max(feed_days.location_feeds)
    and max(unread.partner_id) is null as is_whole
from feed_days
-- a line that does not say its product may be of any
left join {{ ref('int_unread_stock_days') }} as unread
    on
        feed_days.partner_id = unread.partner_id
        and feed_days.location_id = unread.location_id
        and feed_days.snapshot_date = unread.snapshot_date
        and unread.product_id is null
left join {{ ref('dim_locations') }} as locations
    on feed_days.location_id = locations.location_id and feed_days.partner_id = locations.partner_id
where
    coalesce(feed_days.snapshot_date >= locations.opened_on, true)
    and coalesce(feed_days.snapshot_date <= locations.closed_on, true)
group by feed_days.partner_id, feed_days.location_id, feed_days.snapshot_date, feed_days.week_start
having max(case when feed_days.is_open then 1 else 0 end) = 1
