with {{ weeks_of_periods() }},

products as (
    select
        period,
        period_start,
        scope_partner_id,
        product_id,
        sum(authorised_locations) as authorised_locations,
        sum(out_of_stock_locations) as out_of_stock_locations,
        {{ summed_availability() }}
    from ({{ for_each_scope(ref('int_availability_products'), [
        'period', 'period_start', 'product_id', 'authorised_locations', 'out_of_stock_locations', 'known_days',
        'out_of_stock_days', 'lost_sales_units', 'out_of_stock_days_without_loss',
    ] + (completeness_parts() | list)) }}) as scoped
    group by period, period_start, scope_partner_id, product_id
),

{{ scope_warnings(ref('int_availability_products'), ['sell_out', 'stock'], ['product_id']) }}

select
    products.period,
    products.period_start,
    {{ scope_columns('products') }},
    products.product_id,
    cast(authorised_locations as bigint) as authorised_locations,
    cast(out_of_stock_locations as bigint) as out_of_stock_locations,
    cast(known_days as bigint) as known_days,
    cast(out_of_stock_days as bigint) as out_of_stock_days,
    {{ share('out_of_stock_days', 'known_days') }} as out_of_stock_rate,
    cast(lost_sales_units as decimal(18, 4)) as lost_sales_units,
    cast(out_of_stock_days_without_loss as bigint) as out_of_stock_days_without_loss,
    {{ mean_completeness() }},
    scope_warnings.warnings
from products
left join scope_warnings
    on
        {{ of_same_scope('products', ['product_id']) }}
