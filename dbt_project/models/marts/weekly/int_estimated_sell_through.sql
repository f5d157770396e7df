{{ config(contract={'enforced': false}) }}

{%- set rows = 'select ' ~ weekly_columns() | join(', ') ~ ' from ' ~ ref('int_estimated_weeks') %}

{{ with_estimates(rows, ['partner_id', 'location_id', 'product_id']) }}
