with lines as (
    -- days of a line that are not in their order are read too
    select
        partner_id,
        week_start,
        least(week_start, {{ week_start('min(period_end)') }}) as first_week_read,
        greatest(week_start, {{ week_start('max(period_end)') }}) as last_week_read
    from {{ ref('int_stock_sales') }}
    group by partner_id, week_start
    union all
    select
        partner_id,
        week_start,
        least(week_start, {{ week_start('min(document_date)') }}) as first_week_read,
        week_start as last_week_read
    from {{ ref('int_stock_receipts') }}
    group by partner_id, week_start
),

reaches as (
    select
        partner_id,
        week_start,
        min(first_week_read) as first_week_read,
        max(last_week_read) as last_week_read
    from lines
    group by partner_id, week_start
),

weeks as (
    select partner_id, week_start from lines
    union
    select partner_id, week_start from {{ ref('int_stock_cut_days') }}
)

select
    reaches.partner_id,
    reaches.week_start,
    weeks.week_start as week_read
from reaches
inner join weeks
    on
        reaches.partner_id = weeks.partner_id
        and weeks.week_start between reaches.first_week_read and reaches.last_week_read
