{%- set classes = ['accepted', 'duplicate', 'superseded', 'unmatched', 'out_of_scope', 'quarantined'] -%}

with classified as (
    select delivery_id, line_class, lines from {{ ref('delivery_lines') }}
    union all
    select delivery_id, line_class, lines from {{ ref('stg_master_lines') }}
    union all
    select delivery_id, 'out_of_scope' as line_class, lines_out_of_scope as lines
    from {{ ref('stg_deliveries') }}
    where not is_resent and not is_withdrawn
    union all
    select delivery_id, 'quarantined' as line_class, lines_quarantined as lines
    from {{ ref('stg_deliveries') }}
    where not is_resent and not is_withdrawn
    union all
    select delivery_id, 'duplicate' as line_class, lines_read as lines
    from {{ ref('stg_deliveries') }}
    where is_resent
    union all
    select delivery_id, 'out_of_scope' as line_class, lines_read as lines
    from {{ ref('stg_deliveries') }}
    where is_withdrawn
),

counted as (
    select
        delivery_id
        {%- for class in classes %},
        cast(sum(case when line_class = '{{ class }}' then lines else 0 end) as bigint) as {{ class }}
        {%- endfor %}
    from classified
    group by delivery_id
),

-- whole periods of the feed, not only the days that happen to have lines
covered as (
    select
        delivery_id,
        min(period_start) as period_start,
        max(period_end) as period_end
    from {{ ref('stg_delivery_periods') }}
    group by delivery_id
)

select
    deliveries.delivery_id,
    deliveries.contract_id,
    deliveries.partner_id,
    deliveries.kind,
    deliveries.file_name,
    deliveries.sha256,
    deliveries.received_at,
    coalesce(covered.period_start, deliveries.period_start) as period_start,
    coalesce(covered.period_end, deliveries.period_end) as period_end,
    deliveries.lines_read,
    {%- for class in classes %}
    counted.{{ class }},
    {%- endfor %}
    deliveries.contract_version,
    deliveries.lead_time_days,
    coalesce(deliveries.snapshot_taken = 'start_of_day', false) as is_counted_before_opening,
    case when deliveries.is_resent then deliveries.effective_delivery_id end as resent_of,
    deliveries.is_withdrawn,
    deliveries.withdrawn_reason,
    deliveries.rejected_reason,
    deliveries.remarks,
    deliveries.remark_count,
    deliveries.owner
from {{ ref('stg_deliveries') }} as deliveries
inner join counted
    on deliveries.delivery_id = counted.delivery_id
left join covered
    on deliveries.delivery_id = covered.delivery_id
