with sharing as (
    select distinct partner_id
    from {{ ref('feed_partners') }}
    where kind = 'sell_out'
),

reported as (
    select distinct
        lines.partner_id,
        case when levels.level = 'location' then lines.location_id end as location_id,
        lines.product_id,
        levels.level,
        lines.contract_id
    from {{ ref('stg_stock') }} as lines
    inner join {{ ref('int_reconciliation_level') }} as levels
        on lines.partner_id = levels.partner_id and lines.product_id = levels.product_id
    inner join sharing
        on lines.partner_id = sharing.partner_id
    where lines.line_class = 'accepted'
)

select
    partner_id,
    location_id,
    product_id,
    level,
    min(contract_id) as first_contract_id,
    max(contract_id) as last_contract_id
from reported
group by partner_id, location_id, product_id, level
