{%- set weeks_before = [0, cohort_ages() | max] -%}
{{ config(meta={'reach': {
    'int_cohort_flows': weeks_before, 'int_weekly_slices': weeks_before, 'int_weekly_warnings': weeks_before
}}) }}

with {{ sell_through_cohorts(ref('int_cohort_flows'), ['partner_id', 'location_id', 'product_id']) }}
