with earliest as (
    select
        partner_id,
        closing_week,
        coalesce(
            lag(closing_week, {{ expected_snapshots() }}) over so_far,
            first_value(closing_week) over so_far
        ) as week_read
    from {{ ref('int_stock_cuts') }}
    window so_far as (partition by scope_number order by cut_number)
),

reaches as (
    select
        partner_id,
        closing_week,
        min(week_read) as first_week_read
    from earliest
    group by partner_id, closing_week
)

select
    later.partner_id,
    later.closing_week,
    earlier.closing_week as week_read
from reaches as later
inner join reaches as earlier
    on
        later.partner_id = earlier.partner_id
        and earlier.closing_week between later.first_week_read and later.closing_week
