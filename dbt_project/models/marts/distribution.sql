{%- set sold_by_week -%}
(
        select week_start as period_start, partner_id, location_id, product_id, units, amount_reporting as amount
        from {{ ref('int_weekly_sell_out') }}
        where location_id is not null
    )
{%- endset -%}
{%- set sold_by_period = {'week': sold_by_week, 'month': 'sold_by_month', 'quarter': 'sold_by_quarter'} -%}

with {{ weeks_of_periods() }},

periods as (
    select
        period,
        period_start,
        min(week_start) as first_week_start,
        max(week_start) as last_week_start,
        count(*) as weeks
    from weeks_of_periods
    group by period, period_start
),

-- of a week there is one row a point of sale and product already
sold_by_month as (
    select
        {{ period_of_week('month', 'week_start') }} as period_start,
        partner_id,
        location_id,
        product_id,
        sum(units) as units,
        case when count(*) = count(amount_reporting) then sum(amount_reporting) end as amount
    from {{ ref('int_weekly_sell_out') }}
    where location_id is not null
    group by {{ period_of_week('month', 'week_start') }}, partner_id, location_id, product_id
),

sold_by_quarter as (
    select
        cast({{ dbt.date_trunc('quarter', 'period_start') }} as date) as period_start,
        partner_id,
        location_id,
        product_id,
        sum(units) as units,
        case when count(*) = count(amount) then sum(amount) end as amount
    from sold_by_month
    group by cast({{ dbt.date_trunc('quarter', 'period_start') }} as date), partner_id, location_id, product_id
),

-- a location is in the universe from its first report of sales until it closes, and as long as it sells
panel as (
    select
        lines.partner_id,
        lines.location_id,
        locations.closed_on,
        min(lines.week_start) as first_week_start,
        max(lines.week_start) as last_week_start
    from {{ ref('int_weekly_sell_out') }} as lines
    left join {{ ref('dim_locations') }} as locations
        on lines.location_id = locations.location_id
    where lines.location_id is not null
    group by lines.partner_id, lines.location_id, locations.closed_on
),

location_turnover as (
    {%- for period, sold in sold_by_period.items() %}
    select
        '{{ period }}' as period,
        sold.period_start,
        sold.partner_id,
        sold.location_id,
        sum(sold.units) as units,
        case when count(*) = count(sold.amount) then sum(sold.amount) end as amount
    from {{ sold }} as sold
    group by sold.period_start, sold.partner_id, sold.location_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

panel_by_period as (
    select
        periods.period,
        periods.period_start,
        panel.partner_id,
        panel.location_id,
        turnover.location_id is not null as has_reported,
        turnover.units,
        turnover.amount
    from periods
    inner join panel
        on
            periods.last_week_start >= panel.first_week_start
            and (
                coalesce(periods.first_week_start <= panel.closed_on, true)
                or periods.first_week_start <= panel.last_week_start
            )
    left join location_turnover as turnover
        on
            periods.period = turnover.period
            and periods.period_start = turnover.period_start
            and panel.partner_id = turnover.partner_id
            and panel.location_id = turnover.location_id
),

{{ unread_stock('panel', 'weeks') }},

stock_by_week as (
    select
        week_start as period_start,
        partner_id,
        location_id,
        product_id,
        on_hand_units,
        0 as is_unread
    from {{ ref('int_weekly_stock') }}
    union all
    select
        week_start as period_start,
        partner_id,
        location_id,
        product_id,
        null as on_hand_units,
        1 as is_unread
    from unread_stock
),

stock_by_month as (
    select
        {{ period_of_week('month', 'period_start') }} as period_start,
        partner_id,
        location_id,
        product_id,
        max(on_hand_units) as on_hand_units,
        max(is_unread) as is_unread
    from stock_by_week
    group by {{ period_of_week('month', 'period_start') }}, partner_id, location_id, product_id
),

stock_by_quarter as (
    select
        cast({{ dbt.date_trunc('quarter', 'period_start') }} as date) as period_start,
        partner_id,
        location_id,
        product_id,
        max(on_hand_units) as on_hand_units,
        max(is_unread) as is_unread
    from stock_by_month
    group by cast({{ dbt.date_trunc('quarter', 'period_start') }} as date), partner_id, location_id, product_id
),

universes as (
    select
        period,
        period_start,
        scope_partner_id,
        count(*) as universe_locations,
        sum(case when has_reported then 1 else 0 end) as reporting_locations,
        sum(units) as turnover_units,
        case when sum(case when has_reported and amount is null then 1 else 0 end) = 0 then sum(amount) end
            as turnover_amount
    from ({{ for_each_scope(
        'panel_by_period', ['period', 'period_start', 'has_reported', 'units', 'amount']
    ) }}) as scoped
    group by period, period_start, scope_partner_id
),

placed as (
    {%- for period, sold in sold_by_period.items() %}
    select
        '{{ period }}' as period,
        sold.period_start,
        sold.partner_id,
        sold.product_id,
        sum(sold.units) as units,
        sum(case when sold.units > 0 then 1 else 0 end) as selling_locations,
        sum(case when sold.units > 0 then turnover.units end) as selling_turnover_units,
        sum(case when sold.units > 0 then turnover.amount end) as selling_turnover_amount,
        0 as stock_reports,
        0 as stocking_locations,
        0 as unknown_stocks
    from {{ sold }} as sold
    inner join location_turnover as turnover
        on {{ same_keys('sold', 'turnover', ['period_start', 'partner_id', 'location_id']) }}
    where turnover.period = '{{ period }}'
    group by sold.period_start, sold.partner_id, sold.product_id
    union all
    -- a depot that never sells is in no universe, and stocks for none
    select
        '{{ period }}' as period,
        stock.period_start,
        stock.partner_id,
        stock.product_id,
        null as units,
        0 as selling_locations,
        null as selling_turnover_units,
        null as selling_turnover_amount,
        count(stock.on_hand_units) as stock_reports,
        sum(case when stock.on_hand_units > 0 then 1 else 0 end) as stocking_locations,
        -- what could not be read decides nothing of a place that stocks in another week
        sum(case when stock.on_hand_units > 0 then 0 else stock.is_unread end) as unknown_stocks
    from stock_by_{{ period }} as stock
    inner join panel_by_period as panel
        on {{ same_keys('stock', 'panel', ['period_start', 'partner_id', 'location_id']) }}
    where panel.period = '{{ period }}'
    group by stock.period_start, stock.partner_id, stock.product_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

products_of_partners as (
    select
        period,
        period_start,
        partner_id,
        product_id,
        sum(units) as units,
        sum(selling_locations) as selling_locations,
        sum(stock_reports) as stock_reports,
        sum(stocking_locations) as stocking_locations,
        sum(unknown_stocks) as unknown_stocks,
        coalesce(sum(selling_turnover_units), 0) as selling_turnover_units,
        coalesce(sum(selling_turnover_amount), 0) as selling_turnover_amount
    from placed
    group by period, period_start, partner_id, product_id
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
    from ({{ for_each_scope('products_of_partners', [
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
    where weekly.partner_id in (select partner_id from panel)
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

{{ scope_warnings('panel_by_period', ['sell_out', 'stock']) }},

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
