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
        max(intervals.opening_units + intervals.closing_units) as counted_units,
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

-- places that sold a product and never counted it: the counts of the others are not those of the partner
uncounted as (
    select distinct
        places.contract_id,
        places.partner_id,
        products.product_id
    from {{ ref('sell_out_by_place') }} as sold
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
        sum(balances.units) as units,
        sum(balances.counted_units) as counted_units
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

errors_of_sizes as (
    select partner_id, is_one_stock, size, variance_units, intervals
    from {{ ref('int_balance_errors') }}
    union all
    select partner_id, is_one_stock, null as size, variance_units, sum(intervals) as intervals
    from {{ ref('int_balance_errors') }}
    group by partner_id, is_one_stock, variance_units
),

ranked_errors as (
    select
        errors_of_sizes.*,
        sum(intervals) over (partition by partner_id, is_one_stock, size) as all_intervals,
        sum(intervals) over (partition by partner_id, is_one_stock, size order by variance_units) as intervals_so_far
    from errors_of_sizes
),

usual_errors as (
    select
        partner_id,
        is_one_stock,
        size,
        min(case when {{ is_within(0.1, 'intervals_so_far - intervals') }} then variance_units end) as lower_units,
        min(case when intervals_so_far >= 0.5 * all_intervals then variance_units end) as units,
        max(case when {{ is_within(0.1, 'all_intervals - intervals_so_far') }} then variance_units end) as upper_units
    from ranked_errors
    where all_intervals >= {{ balance_intervals() }}
    group by partner_id, is_one_stock, size
),

usual as (
    select
        balances.*,
        {%- for measure in ['lower_units', 'units', 'upper_units'] %}
        coalesce(of_size.{{ measure }}, of_any_size.{{ measure }}) as usual_{{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from known_balances as balances
    left join usual_errors as of_size
        on
            balances.partner_id = of_size.partner_id
            and balances.is_one_stock = of_size.is_one_stock
            and {{ stock_size('balances.counted_units') }} = of_size.size
    left join usual_errors as of_any_size
        on
            balances.partner_id = of_any_size.partner_id
            and balances.is_one_stock = of_any_size.is_one_stock
            and of_any_size.size is null
)

select
    contract_id,
    partner_id,
    location_id,
    product_id,
    period_start,
    period_end,
    cast(greatest(units + coalesce(usual_units, 0), 0) as decimal(18, 4)) as units,
    {%- for bound in ['lower_units', 'upper_units'] %}
    -- greatest() passes over what is unknown
    cast(case
        when usual_{{ bound }} is not null then greatest(units + usual_{{ bound }}, 0)
    end as decimal(18, 4)) as {{ bound }}{{ ',' if not loop.last }}
    {%- endfor %}
from usual
