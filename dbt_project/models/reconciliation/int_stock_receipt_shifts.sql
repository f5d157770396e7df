-- depends_on: {{ ref('int_stock_line_weeks') }}
with receipts as (
    select
        receipts.partner_id,
        receipts.key_number,
        receipts.scope_number,
        receipts.document_date,
        receipts.receipt_date,
        receipts.week_start,
        receipts.is_assumed and receipts.receipt_date > receipts.document_date as is_in_lead_time,
        cast(receipts.received_units - receipts.returned_units as decimal(18, 4)) as units,
        documented.cut_number as document_cut_number,
        closing.cut_number,
        closing.cut_on,
        closing.closing_week
    from {{ ref('int_stock_receipts') }} as receipts
    left join {{ ref('int_stock_cut_days') }} as documented
        on receipts.scope_number = documented.scope_number and receipts.document_date = documented.day
    left join {{ ref('int_stock_cut_days') }} as closing
        on receipts.scope_number = closing.scope_number and receipts.receipt_date = closing.day
)

select
    receipts.partner_id,
    receipts.key_number,
    receipts.cut_number,
    receipts.closing_week,
    receipts.week_start,
    -receipts.units as variance_units,
    'late' as shift,
    -- as long again as the lead time would carry it beyond the snapshot; a day of receipt that was told needs no window
    receipts.is_in_lead_time
    and {{ add_days('receipts.receipt_date', days_between('receipts.document_date', 'receipts.receipt_date')) }}
    > receipts.cut_on as is_in_window
from receipts
where receipts.cut_number is not null
union all
select
    receipts.partner_id,
    receipts.key_number,
    cuts.cut_number,
    cuts.closing_week,
    receipts.week_start,
    receipts.units as variance_units,
    'early' as shift,
    true as is_in_window
from receipts
-- the day of each snapshot is among those that it closes
inner join {{ ref('int_stock_cut_days') }} as cuts
    on
        receipts.scope_number = cuts.scope_number
        and cuts.day = cuts.cut_on
        and cuts.cut_number >= receipts.document_cut_number
        and (cuts.cut_number < receipts.cut_number or receipts.cut_number is null)
where receipts.is_in_lead_time
