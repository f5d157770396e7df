-- Stock rolled forward between counts, by location where stock is counted there, else by partner.
create table fct_stock as
select
    lines.partner as partner_id,
    lines.store as location_id,
    lines.item as product_id,
    lines.snapshot_date,
    lines.on_hand_units
from read_parquet(getvariable('out') || '/stock/*.parquet') as lines
anti join resent on lines.partner = resent.partner and lines.file_name = resent.file_name and resent.kind = 'stock'
semi join products on lines.item = products.item;

create table fct_sell_in as
select partner as partner_id, store as location_id, item as product_id, document_date, units, net_amount
from read_parquet(getvariable('out') || '/sell_in/*.parquet') as lines
semi join products on lines.item = products.item;

create table by_location as
select partner_id, bool_and(location_id is not null) as is_by_location from fct_stock group by partner_id;

create table sold as
select
    partner_id,
    case when is_by_location then location_id end as location_id,
    product_id,
    period_start as week_start,
    sum(units) as units
from fct_sell_out
inner join by_location using (partner_id)
group by all;

create table received as
select
    partner_id,
    case when is_by_location then location_id end as location_id,
    product_id,
    date_trunc('week', document_date)::date as week_start,
    sum(units) as units
from fct_sell_in
inner join by_location using (partner_id)
group by all;

create table reconciliation as
with counts as (
    select
        partner_id,
        location_id,
        product_id,
        snapshot_date,
        on_hand_units,
        lag(snapshot_date) over w as opening_date,
        lag(on_hand_units) over w as opening_units
    from fct_stock
    window w as (partition by partner_id, location_id, product_id order by snapshot_date)
)
select
    counts.partner_id,
    counts.location_id,
    counts.product_id,
    counts.opening_date,
    counts.snapshot_date as closing_date,
    counts.opening_units,
    coalesce(received.units, 0)::decimal(18, 4) as received_units,
    coalesce(sold.units, 0)::decimal(18, 4) as sell_out_units,
    (counts.opening_units + coalesce(received.units, 0) - coalesce(sold.units, 0))::decimal(18, 4)
        as expected_closing_units,
    counts.on_hand_units as reported_closing_units,
    (counts.on_hand_units - counts.opening_units - coalesce(received.units, 0) + coalesce(sold.units, 0))::decimal(18, 4)
        as variance_units
from counts
left join sold
    on counts.partner_id = sold.partner_id and counts.location_id is not distinct from sold.location_id
        and counts.product_id = sold.product_id and counts.snapshot_date - 6 = sold.week_start
left join received
    on counts.partner_id = received.partner_id and counts.location_id is not distinct from received.location_id
        and counts.product_id = received.product_id and counts.snapshot_date - 6 = received.week_start
where counts.opening_date is not null;
