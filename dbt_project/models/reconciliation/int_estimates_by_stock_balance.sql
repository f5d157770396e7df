with gaps as (
    select *
    from {{ ref('int_stock_gaps') }}
    where not is_late
),

-- what a balance lacks cannot be shared out between two reports that are missing from it
gaps_of_interval as (
    select
        scope_number,
        cut_number,
        sum(case when product_id is null then 1 else 0 end) as whole_reports,
        count(*) as reports
    from gaps
    group by scope_number, cut_number
),

gaps_of_product as (
    select
        scope_number,
        cut_number,
        product_id,
        count(*) as reports
    from gaps
    where product_id is not null
    group by scope_number, cut_number, product_id
),

balances as (
    select
        gaps.contract_id,
        gaps.partner_id,
        gaps.location_id,
        keys.product_id,
        gaps.period_start,
        gaps.period_end,
        gaps.product_id is not null as is_product_gap,
        keys.location_id is null as is_pooled,
        keys.key_number,
        -sum(intervals.variance_units) as units,
        min(intervals.opening_on) < gaps.period_start
        and max(intervals.cut_on) >= gaps.period_end
        and count(*) = count(intervals.variance_units)
        and sum(intervals.crossing_lines) = 0
        and max(coalesce(gaps_of_interval.whole_reports, 0) + coalesce(gaps_of_product.reports, 0)) = 1
            as is_known
    from gaps
    inner join {{ ref('int_stock_intervals') }} as intervals
        on gaps.scope_number = intervals.scope_number and gaps.cut_number = intervals.cut_number
    inner join {{ ref('int_stock_keys') }} as keys
        on intervals.key_number = keys.key_number and coalesce(gaps.product_id, keys.product_id) = keys.product_id
    inner join gaps_of_interval
        on gaps.scope_number = gaps_of_interval.scope_number and gaps.cut_number = gaps_of_interval.cut_number
    left join gaps_of_product
        on
            gaps.scope_number = gaps_of_product.scope_number
            and gaps.cut_number = gaps_of_product.cut_number
            and keys.product_id = gaps_of_product.product_id
    where gaps.is_missing
    group by
        gaps.contract_id, gaps.partner_id, gaps.location_id, keys.product_id, gaps.period_start, gaps.period_end,
        gaps.product_id is not null, keys.location_id is null, keys.key_number
),

sold as (
    select distinct
        place_number,
        product_number
    from {{ ref('sell_out_by_period') }}
),

-- places that sold a product and never counted it: the counts of the others are not those of the partner
uncounted as (
    select distinct
        places.contract_id,
        places.partner_id,
        products.product_id
    from sold
    inner join {{ ref('sell_out_places') }} as places
        on sold.place_number = places.place_number
    inner join {{ ref('sell_out_products') }} as products
        on sold.product_number = products.product_number
    left join {{ ref('int_reconciliation_level') }} as levels
        on places.partner_id = levels.partner_id and products.product_id = levels.product_id
    left join {{ ref('int_stock_keys') }} as keys
        on
            places.partner_id = keys.partner_id
            and products.product_id = keys.product_id
            and case when levels.level = 'location' then coalesce(places.location_id, '') else '' end
            = coalesce(keys.location_id, '')
    where keys.key_number is null
),

known_balances as (
    select
        balances.contract_id,
        balances.partner_id,
        balances.location_id,
        balances.product_id,
        balances.period_start,
        balances.period_end,
        balances.is_pooled or balances.location_id is not null as is_one_stock,
        sum(balances.units) as units
    from balances
    left join uncounted
        on
            balances.contract_id = uncounted.contract_id
            and balances.partner_id = uncounted.partner_id
            and balances.product_id = uncounted.product_id
    group by
        balances.contract_id, balances.partner_id, balances.location_id, balances.product_id, balances.period_start,
        balances.period_end, balances.is_pooled or balances.location_id is not null
    having
        min(case when balances.is_known then 1 else 0 end) = 1
        and (
            max(case when uncounted.product_id is null then 0 else 1 end) = 0
            or max(case when balances.is_pooled or balances.location_id is not null then 0 else 1 end) = 0
        )
),

-- intervals in which nothing is missing: what their variances are, an estimate errs by
variances as (
    select
        keys.partner_id,
        keys.location_id,
        keys.product_id,
        intervals.opening_on,
        intervals.cut_on,
        intervals.variance_units
    from {{ ref('int_stock_intervals') }} as intervals
    inner join {{ ref('int_stock_keys') }} as keys
        on intervals.key_number = keys.key_number
    left join gaps_of_interval as touched
        on intervals.scope_number = touched.scope_number and intervals.cut_number = touched.cut_number
    where
        touched.scope_number is null
        and intervals.variance_units is not null
        and intervals.crossing_lines = 0
        and keys.partner_id in (select partner_id from known_balances)
),

errors as (
    select partner_id, true as is_one_stock, variance_units
    from variances
    union all
    select partner_id, false as is_one_stock, sum(variance_units) as variance_units
    from variances
    where location_id is not null
    group by partner_id, product_id, opening_on, cut_on
),

usual_errors as (
    select
        partner_id,
        is_one_stock,
        count(*) as intervals,
        percentile_cont(0.1) within group (order by variance_units) as lower_units,
        percentile_cont(0.5) within group (order by variance_units) as units,
        percentile_cont(0.9) within group (order by variance_units) as upper_units
    from errors
    group by partner_id, is_one_stock
    having count(*) >= {{ balance_intervals() }}
)

select
    balances.contract_id,
    balances.partner_id,
    balances.location_id,
    balances.product_id,
    balances.period_start,
    balances.period_end,
    cast(greatest(balances.units + coalesce(usual.units, 0), 0) as decimal(18, 4)) as units,
    {%- for bound in ['lower_units', 'upper_units'] %}
    -- greatest() passes over what is unknown
    cast(case
        when usual.{{ bound }} is not null then greatest(balances.units + usual.{{ bound }}, 0)
    end as decimal(18, 4)) as {{ bound }}{{ ',' if not loop.last }}
    {%- endfor %}
from known_balances as balances
left join usual_errors as usual
    on balances.partner_id = usual.partner_id and balances.is_one_stock = usual.is_one_stock
