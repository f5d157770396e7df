with {{ weeks_of_periods() }},

periods as (
    select
        weeks_of_periods.*,
        max(week_start) over (partition by period, period_start) as last_week_start,
        count(*) over (partition by period, period_start) as weeks
    from weeks_of_periods
),

pairs as (
    select
        periods.period,
        periods.period_start,
        weekly.partner_id,
        weekly.product_id,
        sum(weekly.sell_out_units) as sell_out_units,
        sum(case when weekly.week_start = periods.last_week_start then weekly.closing_stock_units end)
            as closing_stock_units,
        max(case when weekly.stock_status = 'derived' and weekly.week_start = periods.last_week_start then 1 else 0 end)
            as is_derived,
        -- stock without sales, or sales without stock, would tilt both shares
        sum(case when weekly.sell_out_status in ('reported', 'allocated') then 1 else 0 end) = periods.weeks
        and count(weekly.sell_out_units) = periods.weeks
        and count(case when weekly.week_start = periods.last_week_start then weekly.closing_stock_units end) = 1
            as is_told,
        {{ sum_completeness_parts() }}
    from {{ ref('sell_through_weekly') }} as weekly
    inner join periods
        on weekly.week_start = periods.week_start
    group by periods.period, periods.period_start, weekly.partner_id, weekly.product_id, periods.weeks
),

-- what a pair that is left out reported is not in the row
entered as (
    select
        period,
        period_start,
        partner_id,
        product_id,
        is_told,
        case when is_told then sell_out_units end as sell_out_units,
        case when is_told then closing_stock_units end as closing_stock_units,
        case when is_told then is_derived end as is_derived,
        expected_weight,
        judged_slices,
    {%- for part in ['reported_weight', 'reported_slices', 'counted_slices'] %}
        case when is_told then {{ part }} when judged_slices > 0 then 0 end as {{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
    from pairs
),

told_pairs as (
    select
        period,
        period_start,
        partner_id
    from entered
    where is_told
),

products as (
    select
        period,
        period_start,
        scope_partner_id,
        product_id,
        sum(sell_out_units) as sell_out_units,
        sum(closing_stock_units) as closing_stock_units,
        max(is_derived) as is_derived,
        {{ add_completeness_parts() }}
    from ({{ for_each_scope('entered', [
        'period', 'period_start', 'product_id', 'is_told', 'sell_out_units', 'closing_stock_units', 'is_derived',
    ] + (completeness_parts() | list)) }}) as scoped
    group by period, period_start, scope_partner_id, product_id
    having max(case when is_told then 1 else 0 end) = 1
),

shares as (
    select
        products.*,
        {{ share(
            'closing_stock_units',
            'sum(closing_stock_units) over (partition by period, period_start, scope_partner_id)'
        ) }} as share_of_stock,
        {{ share(
            'sell_out_units',
            'sum(sell_out_units) over (partition by period, period_start, scope_partner_id)'
        ) }} as share_of_market
    from products
),

{{ scope_warnings('told_pairs', ['sell_in', 'sell_out', 'stock']) }}

select
    shares.period,
    shares.period_start,
    {{ scope_columns('shares') }},
    shares.product_id,
    cast(sell_out_units as decimal(18, 4)) as sell_out_units,
    cast(closing_stock_units as decimal(18, 4)) as closing_stock_units,
    case when is_derived = 1 then 'derived' else 'reported' end as stock_status,
    share_of_stock,
    share_of_market,
    {{ share('share_of_stock', 'share_of_market') }} as pressure_index,
    {{ mean_completeness() }},
    scope_warnings.warnings
from shares
left join scope_warnings
    on
        {{ of_same_scope('shares') }}
