with days as (
    select distinct
        contract_id,
        period_start as day
    from {{ ref('stg_sell_out') }}
),

numbered_days as (
    select
        days.contract_id,
        days.day,
        feeds.delivery_mode,
        periods.delivered_number,
        periods.week_start
    from days
    inner join {{ ref('feed_cadence') }} as feeds
        on days.contract_id = feeds.contract_id
    inner join {{ ref('sell_out_periods') }} as periods
        on
            days.contract_id = periods.contract_id
            and periods.period_start
            = {{ cadence_start('days.day', 'feeds.unit', 'feeds.every', 'feeds.counted_from') }}
    where periods.delivered_number is not null
)

select
    lines.contract_id,
    places.place_number,
    products.product_number,
    numbered_days.delivered_number,
    numbered_days.week_start,
    cast(sum(case when lines.line_class = 'accepted' then lines.units else 0 end) as double) as units
from {{ ref('stg_sell_out') }} as lines
inner join numbered_days
    on lines.contract_id = numbered_days.contract_id and lines.period_start = numbered_days.day
inner join {{ ref('sell_out_places') }} as places
    on
        lines.contract_id = places.contract_id
        and lines.partner_id = places.partner_id
        and coalesce(lines.location_id, '') = coalesce(places.location_id, '')
left join {{ ref('sell_out_products') }} as products
    on
        lines.product_id = products.product_id
        -- at which place it sold is not known, so it is expected at none
        and coalesce(lines.unmatched_reason, '') <> 'location'
where
    lines.line_class in ('accepted', 'unmatched')
    -- a line that lost to one of its own key, or to another grain, was reported all the same
    or (lines.line_class = 'superseded' and numbered_days.delivery_mode <> 'replace_period')
group by
    lines.contract_id, places.place_number, products.product_number, numbered_days.delivered_number,
    numbered_days.week_start
