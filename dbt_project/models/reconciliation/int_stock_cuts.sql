with feeds as (
    select
        contracts.contract_id,
        contracts.coverage = 'complete' as is_complete,
        coalesce(contracts.stock_tolerance, 0) as stock_tolerance,
        -- a count at the start of a day stands for the close of the day before
        case when contracts.snapshot_taken = 'start_of_day' then 1 else 0 end as days_after_close,
        coalesce(contracts.frequency_unit, case contracts.period
            when 'week' then 'w'
            when 'month' then 'm'
            when 'year' then 'y'
            else 'd'
        end) as bucket_unit,
        contracts.week_begins_on
    from {{ ref('stg_contracts') }} as contracts
    where contracts.kind = 'stock'
),

reported_days as (
    select
        reports.partner_id,
        reports.scope_number,
        reports.contract_id,
        reports.snapshot_on,
        {{ period_bucket(
            add_days('reports.snapshot_on', 'feeds.days_after_close'), 'feeds.bucket_unit', 'feeds.week_begins_on'
        ) }} as bucket
    from (
        select distinct partner_id, scope_number, contract_id, snapshot_on
        from {{ ref('int_stock_reports') }}
    ) as reports
    inner join feeds
        on reports.contract_id = feeds.contract_id
),

-- a location that has closed owes no snapshot
closed_scopes as (
    select distinct
        keys.scope_number,
        locations.closed_on
    from {{ ref('int_stock_keys') }} as keys
    inner join {{ ref('stg_locations') }} as locations
        on keys.location_id = locations.location_id and keys.partner_id = locations.partner_id
    where locations.closed_on is not null
),

scope_feeds as (
    select
        reported_days.scope_number,
        reported_days.contract_id,
        feeds.is_complete,
        feeds.stock_tolerance,
        feeds.days_after_close,
        min(reported_days.partner_id) as partner_id,
        min(reported_days.snapshot_on) as first_on,
        max(closed_scopes.closed_on) as closed_on
    from reported_days
    inner join feeds
        on reported_days.contract_id = feeds.contract_id
    left join closed_scopes
        on reported_days.scope_number = closed_scopes.scope_number
    group by
        reported_days.scope_number, reported_days.contract_id, feeds.is_complete, feeds.stock_tolerance,
        feeds.days_after_close
),

scopes as (
    select
        scope_number,
        min(partner_id) as partner_id,
        count(*) as feeds,
        min(case when is_complete then 1 else 0 end) as is_complete,
        max(stock_tolerance) as stock_tolerance
    from scope_feeds
    group by scope_number
),

delivered_buckets as (
    select
        contract_id,
        bucket,
        max(snapshot_on) as last_on
    from reported_days
    group by contract_id, bucket
),

-- the feed spoke in this period, and not of this partner or location
left_out as (
    select
        scope_feeds.scope_number,
        delivered_buckets.last_on as cut_on
    from scope_feeds
    inner join delivered_buckets
        on scope_feeds.contract_id = delivered_buckets.contract_id and scope_feeds.first_on < delivered_buckets.last_on
    left join reported_days
        on
            scope_feeds.scope_number = reported_days.scope_number
            and scope_feeds.contract_id = reported_days.contract_id
            and delivered_buckets.bucket = reported_days.bucket
    where
        reported_days.scope_number is null
        and coalesce(delivered_buckets.last_on <= scope_feeds.closed_on, true)
),

undelivered as (
    select
        scope_feeds.scope_number,
        {{ add_days('calendar.period_end', '-scope_feeds.days_after_close') }} as cut_on
    from scope_feeds
    inner join {{ ref('delivery_calendar') }} as calendar
        on scope_feeds.contract_id = calendar.contract_id and scope_feeds.first_on < calendar.period_end
    where
        calendar.kind = 'stock'
        and calendar.status = 'missing'
        and coalesce(calendar.period_end <= scope_feeds.closed_on, true)
),

cuts as (
    select scope_number, snapshot_on as cut_on, contract_id from reported_days
    union all
    select scope_number, cut_on, cast(null as {{ dbt.type_string() }}) as contract_id from left_out
    union all
    select scope_number, cut_on, cast(null as {{ dbt.type_string() }}) as contract_id from undelivered
),

known_cuts as (
    select
        scope_number,
        cut_on,
        count(distinct contract_id) as delivered_feeds
    from cuts
    group by scope_number, cut_on
),

numbered as (
    select
        scopes.partner_id,
        known_cuts.scope_number,
        row_number() over (partition by known_cuts.scope_number order by known_cuts.cut_on) as cut_number,
        known_cuts.cut_on,
        scopes.is_complete = 1 and known_cuts.delivered_feeds = scopes.feeds as is_zero_if_absent,
        scopes.stock_tolerance
    from known_cuts
    inner join scopes
        on known_cuts.scope_number = scopes.scope_number
)

select
    numbered.*,
    {{ week_start('cut_on') }} as closing_week,
    lag(cut_on) over (partition by scope_number order by cut_number) as opening_on,
    lag(is_zero_if_absent) over (partition by scope_number order by cut_number) as is_zero_if_absent_at_opening
from numbered
