with findings as (
    select
        partner_id,
        closing_week as week_start,
        1 as intervals,
        case when abs(variance_units) > coalesce(tolerance_units, 0) then 1 else 0 end as intervals_out_of_tolerance,
        coalesce(abs(variance_units), 0) as variance_units,
        0 as negative_stock_lines
    from {{ ref('reconciliation') }}
    union all
    select
        partner_id,
        week_start,
        0 as intervals,
        0 as intervals_out_of_tolerance,
        0 as variance_units,
        1 as negative_stock_lines
    from {{ ref('stg_stock') }}
    where line_class = 'accepted' and on_hand_units < 0
)

select
    findings.partner_id,
    'stock' as kind,
    findings.week_start as period_start,
    {{ add_days('findings.week_start', 6) }} as period_end,
    max(owners.owner) as owner,
    cast(sum(findings.intervals) as bigint) as intervals,
    cast(sum(findings.intervals_out_of_tolerance) as integer) as intervals_out_of_tolerance,
    cast(sum(findings.variance_units) as decimal(38, 4)) as variance_units,
    cast(sum(findings.negative_stock_lines) as integer) as negative_stock_lines
from findings
left join {{ ref('slice_owners') }} as owners
    on findings.partner_id = owners.partner_id and owners.kind = 'stock'
where findings.week_start is not null
group by findings.partner_id, findings.week_start
