with weighted as (
    select
        contract_id,
        partner_id,
        period_start,
        is_expected,
        is_reported,
        -- verdicts show every digit, and a sum of floats has other last digits in another order
        case when trailing_units > 0 then cast(trailing_units as decimal(28, 9)) else 0 end as volume
    from {{ ref('place_reports') }}
),

places as (
    select
        contract_id,
        partner_id,
        period_start,
        sum(case when is_expected then 1 else 0 end) as expected_locations,
        sum(case when is_expected and is_reported then 1 else 0 end) as reported_locations,
        sum(case when is_expected then volume else 0 end) as expected_volume,
        sum(case when is_expected and is_reported then volume else 0 end) as reported_volume
    from weighted
    group by contract_id, partner_id, period_start
),

product_gaps as (
    select
        contract_id,
        partner_id,
        period_start,
        count(*) as product_gaps
    from {{ ref('product_gaps') }}
    group by contract_id, partner_id, period_start
),

absent_partners as (
    -- a period that was not delivered at all is the calendar's to tell
    select *
    from {{ ref('absent_partners') }}
    where delivered_number is not null
),

reports as (
    select contract_id, partner_id, period_start from places
    union
    select contract_id, partner_id, period_start
    from {{ ref('sell_out_periods') }}
    where is_judged and partner_id is not null
    union
    select contract_id, partner_id, period_start from absent_partners
),

measured as (
    select
        reports.partner_id,
        periods.period_start,
        periods.period_end,
        periods.owner,
        reports.contract_id,
        cast(coalesce(places.expected_locations, 0) as bigint) as expected_locations,
        cast(coalesce(places.reported_locations, 0) as bigint) as reported_locations,
        coalesce(places.expected_volume, 0) as expected_volume,
        coalesce(places.reported_volume, 0) as reported_volume,
        absent_partners.contract_id is not null as is_absent,
        cast(coalesce(product_gaps.product_gaps, 0) as integer) as product_gaps
    from reports
    inner join {{ ref('sell_out_periods') }} as periods
        on reports.contract_id = periods.contract_id and reports.period_start = periods.period_start
    left join places
        on
            reports.contract_id = places.contract_id
            and reports.partner_id = places.partner_id
            and reports.period_start = places.period_start
    left join product_gaps
        on
            reports.contract_id = product_gaps.contract_id
            and reports.partner_id = product_gaps.partner_id
            and reports.period_start = product_gaps.period_start
    left join absent_partners
        on
            reports.contract_id = absent_partners.contract_id
            and reports.partner_id = absent_partners.partner_id
            and reports.period_start = absent_partners.period_start
    where periods.is_judged
),

counted as (
    select
        measured.*,
        case
            when is_absent then cast(0 as double)
            -- the partner reported, and nothing is known that should have reported beside it
            when expected_locations = 0 then cast(1 as double)
            else cast(reported_locations as double) / expected_locations
        end as completeness_by_count
    from measured
)

select
    partner_id,
    'sell_out' as kind,
    period_start,
    period_end,
    owner,
    contract_id,
    expected_locations,
    reported_locations,
    completeness_by_count,
    case
        when expected_volume > 0 and not is_absent
            then cast(reported_volume as double) / cast(expected_volume as double)
        else completeness_by_count
    end as completeness_by_volume,
    product_gaps
from counted
