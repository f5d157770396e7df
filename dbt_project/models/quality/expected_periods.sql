{#- Far enough ahead that the next due date of a monthly feed is known. -#}
{%- set days_ahead = 62 -%}

with horizon as (
    select
        as_of_date,
        {{ add_days('as_of_date', days_ahead) }} as last_day
    from {{ ref('stg_build') }}
),

feeds as (
    select
        cadence.*,
        horizon.as_of_date,
        case when cadence.ends_on < horizon.last_day then cadence.ends_on else horizon.last_day end as last_day
    from {{ ref('feed_cadence') }} as cadence
    cross join horizon
    where cadence.is_expected
),

days as (
    {{ day_series('(select min(counted_from) from feeds)', '(select max(last_day) from feeds)') }}
),

periods as (
    select
        feeds.contract_id,
        feeds.partner_id,
        feeds.kind,
        feeds.owner,
        feeds.timezone,
        feeds.latency_days,
        feeds.closed_weekdays,
        feeds.unit,
        days.day as period_start,
        {{ cadence_end('days.day', 'feeds.unit', 'feeds.every') }} as period_end
    from feeds
    inner join days
        on days.day between feeds.counted_from and feeds.last_day
    where days.day = {{ cadence_start('days.day', 'feeds.unit', 'feeds.every', 'feeds.counted_from') }}
),

waived_periods as (
    select distinct
        feeds.contract_id,
        {{ cadence_start('waivers.period_start', 'feeds.unit', 'feeds.every', 'feeds.counted_from') }} as period_start
    from feeds
    inner join {{ source('control', 'contract_waivers') }} as waivers
        on feeds.contract_id = waivers.contract_id and waivers.until >= feeds.as_of_date
)

select
    periods.contract_id,
    periods.partner_id,
    periods.kind,
    periods.period_start,
    periods.period_end,
    {{ end_of_day_utc(add_days('periods.period_end', 'periods.latency_days'), 'periods.timezone') }} as due_at,
    waived_periods.contract_id is not null as is_waived,
    {{ add_days('periods.period_end', 'periods.latency_days') }} as due_on,
    periods.timezone,
    periods.unit as frequency_unit,
    periods.owner
from periods
left join waived_periods
    on periods.contract_id = waived_periods.contract_id and periods.period_start = waived_periods.period_start
left join {{ source('control', 'closed_days') }} as closed_days
    on
        periods.unit = 'd'
        and periods.contract_id = closed_days.contract_id
        and periods.period_start = closed_days.closed_on
where
    closed_days.contract_id is null
    and not (periods.unit = 'd' and {{ is_closed_weekday('periods.period_start', 'periods.closed_weekdays') }})
