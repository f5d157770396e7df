with steps as (
    {{ trailing_steps() }}
),

reported as (
    select
        contract_id,
        partner_id,
        delivered_number,
        sum(units) as units
    from {{ ref('sell_out_by_partner') }}
    group by contract_id, partner_id, delivered_number
),

-- a feed of one partner speaks for it in every delivery, also in one without lines
present as (
    select
        periods.contract_id,
        periods.partner_id,
        periods.delivered_number,
        coalesce(reported.units, 0) as units
    from {{ ref('sell_out_periods') }} as periods
    left join reported
        on
            periods.contract_id = reported.contract_id
            and periods.partner_id = reported.partner_id
            and periods.delivered_number = reported.delivered_number
    where periods.partner_id is not null and periods.is_delivered
    union all
    select
        reported.contract_id,
        reported.partner_id,
        reported.delivered_number,
        reported.units
    from reported
    inner join {{ ref('feed_cadence') }} as feeds
        on reported.contract_id = feeds.contract_id
    where feeds.partner_id is null
),

awaited_periods as (
    select *
    from {{ ref('sell_out_periods') }}
    where is_missing or (is_judged and partner_id is null)
),

recent as (
    select
        periods.contract_id,
        periods.period_start,
        present.partner_id,
        count(*) as trailing_periods,
        avg(present.units) as expected_units
    from awaited_periods as periods
    cross join steps
    inner join present
        on
            periods.contract_id = present.contract_id
            and periods.delivered_before + 1 - steps.step = present.delivered_number
    group by periods.contract_id, periods.period_start, present.partner_id
)

select
    periods.contract_id,
    coalesce(recent.partner_id, periods.partner_id) as partner_id,
    periods.period_start,
    periods.period_end,
    periods.delivered_before,
    periods.delivered_number,
    coalesce(recent.trailing_periods, 0) as trailing_periods,
    recent.expected_units
from awaited_periods as periods
left join recent
    on periods.contract_id = recent.contract_id and periods.period_start = recent.period_start
left join present
    on
        periods.contract_id = present.contract_id
        and periods.delivered_number = present.delivered_number
        and recent.partner_id = present.partner_id
where
    present.partner_id is null
    and coalesce(recent.partner_id, periods.partner_id) is not null
