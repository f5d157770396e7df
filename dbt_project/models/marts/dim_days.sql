{{ config(materialized='view') }}

{{ day_series(
    '(select min(week_start) from ' ~ ref('int_weekly_slices') ~ ')',
    '(select max(week_start) + 6 from ' ~ ref('int_weekly_slices') ~ ')'
) }}
