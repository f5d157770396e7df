with assumed as (
    select
        receipts.key_number,
        receipts.scope_number,
        receipts.document_date,
        receipts.receipt_date,
        cast(receipts.received_units - receipts.returned_units as decimal(18, 4)) as units,
        documented.cut_number as document_cut_number,
        closing.cut_number
    from {{ ref('int_stock_receipts') }} as receipts
    inner join {{ ref('int_stock_cut_days') }} as documented
        on receipts.scope_number = documented.scope_number and receipts.document_date = documented.day
    left join {{ ref('int_stock_cut_days') }} as closing
        on receipts.scope_number = closing.scope_number and receipts.receipt_date = closing.day
    where receipts.is_assumed and receipts.receipt_date > receipts.document_date
)

select
    assumed.key_number,
    assumed.cut_number,
    -assumed.units as variance_units,
    'late' as shift,
    -- as long again as the lead time would carry it beyond the snapshot
    {{ add_days('assumed.receipt_date', days_between('assumed.document_date', 'assumed.receipt_date')) }} > cuts.cut_on
        as is_in_window
from assumed
inner join {{ ref('int_stock_cuts') }} as cuts
    on assumed.scope_number = cuts.scope_number and assumed.cut_number = cuts.cut_number
union all
select
    assumed.key_number,
    cuts.cut_number,
    assumed.units as variance_units,
    'early' as shift,
    true as is_in_window
from assumed
inner join {{ ref('int_stock_cuts') }} as cuts
    on
        assumed.scope_number = cuts.scope_number
        and cuts.cut_number >= assumed.document_cut_number
        and (cuts.cut_number < assumed.cut_number or assumed.cut_number is null)
