{{ config(contract={'enforced': false}) }}

with calendar as (
    select
        contract_id,
        period_start,
        period_end,
        received_at is not null as is_delivered
    from {{ ref('delivery_calendar') }}
    where kind = 'sell_out'
),

-- a feed that promises no cadence is expected never, and delivered when it speaks
periods as (
    select contract_id, period_start, period_end, is_delivered
    from calendar
    union
    select contract_id, period_start, period_end, true as is_delivered
    from {{ ref('stg_delivery_periods') }}
    where kind = 'sell_out' and contract_id not in (select contract_id from calendar)
),

weeks as (
    select day as week_start
    from (
        {{ day_series('(select min(period_start) - 6 from periods)', '(select max(period_end) from periods)') }}
    ) as days
    where day = {{ week_start('day') }}
),

judged as (
    select
        feeds.partner_id,
        feeds.contract_id,
        feeds.is_complete,
        feeds.is_shared_feed,
        periods.period_start,
        periods.period_end,
        -- a delivery in which none of those who should report does is none
        periods.is_delivered and coalesce(evidence.completeness_by_volume, 1) > 0 as is_delivered,
        case when periods.is_delivered then coalesce(evidence.completeness_by_volume, 1) else 0 end as completeness,
        case when periods.is_delivered then coalesce(evidence.completeness_by_count, 1) else 0 end
            as completeness_by_count
    from periods
    inner join {{ ref('feed_partners') }} as feeds
        on periods.contract_id = feeds.contract_id
    left join {{ ref('evidence_missing_sell_out') }} as evidence
        on
            feeds.contract_id = evidence.contract_id
            and feeds.partner_id = evidence.partner_id
            and periods.period_start = evidence.period_start
),

judged_weeks as (
    select
        judged.*,
        weeks.week_start,
        {{ days_in_week('judged.period_start', 'judged.period_end', 'weeks.week_start') }} as days
    from judged
    inner join weeks
        on weeks.week_start <= judged.period_end and {{ add_days('weeks.week_start', 6) }} >= judged.period_start
),

feed_weeks as (
    select
        partner_id,
        contract_id,
        is_complete,
        is_shared_feed,
        week_start,
        sum(days) as expected_days,
        sum(case when is_delivered then days else 0 end) as delivered_days,
        sum(days * completeness) as complete_days,
        sum(days * completeness_by_count) as counted_days
    from judged_weeks
    group by partner_id, contract_id, is_complete, is_shared_feed, week_start
),

location_gaps as (
    select
        gaps.partner_id,
        gaps.location_id,
        weeks.week_start,
        sum({{ days_in_week('gaps.period_start', 'gaps.period_end', 'weeks.week_start') }}) as missing_days
    from {{ ref('missing_sell_out') }} as gaps
    inner join weeks
        on weeks.week_start <= gaps.period_end and {{ add_days('weeks.week_start', 6) }} >= gaps.period_start
    where gaps.level = 'location'
    group by gaps.partner_id, gaps.location_id, weeks.week_start
),

partner_gaps as (
    select distinct partner_id, week_start
    from location_gaps
),

located as (
    select
        places.contract_id,
        places.partner_id,
        places.location_id,
        only_places.location_id is not null as is_only_place
    from {{ ref('named_places') }} as places
    left join {{ ref('stg_only_places') }} as only_places
        on places.contract_id = only_places.contract_id and places.location_id = only_places.location_id
    where places.is_accepted and places.location_id is not null
),

-- days of which no report counts: what a partner as a whole leaves untold is untold at each of its places
untold_at_locations as (
    select
        places.partner_id,
        places.location_id,
        {{ week_start('untold.day') }} as week_start,
        count(distinct untold.day) as days
    from (select distinct partner_id, location_id from located) as places
    inner join {{ ref('stg_sell_out_untold_days') }} as untold
        on
            places.partner_id = untold.partner_id
            and coalesce(untold.location_id, places.location_id) = places.location_id
    group by places.partner_id, places.location_id, {{ week_start('untold.day') }}
),

untold_at_partners as (
    select
        partner_id,
        week_start,
        max(days) as days
    from (
        select
            partner_id,
            {{ week_start('day') }} as week_start,
            cast(count(distinct day) as double) as days
        from {{ ref('stg_sell_out_untold_days') }}
        where location_id is null
        group by partner_id, {{ week_start('day') }}
        union all
        select
            untold.partner_id,
            untold.week_start,
            cast(sum(untold.days) as double) / max(places.places) as days
        from untold_at_locations as untold
        inner join (
            select partner_id, count(distinct location_id) as places
            from located
            group by partner_id
        ) as places
            on untold.partner_id = places.partner_id
        group by untold.partner_id, untold.week_start
    ) as untold
    group by partner_id, week_start
),

location_weeks as (
    select
        located.partner_id,
        located.location_id,
        feed_weeks.week_start,
        sum(feed_weeks.expected_days) as expected_days,
        sum(feed_weeks.delivered_days) - coalesce(max(location_gaps.missing_days), 0) as delivered_days,
        min(case when feed_weeks.is_complete then 1 else 0 end) as is_complete,
        min(case when located.is_only_place then 1 else 0 end) as is_only_place,
        coalesce(max(untold.days), 0) as untold_days
    from located
    inner join feed_weeks
        on located.contract_id = feed_weeks.contract_id and located.partner_id = feed_weeks.partner_id
    left join location_gaps
        on
            located.partner_id = location_gaps.partner_id
            and located.location_id = location_gaps.location_id
            and feed_weeks.week_start = location_gaps.week_start
    left join untold_at_locations as untold
        on
            located.partner_id = untold.partner_id
            and located.location_id = untold.location_id
            and feed_weeks.week_start = untold.week_start
    group by located.partner_id, located.location_id, feed_weeks.week_start
)

select
    feed_weeks.partner_id,
    cast(null as {{ dbt.type_string() }}) as location_id,
    feed_weeks.week_start,
    sum(feed_weeks.delivered_days) > 0 and coalesce(max(untold.days), 0) < 7 as is_delivered,
    sum(feed_weeks.delivered_days) < sum(feed_weeks.expected_days)
    or max(partner_gaps.partner_id) is not null
    or max(untold.days) is not null as has_gap,
    min(case when feed_weeks.is_complete then 1 else 0 end) = 1 as is_complete,
    -- a file of several partners says nothing of one that it leaves out
    max(case when feed_weeks.is_shared_feed then 1 else 0 end) = 1 as must_be_named,
    {{ share_told('sum(feed_weeks.complete_days)', 'sum(feed_weeks.expected_days)', 'coalesce(max(untold.days), 0)') }}
        as completeness,
    {{ share_told('sum(feed_weeks.counted_days)', 'sum(feed_weeks.expected_days)', 'coalesce(max(untold.days), 0)') }}
        as completeness_by_count
from feed_weeks
left join partner_gaps
    on feed_weeks.partner_id = partner_gaps.partner_id and feed_weeks.week_start = partner_gaps.week_start
left join untold_at_partners as untold
    on feed_weeks.partner_id = untold.partner_id and feed_weeks.week_start = untold.week_start
group by feed_weeks.partner_id, feed_weeks.week_start
union all
select
    partner_id,
    location_id,
    week_start,
    delivered_days > 0 and untold_days < 7 as is_delivered,
    delivered_days < expected_days or untold_days > 0 as has_gap,
    is_complete = 1 as is_complete,
    is_only_place = 0 as must_be_named,
    {{ share_told('greatest(delivered_days, 0)', 'expected_days', 'untold_days') }} as completeness,
    -- one location: its count and its volume are reported on the same days
    {{ share_told('greatest(delivered_days, 0)', 'expected_days', 'untold_days') }} as completeness_by_count
from location_weeks
