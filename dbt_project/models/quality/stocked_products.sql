with feeds as (
    select distinct
        places.contract_id,
        places.partner_id
    from {{ ref('sell_out_places') }} as places
    inner join {{ ref('feed_cadence') }} as cadence
        on places.contract_id = cadence.contract_id
    where cadence.coverage = 'partial'
),

counted as (
    select
        lines.partner_id,
        coalesce(lines.location_id, '') as location_key,
        products.product_number,
        lines.snapshot_on,
        max(lines.on_hand_units) as on_hand_units
    from {{ ref('stg_stock') }} as lines
    inner join {{ ref('sell_out_products') }} as products
        on lines.product_id = products.product_id
    where lines.line_class = 'accepted' and lines.partner_id in (select partner_id from feeds)
    group by lines.partner_id, coalesce(lines.location_id, ''), products.product_number, lines.snapshot_on
),

followed as (
    select
        counted.*,
        lead(snapshot_on) over (
            partition by partner_id, location_key, product_number
            order by snapshot_on
        ) as next_snapshot_on
    from counted
),

first_periods_after as (
    select
        feeds.contract_id,
        snapshots.partner_id,
        snapshots.snapshot_on,
        min(periods.delivered_number) as delivered_number
    from (select distinct partner_id, snapshot_on from counted) as snapshots
    inner join feeds
        on snapshots.partner_id = feeds.partner_id
    inner join {{ ref('sell_out_periods') }} as periods
        on feeds.contract_id = periods.contract_id and snapshots.snapshot_on < periods.period_start
    where periods.is_delivered
    group by feeds.contract_id, snapshots.partner_id, snapshots.snapshot_on
)

select
    places.contract_id,
    places.place_number,
    followed.product_number,
    opening.delivered_number as first_number,
    closing.delivered_number as next_number
from followed
inner join first_periods_after as opening
    on followed.partner_id = opening.partner_id and followed.snapshot_on = opening.snapshot_on
inner join {{ ref('sell_out_places') }} as places
    on
        opening.contract_id = places.contract_id
        and followed.partner_id = places.partner_id
        and followed.location_key = coalesce(places.location_id, '')
left join first_periods_after as closing
    on
        opening.contract_id = closing.contract_id
        and opening.partner_id = closing.partner_id
        and followed.next_snapshot_on = closing.snapshot_on
where
    followed.on_hand_units > 0
    and (closing.delivered_number is null or opening.delivered_number < closing.delivered_number)
