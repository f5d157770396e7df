with periods as (
    select
        periods.contract_id,
        periods.period_start,
        periods.period_end,
        feeds.closed_weekdays
    from {{ ref('sell_out_periods') }} as periods
    inner join {{ ref('feed_cadence') }} as feeds
        on periods.contract_id = feeds.contract_id
),

days as (
    {{ day_series('(select min(period_start) from periods)', '(select max(period_end) from periods)') }}
),

days_of_periods as (
    select
        periods.contract_id,
        periods.period_start,
        {{ week_start('days.day') }} as week_start,
        case
            when closed_days.contract_id is not null then 0
            when coalesce({{ is_closed_weekday('days.day', 'periods.closed_weekdays') }}, false) then 0
            else 1
        end as is_open
    from periods
    inner join days
        on days.day between periods.period_start and periods.period_end
    left join {{ source('control', 'closed_days') }} as closed_days
        on periods.contract_id = closed_days.contract_id and days.day = closed_days.closed_on
),

open_periods as (
    select contract_id, period_start
    from days_of_periods
    group by contract_id, period_start
    having sum(is_open) > 0
)

-- who sells while closed is taken at its days
select
    days.contract_id,
    days.period_start,
    days.week_start,
    cast(sum(case when open_periods.contract_id is null then 1 else days.is_open end) as integer) as days
from days_of_periods as days
left join open_periods
    on days.contract_id = open_periods.contract_id and days.period_start = open_periods.period_start
group by days.contract_id, days.period_start, days.week_start
