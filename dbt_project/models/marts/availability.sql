with {{ weeks_of_periods() }},

places as (
    select
        weeks_of_periods.period,
        weeks_of_periods.period_start,
        weekly.partner_id,
        weekly.location_id,
        weekly.product_id,
        sum(weekly.known_days) as known_days,
        sum(weekly.out_of_stock_days) as out_of_stock_days,
        sum(weekly.lost_sales_units) as lost_sales_units,
        sum(case when weekly.lost_sales_units is null then weekly.out_of_stock_days else 0 end)
            as out_of_stock_days_without_loss,
        {{ sum_completeness_parts() }}
    from {{ ref('availability_location_weekly') }} as weekly
    inner join weeks_of_periods
        on weekly.week_start = weeks_of_periods.week_start
    group by
        weeks_of_periods.period,
        weeks_of_periods.period_start,
        weekly.partner_id,
        weekly.location_id,
        weekly.product_id
),

products as (
    select
        period,
        period_start,
        scope_partner_id,
        product_id,
        sum(case when known_days > 0 then 1 else 0 end) as authorised_locations,
        sum(case when out_of_stock_days > 0 then 1 when known_days > 0 then 0 end) as out_of_stock_locations,
        sum(known_days) as known_days,
        sum(out_of_stock_days) as out_of_stock_days,
        sum(lost_sales_units) as lost_sales_units,
        sum(out_of_stock_days_without_loss) as out_of_stock_days_without_loss,
        {{ add_completeness_parts() }}
    from ({{ for_each_scope('places', [
        'period', 'period_start', 'product_id', 'known_days', 'out_of_stock_days', 'lost_sales_units',
        'out_of_stock_days_without_loss',
    ] + (completeness_parts() | list)) }}) as scoped
    group by period, period_start, scope_partner_id, product_id
),

{{ scope_warnings('places', ['sell_out', 'stock'], ['product_id']) }}

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
