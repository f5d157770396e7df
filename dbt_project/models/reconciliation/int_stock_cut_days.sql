with days as (
    select partner_id, scope_number, period_start as day from {{ ref('int_stock_sales') }}
    union
    select partner_id, scope_number, period_end as day from {{ ref('int_stock_sales') }}
    union
    select partner_id, scope_number, document_date as day from {{ ref('int_stock_receipts') }}
    union
    select partner_id, scope_number, receipt_date as day from {{ ref('int_stock_receipts') }}
),

days_and_cuts as (
    select partner_id, scope_number, day, cast(null as bigint) as cut_number from days
    union all
    select partner_id, scope_number, cut_on as day, cut_number from {{ ref('int_stock_cuts') }}
),

closed as (
    select
        partner_id,
        scope_number,
        day,
        -- rows of the same day are peers: what moves on the day of a snapshot is in it
        min(cut_number) over from_day as cut_number,
        min(case when cut_number is not null then day end) over from_day as cut_on
    from days_and_cuts
    window from_day as (
        partition by scope_number
        order by day
        range between current row and unbounded following
    )
)

select distinct
    partner_id,
    scope_number,
    day,
    {{ week_start('day') }} as week_start,
    cut_number,
    cut_on,
    {{ week_start('cut_on') }} as closing_week
from closed
where cut_number is not null
