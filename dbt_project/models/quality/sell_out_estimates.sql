with steps as (
    {{ trailing_steps() }}
),

absent as (
    select distinct
        contract_id,
        partner_id
    from {{ ref('absent_partners') }}
),

sold_by_partner as (
    select
        places.contract_id,
        places.partner_id,
        lines.product_number,
        lines.delivered_number,
        sum(lines.units) as units
    from {{ ref('sell_out_by_period') }} as lines
    inner join {{ ref('sell_out_places') }} as places
        on lines.place_number = places.place_number
    inner join absent
        on places.contract_id = absent.contract_id and places.partner_id = absent.partner_id
    group by places.contract_id, places.partner_id, lines.product_number, lines.delivered_number
),

recent as (
    select
        gaps.partner_id,
        cast(null as {{ dbt.type_string() }}) as location_id,
        products.product_id,
        gaps.period_start,
        gaps.period_end,
        gaps.contract_id,
        gaps.trailing_periods,
        sum(sold.units) as total,
        sum(sold.units * sold.units) as squares
    from {{ ref('absent_partners') }} as gaps
    cross join steps
    inner join sold_by_partner as sold
        on
            gaps.contract_id = sold.contract_id
            and gaps.partner_id = sold.partner_id
            and gaps.delivered_before + 1 - steps.step = sold.delivered_number
    inner join {{ ref('sell_out_products') }} as products
        on sold.product_number = products.product_number
    group by
        gaps.partner_id, products.product_id, gaps.period_start, gaps.period_end, gaps.contract_id,
        gaps.trailing_periods
    union all
    select
        gaps.partner_id,
        gaps.location_id,
        products.product_id,
        gaps.period_start,
        gaps.period_end,
        gaps.contract_id,
        gaps.trailing_periods,
        sum(sold.units) as total,
        sum(sold.units * sold.units) as squares
    from {{ ref('absent_places') }} as gaps
    cross join steps
    inner join {{ ref('sell_out_by_period') }} as sold
        on
            gaps.place_number = sold.place_number
            and gaps.delivered_number - steps.step = sold.delivered_number
    inner join {{ ref('sell_out_products') }} as products
        on sold.product_number = products.product_number
    group by
        gaps.partner_id, gaps.location_id, products.product_id, gaps.period_start, gaps.period_end, gaps.contract_id,
        gaps.trailing_periods
    union all
    select
        partner_id,
        location_id,
        product_id,
        period_start,
        period_end,
        contract_id,
        trailing_periods,
        trailing_total as total,
        trailing_squares as squares
    from {{ ref('product_gaps') }}
    where trailing_total is not null
),

rates as (
    select
        recent.*,
        total / trailing_periods as mean_units,
        {{ deviation_of_sums('total', 'squares', 'trailing_periods') }} as deviation
    from recent
)

-- 1.2816 deviations on either side hold four of five values of a normal distribution
select
    partner_id,
    location_id,
    product_id,
    period_start,
    period_end,
    cast(greatest(mean_units, 0) as decimal(18, 4)) as units,
    case when deviation is not null then cast(greatest(mean_units - 1.2816 * deviation, 0) as decimal(18, 4)) end
        as lower_units,
    case when deviation is not null then cast(greatest(mean_units + 1.2816 * deviation, 0) as decimal(18, 4)) end
        as upper_units,
    'trailing_rate' as method,
    contract_id,
    trailing_periods
from rates
