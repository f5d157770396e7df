with slices as (
    select contract_id, partner_id, location_id, product_id, period_start, period_end
    from {{ ref('estimates_by_trailing_rate') }}
    union
    select contract_id, partner_id, location_id, product_id, period_start, period_end
    from {{ ref('int_estimates_by_stock_balance') }}
),

estimated as (
    select
        slices.*,
        by_stock.units as stock_balance_units,
        by_stock.lower_units as stock_balance_lower_units,
        by_stock.upper_units as stock_balance_upper_units,
        by_rate.units as trailing_rate_units,
        by_rate.lower_units as trailing_rate_lower_units,
        by_rate.upper_units as trailing_rate_upper_units,
        by_rate.trailing_periods,
        by_rate.seasonal_factor,
        by_rate.seasonal_basis
    from slices
    left join {{ ref('int_estimates_by_stock_balance') }} as by_stock
        on {{ same_slice('slices', 'by_stock') }}
    left join {{ ref('estimates_by_trailing_rate') }} as by_rate
        on {{ same_slice('slices', 'by_rate') }}
),

preferred as (
    select
        estimated.*,
        case
            when trailing_rate_units is null then 'stock_balance'
            when stock_balance_units is null then 'trailing_rate'
            when
                stock_balance_upper_units - stock_balance_lower_units
                <= trailing_rate_upper_units - trailing_rate_lower_units
                then 'stock_balance'
            when stock_balance_upper_units is not null and trailing_rate_upper_units is null then 'stock_balance'
            else 'trailing_rate'
        end as method,
        case
            when trailing_rate_units is null or stock_balance_units is null then 'only_method'
            else 'narrower_bounds'
        end as method_reason
    from estimated
)

select
    partner_id,
    location_id,
    product_id,
    period_start,
    period_end,
    {%- for measure in ['units', 'lower_units', 'upper_units'] %}
    case method when 'stock_balance' then stock_balance_{{ measure }} else trailing_rate_{{ measure }} end
        as {{ measure }},
    {%- endfor %}
    method,
    method_reason,
    stock_balance_units,
    stock_balance_lower_units,
    stock_balance_upper_units,
    trailing_rate_units,
    trailing_rate_lower_units,
    trailing_rate_upper_units,
    contract_id,
    trailing_periods,
    seasonal_factor,
    seasonal_basis
from preferred
