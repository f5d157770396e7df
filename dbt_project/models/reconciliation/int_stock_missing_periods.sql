with periods as (
    select distinct partner_id, scope_number, cut_number, closing_week, product_id, period_start, is_late
    from {{ ref('int_stock_gaps') }}
)

select
    partner_id,
    scope_number,
    cut_number,
    closing_week,
    product_id,
    {{ json_list('case when not is_late then ' ~ as_text('period_start') ~ ' end') }} as missing_periods,
    {{ json_list('case when is_late then ' ~ as_text('period_start') ~ ' end') }} as late_periods
from periods
group by partner_id, scope_number, cut_number, closing_week, product_id
