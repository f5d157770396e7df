{{ config(contract={'enforced': false}) }}

with {{ weeks_of_periods() }},

periods as (
    select
        period,
        period_start,
        {{ period_of_week('quarter', 'min(week_start)') }} as quarter_start,
        min(week_start) as first_week_start,
        max(week_start) as last_week_start
    from weeks_of_periods
    group by period, period_start
),

turnover as (
    select
        weeks.period,
        weeks.period_start,
        weekly.partner_id,
        weekly.location_id,
        sum(weekly.units) as units,
        case when count(*) = count(weekly.amount_reporting) then sum(weekly.amount_reporting) end as amount
    from {{ ref('int_weekly_place_sell_out') }} as weekly
    inner join weeks_of_periods as weeks
        on weekly.week_start = weeks.week_start
    group by weeks.period, weeks.period_start, weekly.partner_id, weekly.location_id
),

-- a location is in the universe from its first report of sales until it closes, and as long as it sells
panel as (
    select
        weekly.partner_id,
        weekly.location_id,
        locations.closed_on,
        min(weekly.week_start) as first_week_start,
        max(weekly.week_start) as last_week_start
    from {{ ref('int_weekly_place_sell_out') }} as weekly
    left join {{ ref('stg_locations') }} as locations
        on weekly.partner_id = locations.partner_id and weekly.location_id = locations.location_id
    group by weekly.partner_id, weekly.location_id, locations.closed_on
)

select
    periods.quarter_start,
    periods.period,
    periods.period_start,
    panel.partner_id,
    panel.location_id,
    turnover.location_id is not null as has_reported,
    turnover.units as turnover_units,
    turnover.amount as turnover_amount
from periods
inner join panel
    on
        periods.last_week_start >= panel.first_week_start
        and (
            coalesce(periods.first_week_start <= panel.closed_on, true)
            or periods.first_week_start <= panel.last_week_start
        )
left join turnover
    on
        periods.period = turnover.period
        and periods.period_start = turnover.period_start
        and panel.partner_id = turnover.partner_id
        and panel.location_id = turnover.location_id
