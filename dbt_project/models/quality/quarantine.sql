select
    deliveries.delivery_id,
    deliveries.contract_id,
    lines.line_number,
    lines.reason_code,
    lines.reason,
    lines.raw_line,
    deliveries.kind,
    deliveries.partner_id,
    lines.line_date,
    lines.partner_code,
    lines.location_code,
    lines.product_code,
    deliveries.owner
from {{ source('raw', 'quarantine') }} as lines
inner join {{ ref('stg_deliveries') }} as deliveries
    on
        lines.delivery_id = deliveries.stored_delivery_id
        and lines.reading_hash = deliveries.reading_hash
where not deliveries.is_resent and not deliveries.is_withdrawn
