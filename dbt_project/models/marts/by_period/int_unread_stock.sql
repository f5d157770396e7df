{{ config(contract={'enforced': false}) }}

with panel as (
    select distinct partner_id, location_id
    from {{ ref('int_distribution_places') }}
),

unread_counts as (
    select distinct
        places.partner_id,
        places.location_id,
        lines.product_id,
        weeks.week_start
    from {{ ref('unread_lines') }} as lines
    inner join {{ ref('int_weeks') }} as weeks
        on
            weeks.week_start <= lines.period_end
            and {{ add_days('weeks.week_start', 6) }} >= lines.period_start
    inner join panel as places
        on
            lines.partner_id = places.partner_id
            and coalesce(lines.location_id, places.location_id) = places.location_id
    left join {{ ref('int_stock_snapshot_days') }} as days
        on
            lines.contract_id = days.contract_id
            and places.partner_id = days.partner_id
            and places.location_id = days.location_id
            and weeks.week_start = days.week_start
            and days.is_last
    where
        lines.kind = 'stock'
        and lines.has_location
        -- a later count takes the place of what could not be read
        and coalesce(days.snapshot_on <= lines.period_end, true)
        and (lines.location_id is not null or days.snapshot_on >= lines.period_start)
),

places_without_product as (
    select distinct partner_id, location_id
    from unread_counts
    where product_id is null
),

met_products as (
    select lines.partner_id, lines.location_id, lines.product_id, min(lines.week_start) as first_week_start
    from (
        select partner_id, location_id, product_id, week_start from {{ ref('int_weekly_sell_out') }}
        union all
        select partner_id, location_id, product_id, week_start from {{ ref('int_weekly_stock') }}
    ) as lines
    inner join places_without_product as places
        on lines.partner_id = places.partner_id and lines.location_id = places.location_id
    group by lines.partner_id, lines.location_id, lines.product_id
),

unread_products as (
    select partner_id, location_id, product_id, week_start
    from unread_counts
    where product_id is not null
    union
    select met_products.partner_id, met_products.location_id, met_products.product_id, unread_counts.week_start
    from unread_counts
    inner join met_products
        on
            unread_counts.partner_id = met_products.partner_id
            and unread_counts.location_id = met_products.location_id
            and unread_counts.week_start >= met_products.first_week_start
    where unread_counts.product_id is null
)

select unread_products.*
from unread_products
left join {{ ref('int_weekly_stock') }} as counted
    on
        {{ same_keys('unread_products', 'counted', ['partner_id', 'location_id', 'product_id', 'week_start']) }}
where counted.partner_id is null
