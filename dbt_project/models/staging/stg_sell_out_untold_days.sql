with reports as (
    select
        reports.*,
        yielded.contract_id is not null and not reports.is_empty as gives_way
    from {{ ref('stg_sell_out_reports') }} as reports
    left join {{ ref('stg_sell_out_overlaps') }} as yielded
        on
            reports.contract_id = yielded.contract_id
            and reports.partner_code = yielded.partner_code
            and reports.location_code = yielded.location_code
            and reports.period_start = yielded.period_start
            and reports.period_end = yielded.period_end
),

lost as (
    select *
    from reports
    where gives_way
),

told as (
    select *
    from reports
    where not gives_way
),

days as (
    {{ day_series('(select min(period_start) from lost)', '(select max(period_end) from lost)') }}
),

lost_days as (
    select distinct
        lost.contract_id,
        lost.partner,
        lost.location_code,
        days.day
    from lost
    inner join days
        on days.day between lost.period_start and lost.period_end
),

told_days as (
    {%- for of_one_place in ways_to_name_one_place('lost', 'told') %}
    select
        lost.contract_id,
        lost.partner,
        lost.location_code,
        lost.day
    from lost_days as lost
    inner join told
        on
            lost.partner = told.partner
            and {{ of_one_place }}
            and lost.day between told.period_start and told.period_end
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

feeds as (
    select distinct contract_id, partner
    from reports
),

-- a day on which a feed of the partner is closed is told by it without a line
closed_days as (
    select distinct
        lost.partner,
        lost.day
    from lost_days as lost
    inner join feeds
        on lost.partner = feeds.partner
    inner join {{ ref('stg_contracts') }} as contracts
        on feeds.contract_id = contracts.contract_id
    left join {{ source('control', 'closed_days') }} as closed
        on feeds.contract_id = closed.contract_id and lost.day = closed.closed_on
    where closed.contract_id is not null or {{ is_closed_weekday('lost.day', 'contracts.closed_weekdays') }}
)

select
    lost_days.contract_id,
    lost_days.partner as partner_id,
    locations.location_id,
    lost_days.day
from lost_days
left join told_days
    on
        lost_days.contract_id = told_days.contract_id
        and lost_days.partner = told_days.partner
        and lost_days.location_code = told_days.location_code
        and lost_days.day = told_days.day
left join closed_days
    on lost_days.partner = closed_days.partner and lost_days.day = closed_days.day
left join {{ ref('stg_feed_locations') }} as locations
    on
        lost_days.contract_id = locations.contract_id
        and lost_days.partner = locations.partner_id
        and lost_days.location_code = locations.location_code
where
    told_days.day is null
    and closed_days.day is null
    and (lost_days.location_code = '' or locations.location_id is not null)
