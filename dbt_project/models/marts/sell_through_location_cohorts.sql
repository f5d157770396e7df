{%- set weeks_before = [0, cohort_ages() | max] -%}
{{ config(meta={'reach': {
    'int_weekly_sell_through': weeks_before, 'int_weekly_slices': weeks_before, 'int_weekly_warnings': weeks_before
}}) }}

{{ sell_through_cohorts(ref('int_weekly_sell_through'), ['partner_id', 'location_id', 'product_id']) }}
