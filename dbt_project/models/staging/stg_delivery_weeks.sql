-- a delivery decides over the lines of other deliveries too, in all weeks of a period that it speaks of
with weeks_of_periods as (
    select distinct
        deliveries.contract_id,
        {{ period_bucket('dates.line_date', 'deliveries.bucket_unit', 'deliveries.week_begins_on') }}
            as period_start,
        {{ week_start('dates.line_date') }} as week_start
    from {{ ref('stg_deliveries') }} as deliveries
    inner join {{ source('control', 'delivery_dates') }} as dates
        on deliveries.delivery_id = dates.delivery_id
    where not deliveries.is_withdrawn and dates.line_date is not null
),

-- of others a line may have lost to one of any week
feeds_of_lone_weeks as (
    select deliveries.contract_id
    from {{ ref('stg_deliveries') }} as deliveries
    left join {{ ref('stg_keys_over_weeks') }} as over_weeks
        on deliveries.contract_id = over_weeks.contract_id
    where deliveries.delivery_mode <> 'snapshot' and not deliveries.is_withdrawn
    group by deliveries.contract_id
    having
        -- keys were put together in another way where the feed was read in another
        count(distinct deliveries.reading_hash) = 1
        and min(case when deliveries.has_dated_keys or over_weeks.contract_id is null then 1 else 0 end) = 1
)

select distinct
    deliveries.contract_id,
    deliveries.kind,
    deliveries.delivery_id,
    case when lone.contract_id is not null then weeks.week_start end as week_start,
    case when lone.contract_id is not null then weeks.week_start end as document_week,
    periods.period_start,
    deliveries.received_at,
    deliveries.file_name,
    deliveries.partner_id,
    deliveries.delivery_mode,
    deliveries.bucket_unit,
    deliveries.week_begins_on,
    deliveries.stored_delivery_id,
    deliveries.reading_hash,
    deliveries.lines_parsed,
    deliveries.lines_quarantined,
    deliveries.is_resent,
    deliveries.refused_interchanges,
    deliveries.is_withdrawn,
    periods.quarantined_lines,
    periods.is_out_of_scope
from {{ ref('stg_deliveries') }} as deliveries
left join {{ ref('stg_delivery_periods') }} as periods
    on deliveries.delivery_id = periods.delivery_id
left join weeks_of_periods as weeks
    on periods.contract_id = weeks.contract_id and periods.period_start = weeks.period_start
left join feeds_of_lone_weeks as lone
    on deliveries.contract_id = lone.contract_id
-- what speaks of no day has no line, and decides over those of the others where a delivery replaces all
where deliveries.is_withdrawn or lone.contract_id is null or periods.delivery_id is not null
