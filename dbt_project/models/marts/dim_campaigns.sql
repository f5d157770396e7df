select
    campaign_id,
    campaign_name,
    campaign_type,
    starts_on,
    ends_on,
    partner_id,
    location_id,
    product_id,
    cost,
    currency
from {{ ref('stg_campaigns') }}
