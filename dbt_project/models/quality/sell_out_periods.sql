with feeds as (
    select *
    from {{ ref('feed_cadence') }}
    where kind = 'sell_out' and is_expected
),

history as (
    select distinct
        feeds.contract_id,
        {{ cadence_start('periods.period_start', 'feeds.unit', 'feeds.every', 'feeds.counted_from') }} as period_start
    from {{ ref('stg_delivery_periods') }} as periods
    inner join feeds
        on periods.contract_id = feeds.contract_id
    where periods.period_start < feeds.counted_from
),

periods as (
    select
        contract_id,
        period_start,
        period_end,
        received_at is not null as is_delivered,
        status = 'missing' as is_missing,
        true as is_expected
    from {{ ref('delivery_calendar') }}
    where kind = 'sell_out'
    union all
    -- what came before the first period expected still tells what to look for
    select
        history.contract_id,
        history.period_start,
        {{ cadence_end('history.period_start', 'feeds.unit', 'feeds.every') }} as period_end,
        true as is_delivered,
        false as is_missing,
        false as is_expected
    from history
    inner join feeds
        on history.contract_id = feeds.contract_id
),

counted as (
    select
        periods.*,
        coalesce(sum(case when is_delivered then 1 else 0 end) over (
            partition by contract_id
            order by period_start
            rows between unbounded preceding and 1 preceding
        ), 0) as delivered_before
    from periods
)

select
    counted.contract_id,
    feeds.partner_id,
    feeds.owner,
    counted.period_start,
    counted.period_end,
    -- what spans two weeks is of neither
    case
        when {{ week_start('counted.period_start') }} = {{ week_start('counted.period_end') }}
            then {{ week_start('counted.period_start') }}
    end as week_start,
    counted.is_delivered,
    counted.is_missing,
    -- a period under way may still be completed
    counted.is_expected
    and counted.is_delivered
    and {{ end_of_day_utc('counted.period_end', 'feeds.timezone') }} <= build.as_of as is_judged,
    cast(counted.delivered_before as integer) as delivered_before,
    cast(case when counted.is_delivered then counted.delivered_before + 1 end as integer) as delivered_number
from counted
inner join feeds
    on counted.contract_id = feeds.contract_id
cross join {{ ref('stg_build') }} as build
