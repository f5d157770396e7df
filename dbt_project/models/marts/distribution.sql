with {{ weeks_of_periods() }},

periods as (
    select
        period,
        period_start,
        count(*) as weeks
    from weeks_of_periods
    group by period, period_start
),

universes as (
    select
        period,
        period_start,
        scope_partner_id,
        count(*) as universe_locations,
        sum(case when has_reported then 1 else 0 end) as reporting_locations,
        sum(turnover_units) as turnover_units,
        case
            when sum(case when has_reported and turnover_amount is null then 1 else 0 end) = 0 then sum(turnover_amount)
        end as turnover_amount
    from ({{ for_each_scope(
        ref('int_distribution_places'), ['period', 'period_start', 'has_reported', 'turnover_units', 'turnover_amount']
    ) }}) as scoped
    group by period, period_start, scope_partner_id
),

products as (
    select
        period,
        period_start,
        scope_partner_id,
        product_id,
        sum(units) as units,
        sum(selling_locations) as selling_locations,
        case when sum(stock_reports) > 0 and sum(unknown_stocks) = 0 then sum(stocking_locations) end
            as stocking_locations,
        sum(selling_turnover_units) as selling_turnover_units,
        sum(selling_turnover_amount) as selling_turnover_amount
    from ({{ for_each_scope(ref('int_distribution_products'), [
        'period', 'period_start', 'product_id', 'units', 'selling_locations', 'stock_reports', 'stocking_locations',
        'unknown_stocks', 'selling_turnover_units', 'selling_turnover_amount',
    ]) }}) as scoped
    group by period, period_start, scope_partner_id, product_id
    having count(units) > 0 or sum(stock_reports) > 0
),

-- also of weeks and partners of which nothing came: they are what the row lacks
completeness_of_partners as (
    select
        weeks_of_periods.period,
        weeks_of_periods.period_start,
        weekly.partner_id,
        weekly.product_id,
        {{ sum_completeness_parts() }}
    from {{ ref('sell_through_weekly') }} as weekly
    inner join weeks_of_periods
        on weekly.week_start = weeks_of_periods.week_start
    where weekly.partner_id in (select partner_id from {{ ref('int_distribution_places') }})
    group by weeks_of_periods.period, weeks_of_periods.period_start, weekly.partner_id, weekly.product_id
),

completeness as (
    select
        period,
        period_start,
        scope_partner_id,
        product_id,
        {{ add_completeness_parts() }}
    from ({{ for_each_scope(
        'completeness_of_partners', ['period', 'period_start', 'product_id'] + (completeness_parts() | list)
    ) }}) as scoped
    group by period, period_start, scope_partner_id, product_id
),

{{ scope_warnings(ref('int_distribution_places'), ['sell_out', 'stock']) }},

measured as (
    select
        products.period,
        products.period_start,
        products.scope_partner_id,
        products.product_id,
        periods.weeks,
        universes.universe_locations,
        universes.reporting_locations,
        case when universes.reporting_locations > 0 then products.selling_locations end as selling_locations,
        products.stocking_locations,
        products.units,
        {{ share('products.selling_turnover_amount', 'universes.turnover_amount') }} as weighted_distribution,
        {{ share('products.selling_turnover_units', 'universes.turnover_units') }} as weighted_distribution_by_units,
        {%- for part in completeness_parts() %}
        completeness.{{ part }},
        {%- endfor %}
        scope_warnings.warnings
    from products
    inner join periods
        on products.period = periods.period and products.period_start = periods.period_start
    left join universes
        on
            products.period = universes.period
            and products.period_start = universes.period_start
            and coalesce(products.scope_partner_id, '') = coalesce(universes.scope_partner_id, '')
    left join completeness
        on
            {{ same_keys('products', 'completeness', ['period', 'period_start', 'product_id']) }}
            and coalesce(products.scope_partner_id, '') = coalesce(completeness.scope_partner_id, '')
    left join scope_warnings
        on
            {{ of_same_scope('products') }}
)

select
    period,
    period_start,
    {{ scope_columns('measured') }},
    product_id,
    cast(weeks as bigint) as weeks,
    cast(universe_locations as bigint) as universe_locations,
    cast(reporting_locations as bigint) as reporting_locations,
    cast(selling_locations as bigint) as selling_locations,
    cast(stocking_locations as bigint) as stocking_locations,
    cast(units as decimal(18, 4)) as sell_out_units,
    {{ share('selling_locations', 'universe_locations') }} as numeric_distribution,
    {{ share('stocking_locations', 'universe_locations') }} as numeric_distribution_stocking,
    weighted_distribution,
    weighted_distribution_by_units,
    coalesce(weighted_distribution, weighted_distribution_by_units) < {{ low_weighted_distribution() }}
        as is_weighted_distribution_low,
    {{ share('units', 'selling_locations * weeks') }} as velocity,
    {{ mean_completeness() }},
    warnings
from measured
