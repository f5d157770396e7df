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
            as is_derived
    from {{ ref('sell_through_weekly') }} as weekly
    inner join periods
        on weekly.week_start = periods.week_start
    group by periods.period, periods.period_start, weekly.partner_id, weekly.product_id, periods.weeks
    -- stock without sales, or sales without stock, would tilt both shares
    having
        sum(case when weekly.sell_out_status in ('reported', 'allocated') then 1 else 0 end) = periods.weeks
        and count(weekly.sell_out_units) = periods.weeks
        and count(case when weekly.week_start = periods.last_week_start then weekly.closing_stock_units end) = 1
),

products as (
    select
        period,
        period_start,
        scope_partner_id,
        product_id,
        sum(sell_out_units) as sell_out_units,
        sum(closing_stock_units) as closing_stock_units,
        max(is_derived) as is_derived
    from ({{ for_each_scope('pairs', [
        'period', 'period_start', 'product_id', 'sell_out_units', 'closing_stock_units', 'is_derived',
    ]) }}) as scoped
    group by period, period_start, scope_partner_id, product_id
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
)

select
    period,
    period_start,
    {{ scope_columns() }},
    product_id,
    cast(sell_out_units as decimal(18, 4)) as sell_out_units,
    cast(closing_stock_units as decimal(18, 4)) as closing_stock_units,
    case when is_derived = 1 then 'derived' else 'reported' end as stock_status,
    share_of_stock,
    share_of_market,
    {{ share('share_of_stock', 'share_of_market') }} as pressure_index
from shares
