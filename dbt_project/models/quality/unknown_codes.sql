with lines as (
    {%- for kind in sales_kinds() %}
    select
        partner_id,
        unmatched_reason,
        partner_code,
        location_code,
        product_code,
        product_id,
        label,
        -- a count of stock is no flow: summed over snapshots it would say nothing
        {{ 'cast(0 as decimal(18, 4)) as units' if kind == 'stock' else 'units' }},
        received_at
    from {{ ref('stg_' ~ kind) }}
    where line_class = 'unmatched'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

coded as (
    select
        partner_id,
        unmatched_reason as code_type,
        case unmatched_reason
            when 'partner' then partner_code
            when 'location' then location_code
            else product_code
        end as code,
        case when unmatched_reason in ('product', 'unit') then label end as label,
        case when unmatched_reason = 'unit' then product_id end as product_id,
        units,
        received_at
    from lines
)

select
    partner_id,
    code_type,
    code,
    max(label) as label,
    count(*) as lines,
    cast(sum(units) as decimal(38, 4)) as units,
    cast(min(received_at) as date) as first_seen,
    min(product_id) as product_id
from coded
group by partner_id, code_type, code
