with totals as (
    select
        delivery_id,
        cast(sum(units) as decimal(38, 4)) as units,
        cast(sum(case when line_class = 'duplicate' then lines else 0 end) as bigint) as duplicate_lines,
        cast(sum(case when line_class = 'duplicate' then units else 0 end) as decimal(38, 4)) as duplicate_units,
        cast(sum(conflict_lines) as bigint) as conflict_lines,
        cast(sum(restatement_lines) as bigint) as restatement_lines,
        cast(sum(restatement_units) as decimal(38, 4)) as restatement_units,
        cast(sum(overlapped_lines) as bigint) as overlapped_lines,
        cast(sum(overlapped_units) as decimal(38, 4)) as overlapped_units
    from {{ ref('delivery_lines') }}
    group by delivery_id
    union all
    select
        delivery_id,
        cast(null as decimal(38, 4)) as units,
        cast(sum(case when line_class = 'duplicate' then lines else 0 end) as bigint) as duplicate_lines,
        cast(null as decimal(38, 4)) as duplicate_units,
        cast(sum(conflicts) as bigint) as conflict_lines,
        cast(sum(restatements) as bigint) as restatement_lines,
        cast(null as decimal(38, 4)) as restatement_units,
        0 as overlapped_lines,
        cast(null as decimal(38, 4)) as overlapped_units
    from {{ ref('stg_master_lines') }}
    group by delivery_id
),

classes as (
    select
        deliveries.delivery_id,
        'resent_file' as class,
        deliveries.lines_read as lines,
        0 as conflicts,
        totals.units
    from {{ ref('stg_deliveries') }} as deliveries
    left join totals
        on deliveries.effective_delivery_id = totals.delivery_id
    where deliveries.is_resent
    union all
    select
        delivery_id,
        'duplicate_line' as class,
        duplicate_lines as lines,
        conflict_lines as conflicts,
        duplicate_units as units
    from totals
    where duplicate_lines > 0
    union all
    select
        delivery_id,
        'restatement' as class,
        restatement_lines as lines,
        0 as conflicts,
        restatement_units as units
    from totals
    where restatement_lines > 0
    union all
    select
        delivery_id,
        'overlapping_period' as class,
        overlapped_lines as lines,
        0 as conflicts,
        overlapped_units as units
    from totals
    where overlapped_lines > 0
)

select
    deliveries.delivery_id,
    deliveries.contract_id,
    deliveries.partner_id,
    deliveries.kind,
    classes.class,
    classes.lines,
    classes.conflicts,
    classes.units,
    deliveries.received_at,
    deliveries.owner
from classes
inner join {{ ref('stg_deliveries') }} as deliveries
    on classes.delivery_id = deliveries.delivery_id
