{{ config(materialized='table' if target.type == 'spark' else 'view') }}

{{ day_series(
    '(select min(week_start) from ' ~ ref('int_weekly_slices') ~ ')',
    '(select ' ~ add_days('max(week_start)', 6) ~ ' from ' ~ ref('int_weekly_slices') ~ ')'
) }}
