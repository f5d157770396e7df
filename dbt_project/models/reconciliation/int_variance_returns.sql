with credited as (
    select
        receipts.key_number,
        closing.cut_number,
        cuts.cut_on as credited_on,
        cast(sum(receipts.returned_units) as decimal(18, 4)) as units
    from {{ ref('int_stock_receipts') }} as receipts
    inner join {{ ref('int_stock_cut_days') }} as closing
        on receipts.scope_number = closing.scope_number and receipts.receipt_date = closing.day
    inner join {{ ref('int_stock_cuts') }} as cuts
        on closing.scope_number = cuts.scope_number and closing.cut_number = cuts.cut_number
    where receipts.returned_units > 0
    group by receipts.key_number, closing.cut_number, cuts.cut_on
),

-- the goods were still counted where the document says that they had gone, or were gone before it said so
told_apart as (
    select
        credited.key_number,
        credited.cut_number,
        credited.credited_on,
        credited.units
    from credited
    inner join {{ ref('int_variances') }} as variances
        on
            credited.key_number = variances.key_number
            and credited.cut_number = variances.cut_number
            and credited.units = variances.variance_units
    where variances.variance_units > 0
),

gone as (
    select
        told_apart.key_number,
        told_apart.cut_number as credited_cut_number,
        told_apart.credited_on,
        variances.cut_number,
        variances.cut_on as gone_on,
        variances.variance_units = -told_apart.units as is_exact,
        row_number() over (
            partition by told_apart.key_number, told_apart.cut_number
            order by
                case when variances.variance_units = -told_apart.units then 0 else 1 end,
                abs(variances.cut_number - told_apart.cut_number),
                variances.cut_number
        ) as choice
    from told_apart
    inner join {{ ref('int_variances') }} as variances
        on
            told_apart.key_number = variances.key_number
            and variances.cut_number between told_apart.cut_number - {{ expected_snapshots() }}
            and told_apart.cut_number + {{ expected_snapshots() }}
            and variances.variance_units <= -told_apart.units
),

pairs as (
    select * from gone
    where choice = 1
),

both_ends as (
    select key_number, cut_number, credited_on, gone_on, is_exact from pairs
    union all
    select key_number, credited_cut_number as cut_number, credited_on, gone_on, is_exact from pairs
)

select
    key_number,
    cut_number,
    max(case when is_exact then 1 else 0 end) = 1 as is_exact,
    min(credited_on) as credited_on,
    min(gone_on) as gone_on
from both_ends
group by key_number, cut_number
