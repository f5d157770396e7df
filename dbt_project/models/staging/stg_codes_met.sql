{%- for kind in sales_kinds() %}
select
    deliveries.contract_id,
    deliveries.partner_id as feed_partner_id,
    lines.partner_code,
    lines.location_code,
    lines.product_code,
    max(lines.label) as label
from {{ source('raw', kind) }} as lines
inner join {{ ref('stg_deliveries') }} as deliveries
    on
        lines.delivery_id = deliveries.stored_delivery_id
        and lines.reading_hash = deliveries.reading_hash
where not deliveries.is_resent and not deliveries.is_withdrawn
group by
    deliveries.contract_id, deliveries.partner_id, lines.partner_code, lines.location_code, lines.product_code
{{ 'union all' if not loop.last }}
{%- endfor %}
