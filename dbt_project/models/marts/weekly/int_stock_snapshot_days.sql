{{ config(contract={'enforced': false}) }}

with feeds as (
    select
        deliveries.delivery_id,
        contracts.contract_id,
        contracts.coverage = 'complete' as is_complete,
        -- a count at the start of a day stands for the close of the day before
        case when contracts.snapshot_taken = 'start_of_day' then 1 else 0 end as days_after_close
    from {{ ref('stg_deliveries') }} as deliveries
    inner join {{ ref('stg_contracts') }} as contracts
        on deliveries.contract_id = contracts.contract_id
    where contracts.kind = 'stock'
),

days as (
    select distinct
        partner_id,
        location_id,
        delivery_id,
        snapshot_date
    from {{ ref('fct_stock') }}
),

closed as (
    select
        days.partner_id,
        days.location_id,
        days.delivery_id,
        days.snapshot_date,
        feeds.contract_id,
        coalesce(feeds.is_complete, false) as is_complete,
        {{ add_days('days.snapshot_date', '-coalesce(feeds.days_after_close, 0)') }} as snapshot_on
    from days
    left join feeds
        on days.delivery_id = feeds.delivery_id
),

placed as (
    select
        closed.*,
        {{ week_start('snapshot_on') }} as week_start
    from closed
),

location_feeds as (
    select
        partner_id,
        location_id,
        count(distinct contract_id) as feeds
    from placed
    group by partner_id, location_id
),

partner_feeds as (
    select
        partner_id,
        count(distinct contract_id) as feeds
    from placed
    group by partner_id
)

select
    placed.*,
    placed.snapshot_on = max(placed.snapshot_on) over (
        partition by placed.partner_id, placed.location_id, placed.contract_id, placed.week_start
    ) as is_last,
    location_feeds.feeds as location_feeds,
    partner_feeds.feeds as partner_feeds
from placed
inner join location_feeds
    on
        placed.partner_id = location_feeds.partner_id
        and coalesce(placed.location_id, '') = coalesce(location_feeds.location_id, '')
inner join partner_feeds
    on placed.partner_id = partner_feeds.partner_id
