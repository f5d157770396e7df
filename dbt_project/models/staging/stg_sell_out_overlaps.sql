with reports as (
    select
        reports.*,
        row_number() over (
            order by contract_id, partner, partner_code, location_code, period_start, period_end, is_empty, file_name
        ) as report
    from {{ ref('stg_sell_out_reports') }} as reports
),

pairs as (
    {%- for of_one_place in ways_to_name_one_place('coarse', 'fine') %}
    select
        coarse.report as coarse_report,
        fine.report as fine_report,
        fine.contract_id as fine_contract_id,
        fine.period_start as fine_start,
        fine.period_end as fine_end
    from reports as coarse
    inner join reports as fine
        on
            coarse.partner = fine.partner
            and {{ of_one_place }}
            and fine.days < coarse.days
            and coarse.period_start <= fine.period_end
            and coarse.period_end >= fine.period_start
    where not coarse.is_empty
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

days as (
    {{ day_series('(select min(period_start) from reports)', '(select max(period_end) from reports)') }}
),

days_of_coarse as (
    select
        reports.report as coarse_report,
        days.day
    from reports
    inner join days
        on days.day between reports.period_start and reports.period_end
    where reports.report in (select coarse_report from pairs)
),

finer_feeds as (
    select distinct
        coarse_report,
        fine_contract_id
    from pairs
),

-- a day on which the finer feed is closed owes it no line
closed as (
    select distinct
        days_of_coarse.coarse_report,
        days_of_coarse.day
    from days_of_coarse
    inner join finer_feeds as feeds
        on days_of_coarse.coarse_report = feeds.coarse_report
    inner join {{ ref('stg_contracts') }} as contracts
        on feeds.fine_contract_id = contracts.contract_id
    left join {{ source('control', 'closed_days') }} as closed_days
        on feeds.fine_contract_id = closed_days.contract_id and days_of_coarse.day = closed_days.closed_on
    where
        closed_days.contract_id is not null
        or {{ is_closed_weekday('days_of_coarse.day', 'contracts.closed_weekdays') }}
),

open_days as (
    select days_of_coarse.coarse_report, days_of_coarse.day
    from days_of_coarse
    inner join pairs
        on
            days_of_coarse.coarse_report = pairs.coarse_report
            and days_of_coarse.day between pairs.fine_start and pairs.fine_end
    union
    select coarse_report, day from closed
),

covered as (
    select
        coarse_report,
        count(*) as days
    from open_days
    group by coarse_report
),

judged as (
    select
        reports.report,
        reports.days = coalesce(covered.days, 0) as is_complete_below
    from reports
    left join covered
        on reports.report = covered.coarse_report
    where reports.report in (select coarse_report from pairs)
),

losers as (
    select report from judged where is_complete_below
    union
    select pairs.fine_report as report
    from pairs
    inner join judged
        on pairs.coarse_report = judged.report
    where not judged.is_complete_below
    union
    -- of two reports of one length that begin on different days the one received last counts
    select earlier.report
    from reports as earlier
    inner join reports as later
        on
            earlier.partner = later.partner
            and earlier.location_code = later.location_code
            and earlier.days = later.days
            -- days cannot begin on different days and touch, and are many
            and earlier.days > 1
            and earlier.period_start <> later.period_start
            and earlier.period_start <= later.period_end
            and earlier.period_end >= later.period_start
    where
        not earlier.is_empty
        and not later.is_empty
        and (
            earlier.received_at < later.received_at
            or (earlier.received_at = later.received_at and earlier.file_name < later.file_name)
            or (
                earlier.received_at = later.received_at
                and earlier.file_name = later.file_name
                and earlier.period_start < later.period_start
            )
        )
)

select distinct
    reports.contract_id,
    reports.partner_code,
    reports.location_code,
    reports.period_start,
    {{ week_start('reports.period_start') }} as week_start,
    reports.period_end
from reports
inner join losers
    on reports.report = losers.report
where not reports.is_empty
