{{ config(contract={'enforced': false}) }}

select
    partner_id,
    location_id,
    product_id,
    week_start,
    period_start,
    period_end,
    units,
    amount,
    currency,
    amount_reporting
from {{ ref('fct_sell_out') }}
where period_end >= {{ add_days('week_start', 7) }}
