-- What becomes of a week's receipts, where products are sold and stocked, and where the shelf was empty. A month and a
-- quarter have the weeks whose Thursday is theirs.
{% for table, weekly, place in [
    ('sell_through_cohorts', 'sell_through_weekly', ''),
    ('sell_through_location_cohorts', 'sell_through_location_weekly', 'location_id, '),
] %}
create table {{ table }} as
with flows as (
    select
        partner_id, {{ place }}product_id, week_start, sell_in_units as received,
        case when not is_partial then sell_out_units end::double as sold,
        opening_stock_units, closing_stock_units,
        sum(sell_in_units) over so_far as received_so_far,
        sum(coalesce(sold, 0)) over so_far as sold_so_far,
        count(*) filter (sold is null) over so_far as unknown_so_far
    from {{ weekly }}
    semi join (select distinct partner_id, {{ place }}product_id from {{ weekly }} where sell_in_units > 0)
        using (partner_id, {{ place }}product_id)
    window so_far as (
        partition by partner_id, {{ place }}product_id order by week_start
        rows between unbounded preceding and current row
    )
),
aged as (
    select
        cohorts.partner_id, {{ 'cohorts.location_id, ' if place }}cohorts.product_id, cohorts.week_start, weeks_after,
        cohorts.received::double as received_units,
        case when cohorts.opening_stock_units > 0 then cohorts.opening_stock_units
            when cohorts.opening_stock_units <= 0 then 0 end as older,
        later.closing_stock_units - (later.received_so_far - cohorts.received_so_far) as left_over,
        case when later.unknown_so_far = cohorts.unknown_so_far and cohorts.sold is not null
            then later.sold_so_far - cohorts.sold_so_far + cohorts.sold end as sold_since
    from flows as cohorts
    cross join (values (1), (2), (4), (8), (13), (26)) as ages(weeks_after)
    inner join flows as later
        on later.partner_id = cohorts.partner_id and later.product_id = cohorts.product_id
            {{ 'and later.location_id = cohorts.location_id' if place }}
            and later.week_start = cohorts.week_start + (7 * weeks_after)::integer
    where cohorts.received > 0
)
select
    partner_id, {{ place }}product_id, week_start, weeks_after, received_units::decimal(18, 4) as received_units,
    case when sold_since - older is not null
        then least(greatest(sold_since - older, 0), received_units) end::decimal(18, 4) as sold_units,
    case when left_over is not null
        then least(greatest(left_over, 0), received_units) end::decimal(18, 4) as left_units
from aged;
{% endfor %}

create table periods as
with met as (select distinct week_start from sell_through_weekly)
select period, period_start, week_start, count(*) over (partition by period, period_start) as weeks,
    min(week_start) over (partition by period, period_start) as first_week,
    max(week_start) over (partition by period, period_start) as last_week
from (
    select 'week' as period, week_start as period_start, week_start from met
    union all select 'month', date_trunc('month', week_start + 3)::date, week_start from met
    union all select 'quarter', date_trunc('quarter', week_start + 3)::date, week_start from met
);

create table distribution as
with weekly as (
    select partner_id, location_id, product_id, period_start as week_start, sum(units) as units, sum(amount) as amount
    from fct_sell_out
    group by all
),
by_month as (
    select date_trunc('month', week_start + 3)::date as period_start, partner_id, location_id, product_id,
        sum(units) as units, sum(amount) as amount
    from weekly
    group by all
),
sold as (
    select 'week' as period, week_start as period_start, partner_id, location_id, product_id, units, amount from weekly
    union all select 'month', period_start, partner_id, location_id, product_id, units, amount from by_month
    union all
    select 'quarter', date_trunc('quarter', period_start)::date, partner_id, location_id, product_id, sum(units),
        sum(amount)
    from by_month
    group by all
),
turnover as (
    select period, period_start, partner_id, location_id, sum(units) as units, sum(amount) as amount
    from sold
    group by all
),
panel as (
    select periods.period, periods.period_start, places.partner_id, places.location_id, turnover.units, turnover.amount,
        turnover.location_id is not null as has_reported
    from (select distinct period, period_start, last_week from periods) as periods
    inner join (select partner_id, location_id, min(period_start) as first_week from fct_sell_out group by all) as places
        on periods.last_week >= places.first_week
    left join turnover using (period, period_start, partner_id, location_id)
),
stocked as (
    select periods.period, periods.period_start, partner_id, location_id, product_id, max(on_hand_units) as most
    from fct_stock
    inner join periods on date_trunc('week', snapshot_date)::date = periods.week_start
    semi join panel using (period, period_start, partner_id, location_id)
    group by all
),
of_partners as (
    select period, period_start, partner_id, product_id, sum(units) as units, sum(is_selling) as selling,
        sum(is_stocking) as stocking, sum(selling_units) as selling_units, sum(selling_amount) as selling_amount
    from (
        select sold.period, sold.period_start, sold.partner_id, sold.product_id, sold.units,
            (sold.units > 0)::integer as is_selling, null::integer as is_stocking,
            case when sold.units > 0 then turnover.units end as selling_units,
            case when sold.units > 0 then turnover.amount end as selling_amount
        from sold
        inner join turnover using (period, period_start, partner_id, location_id)
        union all
        select period, period_start, partner_id, product_id, null, 0, (most > 0)::integer, null, null from stocked
    )
    group by all
),
universes as (
    select period, period_start, partner_id, count(*) as locations, count(*) filter (has_reported) as reporting,
        sum(units) as units, sum(amount) as amount
    from panel
    group by grouping sets ((period, period_start, partner_id), (period, period_start))
),
products as (
    select period, period_start, partner_id, product_id, sum(units) as units, sum(selling) as selling,
        sum(stocking) as stocking, coalesce(sum(selling_units), 0) as selling_units,
        coalesce(sum(selling_amount), 0) as selling_amount
    from of_partners
    group by grouping sets ((period, period_start, partner_id, product_id), (period, period_start, product_id))
)
select
    products.period, products.period_start, products.partner_id, product_id, universes.locations as universe_locations,
    case when reporting > 0 then selling end::bigint as selling_locations, stocking::bigint as stocking_locations,
    products.units::decimal(18, 4) as sell_out_units,
    selling_locations::double / nullif(universe_locations, 0) as numeric_distribution,
    selling_amount::double / nullif(universes.amount::double, 0) as weighted_distribution,
    products.units::double / nullif((selling_locations * weeks)::double, 0) as velocity
from products
inner join universes
    on products.period = universes.period and products.period_start = universes.period_start
        and products.partner_id is not distinct from universes.partner_id
inner join (select distinct period, period_start, weeks from periods) as periods
    on products.period = periods.period and products.period_start = periods.period_start;

create table pressure_index as
with pairs as (
    select periods.period, periods.period_start, partner_id, product_id, sum(sell_out_units) as sell_out_units,
        max(closing_stock_units) filter (periods.week_start = last_week) as closing_stock_units
    from sell_through_weekly
    inner join periods using (week_start)
    group by periods.period, periods.period_start, partner_id, product_id, weeks
    having count(sell_out_units) filter (not is_partial) = weeks
        and count(closing_stock_units) filter (periods.week_start = last_week) = 1
),
products as (
    select period, period_start, partner_id, product_id, sum(sell_out_units) as sell_out_units,
        sum(closing_stock_units) as closing_stock_units
    from pairs
    group by grouping sets ((period, period_start, partner_id, product_id), (period, period_start, product_id))
)
select
    *,
    closing_stock_units::double / nullif(sum(closing_stock_units) over scope::double, 0) as share_of_stock,
    sell_out_units::double / nullif(sum(sell_out_units) over scope::double, 0) as share_of_market,
    share_of_stock / nullif(share_of_market, 0) as pressure_index
from products
window scope as (partition by period, period_start, partner_id);

create table availability_location_weekly as
with shelves as (
    select
        sales.partner_id, sales.location_id, sales.product_id, sales.week_start,
        case when not is_partial then sell_out_units end as sell_out_units,
        (on_hand_units <= 0)::integer as out_of_stock_days,
        max((coalesce(sell_out_units, 0) > 0 or on_hand_units > 0)::integer) over (
            partition by sales.partner_id, sales.location_id, sales.product_id order by sales.week_start
            range between interval 49 days preceding and current row
        ) as is_authorised
    from sell_through_location_weekly as sales
    semi join (select distinct location_id from fct_stock where location_id is not null) as counted
        on sales.location_id = counted.location_id
    left join fct_stock as counts
        on sales.partner_id = counts.partner_id and sales.location_id = counts.location_id
            and sales.product_id = counts.product_id
            and sales.week_start = date_trunc('week', counts.snapshot_date)::date
),
ranged as (select * from shelves where is_authorised = 1 and out_of_stock_days is not null),
siblings as (
    select partner_id, product_id, week_start, count(*) as stocked_siblings, avg(sell_out_units::double) as sibling_rate
    from ranged
    where out_of_stock_days = 0 and sell_out_units is not null
    group by all
)
select
    partner_id, location_id, product_id, week_start, 1 as known_days, out_of_stock_days, sell_out_units,
    coalesce(stocked_siblings, 0) as stocked_siblings,
    case when out_of_stock_days = 0 then 0
        when sibling_rate is not null and sell_out_units is not null then greatest(sibling_rate - sell_out_units, 0)
    end::decimal(18, 4) as lost_sales_units
from ranged
left join siblings using (partner_id, product_id, week_start);

create table availability as
with places as (
    select period, period_start, partner_id, location_id, product_id, sum(known_days) as known_days,
        sum(out_of_stock_days) as out_of_stock_days, sum(lost_sales_units) as lost_sales_units
    from availability_location_weekly
    inner join periods using (week_start)
    group by all
)
select period, period_start, partner_id, product_id, count(*) as authorised_locations,
    count(*) filter (out_of_stock_days > 0) as out_of_stock_locations, sum(known_days)::bigint as known_days,
    sum(out_of_stock_days)::bigint as out_of_stock_days, sum(lost_sales_units)::decimal(18, 4) as lost_sales_units
from places
group by grouping sets ((period, period_start, partner_id, product_id), (period, period_start, product_id));
