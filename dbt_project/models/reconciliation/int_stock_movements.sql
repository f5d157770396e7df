-- depends_on: {{ ref('int_stock_line_weeks') }}
with sold as (
    select
        sales.partner_id,
        sales.key_number,
        sales.scope_number,
        sales.week_start,
        opening.cut_number as first_cut_number,
        closing.cut_number,
        closing.closing_week,
        sales.units,
        sales.lines
    from {{ ref('int_stock_sales') }} as sales
    inner join {{ ref('int_stock_cut_days') }} as opening
        on sales.scope_number = opening.scope_number and sales.period_start = opening.day
    -- a line that ends after the last snapshot is in no interval yet, and still crosses that snapshot
    left join {{ ref('int_stock_cut_days') }} as closing
        on sales.scope_number = closing.scope_number and sales.period_end = closing.day
),

-- at the snapshots before the one that closes a line, which may come weeks after it
crossing as (
    select
        sold.partner_id,
        sold.key_number,
        cuts.cut_number,
        cuts.closing_week,
        sold.week_start,
        sold.units,
        sold.lines
    from sold
    -- the day of each snapshot is among those that it closes
    inner join {{ ref('int_stock_cut_days') }} as cuts
        on
            sold.scope_number = cuts.scope_number
            and cuts.day = cuts.cut_on
            and cuts.cut_number >= sold.first_cut_number
            and (cuts.cut_number < sold.cut_number or sold.cut_number is null)
    where sold.cut_number is null or sold.first_cut_number < sold.cut_number
),

movements as (
    select
        partner_id,
        key_number,
        cut_number,
        closing_week,
        week_start,
        0 as received_units,
        0 as returned_units,
        units as sell_out_units,
        0 as late_window_units,
        0 as in_transit_units,
        case when first_cut_number < cut_number then abs(units) else 0 end as crossing_units,
        case when first_cut_number < cut_number then lines else 0 end as crossing_lines
    from sold
    where cut_number is not null
    union all
    select
        receipts.partner_id,
        receipts.key_number,
        closing.cut_number,
        closing.closing_week,
        receipts.week_start,
        receipts.received_units,
        receipts.returned_units,
        0, 0, 0, 0, 0
    from {{ ref('int_stock_receipts') }} as receipts
    inner join {{ ref('int_stock_cut_days') }} as closing
        on receipts.scope_number = closing.scope_number and receipts.receipt_date = closing.day
    union all
    select
        partner_id,
        key_number,
        cut_number,
        closing_week,
        week_start,
        0, 0, 0,
        case when shift = 'late' then -variance_units else 0 end as late_window_units,
        case when shift = 'early' then variance_units else 0 end as in_transit_units,
        0, 0
    from {{ ref('int_stock_receipt_shifts') }}
    where is_in_window
    union all
    select partner_id, key_number, cut_number, closing_week, week_start, 0, 0, 0, 0, 0, abs(units), lines
    from crossing
)

select
    partner_id,
    key_number,
    cut_number,
    closing_week,
    week_start,
    cast(sum(received_units) as decimal(18, 4)) as received_units,
    cast(sum(returned_units) as decimal(18, 4)) as returned_units,
    cast(sum(sell_out_units) as decimal(18, 4)) as sell_out_units,
    cast(sum(late_window_units) as decimal(18, 4)) as late_window_units,
    cast(sum(in_transit_units) as decimal(18, 4)) as in_transit_units,
    cast(sum(crossing_units) as decimal(18, 4)) as crossing_units,
    cast(sum(crossing_lines) as bigint) as crossing_lines
from movements
group by partner_id, key_number, cut_number, closing_week, week_start
