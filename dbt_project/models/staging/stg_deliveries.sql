with deliveries as (
    select
        deliveries.*,
        case when deliveries.rejected_reason is null then 0 else 1 end as is_rejected,
        contracts.partner_id,
        contracts.delivery_mode,
        -- a file that is gone keeps the keys that it was read with, whatever its contract says since
        contracts.has_dated_keys and contracts.reading_hash = deliveries.reading_hash as has_dated_keys,
        contracts.owner,
        contracts.lead_time_days,
        contracts.snapshot_taken,
        coalesce(contracts.frequency_unit, case contracts.period
            when 'week' then 'w'
            when 'month' then 'm'
            when 'year' then 'y'
            else 'd'
        end) as bucket_unit,
        contracts.week_begins_on
    from {{ source('control', 'deliveries') }} as deliveries
    inner join {{ ref('stg_contracts') }} as contracts
        on deliveries.contract_id = contracts.contract_id
),

copies as (
    select
        deliveries.*,
        row_number() over (
            partition by contract_id, sha256
            order by withdrawn, is_rejected, received_at, file_name, delivery_id
        ) as copy_number,
        first_value(delivery_id) over (
            partition by contract_id, sha256
            order by withdrawn, is_rejected, received_at, file_name, delivery_id
        ) as effective_delivery_id
    from deliveries
)

select
    delivery_id,
    contract_id,
    kind,
    partner_id,
    owner,
    file_name,
    sha256,
    received_at,
    delivery_mode,
    has_dated_keys,
    bucket_unit,
    week_begins_on,
    lead_time_days,
    snapshot_taken,
    contract_version,
    reading_hash,
    stored_delivery_id,
    effective_delivery_id,
    lines_read,
    lines_parsed,
    lines_quarantined,
    lines_out_of_scope,
    refused_interchanges,
    rejected_reason,
    remarks,
    remark_count,
    period_start,
    period_end,
    withdrawn as is_withdrawn,
    withdrawn_reason,
    -- files without lines repeat nothing: they only say that nothing was sold; and what was rejected for its name is no
    -- copy of the same bytes under a better one
    not withdrawn
    and copy_number > 1
    and lines_read > 0
    and (is_rejected = 0 or stored_delivery_id <> delivery_id) as is_resent
from copies
