with touched as (
    select distinct scope_number, cut_number
    from {{ ref('int_stock_gaps') }}
    where not is_late
),

-- of an interval in which nothing is missing, the variance is what an estimate errs by
variances as (
    select
        keys.partner_id,
        keys.location_id,
        keys.product_id,
        intervals.opening_on,
        intervals.cut_on,
        intervals.opening_units + intervals.closing_units as counted_units,
        intervals.variance_units
    from {{ ref('int_stock_intervals') }} as intervals
    inner join {{ ref('int_stock_keys') }} as keys
        on intervals.key_number = keys.key_number
    left join touched
        on intervals.scope_number = touched.scope_number and intervals.cut_number = touched.cut_number
    where
        touched.scope_number is null
        and intervals.variance_units is not null
        and intervals.crossing_lines = 0
),

errors as (
    select partner_id, true as is_one_stock, counted_units, variance_units
    from variances
    union all
    select
        partner_id,
        false as is_one_stock,
        sum(counted_units) as counted_units,
        sum(variance_units) as variance_units
    from variances
    where location_id is not null
    group by partner_id, product_id, opening_on, cut_on
)

-- large stock is out by more than small stock
select
    partner_id,
    is_one_stock,
    {{ stock_size('counted_units') }} as size,
    variance_units,
    count(*) as intervals
from errors
group by partner_id, is_one_stock, {{ stock_size('counted_units') }}, variance_units
