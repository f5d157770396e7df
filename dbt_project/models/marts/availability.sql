with {{ weeks_of_periods() }},

weekly as (
    select
        partner_id,
        location_id,
        product_id,
        week_start,
        {{ period_of_week('month', 'week_start') }} as month_start,
        known_days,
        out_of_stock_days,
        lost_sales_units,
        case when lost_sales_units is null then out_of_stock_days else 0 end as out_of_stock_days_without_loss,
        {%- for part, of_row in completeness_parts().items() %}
        {{ of_row }} as {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('availability_location_weekly') }}
),

monthly as (
    select
        partner_id,
        location_id,
        product_id,
        month_start,
        {{ summed_availability() }}
    from weekly
    group by partner_id, location_id, product_id, month_start
),

quarterly as (
    select
        partner_id,
        location_id,
        product_id,
        cast({{ dbt.date_trunc('quarter', 'month_start') }} as date) as quarter_start,
        {{ summed_availability() }}
    from monthly
    group by partner_id, location_id, product_id, cast({{ dbt.date_trunc('quarter', 'month_start') }} as date)
),

-- summed by partner first: all partners together are few rows then; a week has one row a place already
places as (
    {%- for period, relation in {'week': 'weekly', 'month': 'monthly', 'quarter': 'quarterly'}.items() %}
    select
        '{{ period }}' as period,
        {{ period }}_start as period_start,
        partner_id,
        product_id,
        sum(case when known_days > 0 then 1 else 0 end) as authorised_locations,
        sum(case when out_of_stock_days > 0 then 1 when known_days > 0 then 0 end) as out_of_stock_locations,
        {{ summed_availability() }}
    from {{ relation }}
    group by {{ period }}_start, partner_id, product_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

products as (
    select
        period,
        period_start,
        scope_partner_id,
        product_id,
        sum(authorised_locations) as authorised_locations,
        sum(out_of_stock_locations) as out_of_stock_locations,
        {{ summed_availability() }}
    from ({{ for_each_scope('places', [
        'period', 'period_start', 'product_id', 'authorised_locations', 'out_of_stock_locations', 'known_days',
        'out_of_stock_days', 'lost_sales_units', 'out_of_stock_days_without_loss',
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
