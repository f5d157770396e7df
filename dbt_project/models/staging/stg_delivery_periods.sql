with dated as (
    select
        deliveries.contract_id,
        deliveries.delivery_id,
        deliveries.kind,
        deliveries.partner_id,
        deliveries.file_name,
        deliveries.received_at,
        deliveries.bucket_unit,
        deliveries.is_resent,
        {{ period_bucket('dates.line_date', 'deliveries.bucket_unit', 'deliveries.week_begins_on') }}
            as period_start,
        dates.lines,
        dates.last_day,
        dates.quarantined_lines,
        dates.out_of_scope_lines
    from {{ ref('stg_deliveries') }} as deliveries
    inner join {{ source('control', 'delivery_dates') }} as dates
        on deliveries.delivery_id = dates.delivery_id
    where not deliveries.is_withdrawn
),

undated as (
    select
        delivery_id,
        sum(quarantined_lines) as quarantined_lines
    from dated
    where period_start is null
    group by delivery_id
)

select
    dated.contract_id,
    dated.delivery_id,
    dated.kind,
    dated.partner_id,
    dated.file_name,
    dated.received_at,
    dated.is_resent,
    dated.period_start,
    -- a line may name a last day beyond the period in which it begins
    greatest(
        {{ period_bucket_end('dated.period_start', 'dated.bucket_unit') }},
        coalesce(max(dated.last_day), dated.period_start)
    ) as period_end,
    cast(sum(dated.lines) as bigint) as lines,
    -- a line whose date cannot be read may belong to any period of its delivery
    cast(sum(dated.quarantined_lines) + coalesce(max(undated.quarantined_lines), 0) as bigint) as quarantined_lines,
    sum(dated.lines) > 0 and sum(dated.lines) = sum(dated.out_of_scope_lines) and sum(dated.quarantined_lines) = 0
        as is_out_of_scope
from dated
left join undated
    on dated.delivery_id = undated.delivery_id
where dated.period_start is not null
group by
    dated.contract_id, dated.delivery_id, dated.kind, dated.partner_id, dated.file_name, dated.received_at,
    dated.is_resent, dated.period_start, dated.bucket_unit
