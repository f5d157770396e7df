with set_aside as (
    select distinct
        lines.contract_id,
        lines.kind,
        deliveries.delivery_id,
        deliveries.received_at,
        deliveries.file_name,
        deliveries.delivery_mode,
        deliveries.bucket_unit,
        deliveries.week_begins_on,
        lines.partner_id,
        lines.partner_code,
        lines.location_code,
        lines.product_code,
        lines.line_date
    from {{ ref('quarantine') }} as lines
    inner join {{ ref('stg_deliveries') }} as deliveries
        on lines.delivery_id = deliveries.delivery_id
),

contracts as (
    select
        stg_contracts.*,
        case when kind = 'sell_out' then period else 'day' end as line_period,
        -- sell-in counts when it is received; a count at the start of a day stands for the close of the day before
        case
            when kind = 'sell_in' then coalesce(lead_time_days, 0)
            when kind = 'stock' and snapshot_taken = 'start_of_day' then -1
            else 0
        end as days_until
    from {{ ref('stg_contracts') }} as stg_contracts
),

dated as (
    select
        set_aside.*,
        line_date as first_day,
        line_date as last_day
    from set_aside
    where line_date is not null
    union all
    -- a line whose date cannot be read may belong to any period of its delivery
    select
        set_aside.*,
        periods.period_start as first_day,
        periods.period_end as last_day
    from set_aside
    inner join {{ ref('stg_delivery_periods') }} as periods
        on set_aside.delivery_id = periods.delivery_id
    where set_aside.line_date is null
),

placed as (
    select
        dated.contract_id,
        dated.kind,
        dated.delivery_mode,
        dated.received_at,
        dated.file_name,
        contracts.has_location,
        feeds.partner_id,
        locations.location_id,
        products.product_id,
        {{ period_bucket('dated.first_day', 'dated.bucket_unit', 'dated.week_begins_on') }} as bucket_start,
        {{ add_days('dated.first_day', 'contracts.days_until') }} as period_start,
        {{ add_days(
            last_day_of_line('dated.first_day', 'case when dated.line_date is null then dated.last_day end',
                'contracts.line_period'),
            'contracts.days_until'
        ) }} as period_end
    from dated
    inner join contracts
        on dated.contract_id = contracts.contract_id
    left join {{ ref('stg_partner_map') }} as partners
        on dated.contract_id = partners.contract_id and dated.partner_code = partners.partner_code
    -- a line whose partner cannot be told may be of any that the feed speaks of
    inner join {{ ref('feed_partners') }} as feeds
        on
            dated.contract_id = feeds.contract_id
            and coalesce(dated.partner_id, partners.partner_id, feeds.partner_id) = feeds.partner_id
    left join {{ ref('stg_location_map') }} as locations
        on feeds.partner_id = locations.partner_id and dated.location_code = locations.location_code
    left join {{ ref('stg_product_map') }} as products
        on
            feeds.partner_id = products.partner_id
            and dated.product_code = products.product_code
            and dated.first_day between products.valid_from and products.valid_to
),

-- few deliveries speak of a period that an earlier one has spoken of
later_deliveries as (
    select distinct periods.delivery_id
    from {{ ref('stg_delivery_periods') }} as periods
    inner join placed
        on periods.contract_id = placed.contract_id and periods.period_start = placed.bucket_start
    where
        placed.delivery_mode <> 'append'
        and (
            periods.received_at > placed.received_at
            or (periods.received_at = placed.received_at and periods.file_name > placed.file_name)
        )
),

told as (
{%- for kind, date_column in [('sell_out', 'period_start'), ('stock', 'snapshot_date')] %}
    select distinct
        lines.contract_id,
        lines.partner_id,
        coalesce(lines.location_id, '') as location_key,
        lines.received_at,
        lines.file_name,
        {{ period_bucket('lines.' ~ date_column, 'deliveries.bucket_unit', 'deliveries.week_begins_on') }}
            as bucket_start
    from {{ ref('stg_' ~ kind) }} as lines
    inner join {{ ref('stg_deliveries') }} as deliveries
        on lines.delivery_id = deliveries.delivery_id
    where lines.delivery_id in (select delivery_id from later_deliveries)
    {{ 'union all' if not loop.last }}
{%- endfor %}
),

-- what a later delivery tells of the place and period takes the line's place
told_again as (
    select distinct
        placed.contract_id,
        placed.partner_id,
        placed.location_id,
        placed.bucket_start,
        placed.received_at,
        placed.file_name
    from placed
    inner join told
        on
            placed.contract_id = told.contract_id
            and placed.partner_id = told.partner_id
            and placed.bucket_start = told.bucket_start
    where
        placed.delivery_mode <> 'append'
        and coalesce(placed.location_id, told.location_key) = told.location_key
        and (
            told.received_at > placed.received_at
            or (told.received_at = placed.received_at and told.file_name > placed.file_name)
        )
)

select distinct
    placed.contract_id,
    placed.kind,
    placed.partner_id,
    placed.location_id,
    placed.product_id,
    placed.has_location,
    placed.period_start,
    placed.period_end
from placed
left join told_again
    on
        placed.contract_id = told_again.contract_id
        and placed.partner_id = told_again.partner_id
        and coalesce(placed.location_id, '') = coalesce(told_again.location_id, '')
        and placed.bucket_start = told_again.bucket_start
        and placed.received_at = told_again.received_at
        and placed.file_name = told_again.file_name
where told_again.contract_id is null
