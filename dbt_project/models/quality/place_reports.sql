with steps as (
    {{ trailing_steps() }}
),

reported as (
    select
        place_number,
        delivered_number,
        sum(units) as units
    from (
        select place_number, delivered_number, units
        from {{ ref('sell_out_by_period') }}
        union all
        select places.place_number, periods.delivered_number, cast(0 as double) as units
        from {{ ref('sell_out_periods') }} as periods
        inner join {{ ref('sell_out_places') }} as places
            on periods.contract_id = places.contract_id and periods.partner_id = places.partner_id
        where periods.is_delivered and places.is_in_every_delivery
    ) as lines
    group by place_number, delivered_number
),

followed as (
    select
        reported.*,
        lead(delivered_number) over (partition by place_number order by delivered_number) as next_number
    from reported
),

reported_and_absent as (
    select place_number, delivered_number, units, true as is_reported
    from reported
    union all
    select
        followed.place_number,
        followed.delivered_number + steps.step as delivered_number,
        cast(null as double) as units,
        false as is_reported
    from followed
    inner join steps
        on followed.next_number is null or followed.delivered_number + steps.step < followed.next_number
),

with_recent as (
    select
        reported_and_absent.*,
        count(units) over recent as trailing_periods,
        avg(units) over recent as trailing_units
    from reported_and_absent
    window recent as (
        partition by place_number
        order by delivered_number
        range between {{ trailing_periods() }} preceding and 1 preceding
    )
)

select
    places.contract_id,
    places.partner_id,
    places.location_id,
    reports.place_number,
    reports.delivered_number,
    periods.period_start,
    periods.period_end,
    periods.is_judged,
    reports.is_reported,
    periods.is_judged
    and places.location_id is not null
    and reports.trailing_periods > 0
    and coalesce(places.opened_on <= periods.period_end, true)
    and coalesce(places.closed_on >= periods.period_start, true) as is_expected,
    cast(reports.trailing_periods as integer) as trailing_periods,
    reports.trailing_units
from with_recent as reports
inner join {{ ref('sell_out_places') }} as places
    on reports.place_number = places.place_number
inner join {{ ref('sell_out_periods') }} as periods
    on places.contract_id = periods.contract_id and reports.delivered_number = periods.delivered_number
