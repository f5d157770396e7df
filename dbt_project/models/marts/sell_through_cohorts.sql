{%- set keys = ['partner_id', 'product_id'] -%}
with partner_flows as (
    {{ flows_since_receipt(ref('int_partner_sell_through'), keys) }}
),

{{ sell_through_cohorts('partner_flows', keys) }}
