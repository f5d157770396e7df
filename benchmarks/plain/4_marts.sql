-- Sell-through by week, of partners and of points of sale. What a complete report leaves out is 0; what did not come is
-- unknown.
create table reported as
select distinct partner as partner_id, period_start as week_start
from (
    select files.partner, lines.period_start
    from sell_out_lines as lines
    inner join file_numbers as files on lines.file_number = files.file_number and files.kind = 'sell_out'
    where lines.class = 'accepted'
);
-- what a line that cannot be read spoke of is unknown too, unless a later file told of the place and week; without a
-- product that is known it may be of any
create table unread as
select distinct lines.partner as partner_id, lines.store as location_id, items.item as product_id,
    lines.period_start as week_start
from sell_out_lines as lines
left join item_numbers as items using (item_number)
where lines.class = 'quarantined' and not exists (
    select 1
    from sell_out_lines as told
    inner join file_numbers as files on told.file_number = files.file_number and files.kind = 'sell_out'
    where told.partner = lines.partner and told.store = lines.store and told.period_start = lines.period_start
        and told.file_number > lines.file_number and told.class not in ('quarantined', 'out_of_scope')
        and not files.is_resent
);
create table weeks as
select distinct date_trunc('week', snapshot_date)::date as week_start from fct_stock;

{% for table, place in [('sell_through_weekly', ''), ('sell_through_location_weekly', 'location_id, ')] %}
create table {{ table }} as
with sold as (
    select partner_id, {{ place }}product_id, period_start as week_start, sum(units) as units, sum(amount) as amount,
        count(*) filter (units > 0) as selling_locations
    from fct_sell_out
    group by all
),
bought as (
    select partner_id, {{ place }}product_id, date_trunc('week', document_date)::date as week_start, sum(units) as units
    from fct_sell_in
    {{ 'where location_id is not null' if place }}
    group by all
),
counted as (
    select partner_id, {{ place }}product_id, date_trunc('week', snapshot_date)::date as week_start,
        sum(on_hand_units) as units
    from fct_stock
    {{ 'where location_id is not null' if place }}
    group by all
),
pairs as (
    select partner_id, {{ place }}product_id, min(week_start) as first_week
    from (
        select partner_id, {{ place }}product_id, week_start from sold
        union all select partner_id, {{ place }}product_id, week_start from bought
        union all select partner_id, {{ place }}product_id, week_start from counted
    )
    group by all
),
unread_pairs as (
    select pairs.partner_id, {{ 'pairs.location_id, ' if place }}pairs.product_id, unread.week_start, true as is_named
    from (select distinct partner_id, {{ place }}product_id, week_start from unread) as unread
    inner join pairs using (partner_id, {{ place }}product_id)
    union all
    select pairs.partner_id, {{ 'pairs.location_id, ' if place }}pairs.product_id, unread.week_start, false as is_named
    from (select distinct partner_id, {{ place }}week_start from unread where product_id is null) as unread
    inner join pairs using (partner_id{{ ', location_id' if place }})
),
unread_of_pairs as (
    select partner_id, {{ place }}product_id, week_start, bool_or(is_named) as is_named from unread_pairs group by all
),
flows as (
    select
        partner_id, {{ place }}product_id, week_start,
        case when by_location.is_by_location or {{ 'false' if place else 'true' }} then coalesce(bought.units, 0) end
            as sell_in_units,
        coalesce(sold.units, case when reported.week_start is not null and unread_pairs.week_start is null then 0 end)
            as sell_out_units,
        counted.units as closing_stock_units,
        sold.amount,
        sold.units as line_units,
        sold.units is not null and unread_pairs.is_named is true as is_partial,
        coalesce(sold.selling_locations, case when reported.week_start is not null then 0 end) as selling_locations
    from pairs
    inner join weeks on weeks.week_start >= pairs.first_week
    inner join by_location using (partner_id)
    left join reported using (partner_id, week_start)
    left join unread_of_pairs as unread_pairs using (partner_id, {{ place }}product_id, week_start)
    left join sold using (partner_id, {{ place }}product_id, week_start)
    left join bought using (partner_id, {{ place }}product_id, week_start)
    left join counted using (partner_id, {{ place }}product_id, week_start)
),
rolling as (
    select
        *,
        lag(closing_stock_units) over w as opening_stock_units,
        avg(sell_out_units) over (w rows between 7 preceding and current row) as mean_sell_out_units
    from flows
    window w as (partition by partner_id, {{ place }}product_id order by week_start)
)
select
    partner_id,
    {{ place }}product_id,
    week_start,
    sell_in_units,
    sell_out_units,
    is_partial,
    opening_stock_units,
    closing_stock_units,
    sell_out_units::double / nullif((opening_stock_units + sell_in_units)::double, 0) as sell_through_rate,
    sell_out_units::double / nullif(sell_in_units::double, 0) as sell_out_to_sell_in_ratio,
    closing_stock_units::double / nullif(mean_sell_out_units::double, 0) as trailing_weeks_of_cover,
    sell_out_units::double / nullif(selling_locations, 0) as velocity,
    amount::double / nullif(line_units::double, 0) as average_selling_price
from rolling;
{% endfor %}
